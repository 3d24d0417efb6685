#!/usr/bin/env bash
# Runs a cluster of real processes on this machine until it is told to stop. See usage below.
set -euo pipefail

# A script that is started in the background may find SIGINT ignored, which no trap undoes.
if [[ -z "${CLUSTER_SIGNALS:-}" ]] && env --default-signal=INT true 2>/dev/null; then
  CLUSTER_SIGNALS=default exec env --default-signal=INT "$BASH" "${BASH_SOURCE[0]}" "$@"
fi
unset CLUSTER_SIGNALS

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

usage() {
  cat <<'EOF'
usage: scripts/cluster.sh [N] [--] [FLAG...]

Builds bin/p2pcache, starts N nodes (3; 1 to 50) on 127.0.0.1 that join through the first, and waits until all agree on
who is a member. Their logs go to this terminal. Ctrl-C or SIGTERM drains and stops them all; a second one at once.

Node i serves on port 9999+i and gossips on 7946+i, from 0 on. P2PCACHE_PORT and P2PCACHE_GOSSIP_PORT set other first
ports. What follows N is handed to each "p2pcache serve".

  scripts/cluster.sh
  scripts/cluster.sh 5 --group pages=64MiB,ttl=1m --origin 'http://127.0.0.1:8080/{group}/{key}'
  P2PCACHE_PORT=20000 P2PCACHE_GOSSIP_PORT=21000 scripts/cluster.sh
EOF
}

readonly agree_seconds=120

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=$root/bin/p2pcache
port=${P2PCACHE_PORT:-9999}
gossip_port=${P2PCACHE_GOSSIP_PORT:-7946}
count=3
flags=()

pids=()    # of the nodes that run, by node from 0; empty where one has ended
signals=0  # to stop that have come
failures=0 # 1 once something is not as it should be
end=''     # how the node that ended last did

# The terminal may be gone when it is told to stop: what cannot be said must not keep it from stopping.
say() { printf 'cluster: %s\n' "$*" 2>/dev/null || true; }
complain() { printf 'cluster: %s\n' "$*" >&2 2>/dev/null || true; }

# In the foreground, so that nothing is left running, and whatever a signal does to it. Without the shell's own word on
# killed nodes, which comes here and is said better elsewhere.
pause() { { sleep "$1" || true; } 2>/dev/null; }

read_arguments() {
  case "${1:-}" in
    -h | --help) usage && exit 0 ;;
    -[!0-9]* | --*) ;;
    *) if (($# > 0)); then count=$1 && shift; fi ;;
  esac
  if [[ "${1:-}" == -- ]]; then shift; fi
  flags=("$@")
  if ! [[ $count =~ ^[0-9]{1,2}$ ]] || ((10#$count < 1 || 10#$count > 50)); then
    complain "$count is no number of nodes: want 1 to 50 (see --help)" && exit 2
  fi
  count=$((10#$count))
}

check_ports() {
  local name
  for name in P2PCACHE_PORT=$port P2PCACHE_GOSSIP_PORT=$gossip_port; do
    if ! [[ ${name#*=} =~ ^[1-9][0-9]{0,4}$ ]] || ((${name#*=} + count - 1 > 65535)); then
      complain "${name%=*} is ${name#*=}: want a port with $((count - 1)) more above it, up to 65535" && exit 2
    fi
  done
  if ((port < gossip_port + count && gossip_port < port + count)); then
    complain "ports $port and $gossip_port are less than $count apart: set P2PCACHE_PORT or P2PCACHE_GOSSIP_PORT" && exit 2
  fi
  for ((i = 0; i < count; i++)); do
    require_free $((port + i)) P2PCACHE_PORT
    require_free $((gossip_port + i)) P2PCACHE_GOSSIP_PORT
  done
}

# What gossips on UDP alone is not seen here; its node will say so.
require_free() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    complain "port $1 is in use: stop what uses it, or set $2 to the first of $count free ports" && exit 1
  fi
}

build() {
  say "building bin/p2pcache"
  (cd "$root" && go build -o "$binary" ./cmd/p2pcache)
}

# Job control gives each node a process group of its own: Ctrl-C reaches this script alone, so that no node takes it for
# the second signal after the script's.
start_node() {
  local i=$1 join=()
  if ((i > 0)); then join=(--join "127.0.0.1:$gossip_port"); fi
  set -m
  "$binary" serve --name "node$((i + 1))" --listen "127.0.0.1:$((port + i))" --gossip "127.0.0.1:$((gossip_port + i))" \
    ${join[@]+"${join[@]}"} ${flags[@]+"${flags[@]}"} </dev/null >/dev/null &
  pids[i]=$!
  set +m
}

is_running() { [[ -n "${pids[$1]}" ]] && kill -0 "${pids[$1]}" 2>/dev/null; }

running() {
  local i
  for i in "${!pids[@]}"; do
    if is_running "$i"; then return 0; fi
  done
  return 1
}

signal_nodes() {
  local i
  for i in "${!pids[@]}"; do
    if is_running "$i"; then kill "-$1" "${pids[$i]}" 2>/dev/null || true; fi
  done
}

# bury forgets a node that has ended, and says in $end how it did.
bury() {
  local status=0
  wait "${pids[$1]}" 2>/dev/null || status=$?
  pids[$1]=''
  if ((status > 128)); then end="killed by signal $((status - 128))"; else end="exit code $status"; fi
}

# view prints the members and the ring that a node sees, as "3 members, ring 123"; nothing if it does not answer.
view() {
  local json
  json=$("$binary" members --json --server "127.0.0.1:$((port + $1))" --timeout 2s 2>/dev/null) || return 0
  if [[ $json =~ \"ring_hash\":([0-9]+) ]]; then
    echo "$(grep -o '"name":' <<<"$json" | wc -l) members, ring ${BASH_REMATCH[1]}"
  fi
}

agreed() {
  local i first other
  first=$(view 0)
  if [[ "${first%% *}" -ne count ]]; then return 1; fi
  for ((i = 1; i < count; i++)); do
    other=$(view "$i")
    if [[ "$other" != "$first" ]]; then return 1; fi
  done
}

await_agreement() {
  local i deadline=$((SECONDS + agree_seconds))
  until agreed; do
    if ((signals > 0)); then stop; fi
    for ((i = 0; i < count; i++)); do
      if ! is_running "$i"; then
        bury "$i"
        complain "node$((i + 1)) ended as it started ($end): its last line is above"
        failures=1
        stop
      fi
    done
    if ((SECONDS > deadline)); then
      complain "the nodes do not agree on their members after $agree_seconds s"
      failures=1
      stop
    fi
    pause 0.1
  done
}

announce() {
  local i path=scores/Tom
  # Groups of one's own are not the demonstration's.
  if [[ -n "${P2PCACHE_GROUP:-}${P2PCACHE_CONFIG:-}" || " ${flags[*]-} " =~ \ --(group|config)[\ =] ]]; then path='GROUP/KEY'; fi
  say "$count nodes agree: $(view 0)"
  for ((i = 0; i < count; i++)); do
    say "node$((i + 1)) http://127.0.0.1:$((port + i))/ pid ${pids[$i]}"
  done
  say "try: curl http://127.0.0.1:$port/_gocache/$path"
  say "Ctrl-C drains and stops them all"
}

# watch returns when it is told to stop, or nothing is left to watch.
watch() {
  local i left=$count
  while ((signals == 0 && left > 0)); do
    for i in "${!pids[@]}"; do
      if [[ -n "${pids[$i]}" ]] && ! is_running "$i"; then
        bury "$i"
        left=$((left - 1))
        complain "node$((i + 1)) has ended ($end): $left left"
      fi
    done
    pause 0.2
  done
  if ((left == 0)); then failures=1; fi
}

# stop ends all nodes and then this script.
stop() {
  local i
  if running; then say "draining; another Ctrl-C stops at once"; fi
  signal_nodes TERM
  while running; do
    if ((signals > 1)); then signal_nodes KILL; fi
    pause 0.05
  done
  for i in "${!pids[@]}"; do
    if [[ -n "${pids[$i]}" ]]; then bury "$i" && [[ $end == "exit code 0" ]] || failures=1; fi
  done
  say "all nodes have stopped"
  exit $((failures > 0))
}

main() {
  read_arguments "$@"
  check_ports
  build
  trap 'signals=$((signals + 1))' INT TERM HUP
  trap ':' PIPE # a reader that has left must not keep it from stopping the nodes
  trap 'signal_nodes KILL' EXIT # for what ends this script in any other way
  local i
  for ((i = 0; i < count && signals == 0; i++)); do start_node "$i"; done
  if ((signals > 0)); then stop; fi
  await_agreement
  announce
  watch
  stop
}

main "$@"
