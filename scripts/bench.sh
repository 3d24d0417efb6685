#!/usr/bin/env bash
# Measures p2pcache beside what a user would pick instead. See usage below.
set -euo pipefail

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

readonly all=(local remote getmany store hitratio ring herd scaling deploys)
readonly others=(soak) # only if named: it takes ten minutes, and compares nothing

usage() {
  cat <<'EOF'
usage: scripts/bench.sh [--docs] [BENCHMARK...] [FLAG...]

  local      gets of what the process holds itself
  remote     gets of what another process on this machine holds
  getmany    many keys at once from another process
  store      rates, memory and garbage collection of the store
  soak       memory of a full store for ten minutes (--duration); only if it is named
  hitratio   hit ratios on traces of keys
  ring       owners of keys: lookup, balance, cost of a join
  herd       origin loads of one cold key that many ask for at once
  scaling    throughput, latency and origin loads at 1 to 8 processes
  deploys    deaths and deploys under load, beside groupcache behind memberlist

Runs the benchmarks that are named, or all but soak, and hands them the flags. With --docs, writes text, JSON and plots into
docs/benchmarks and the tables of docs/benchmarks.md from them. Servers that are missing are installed with apt-get.

  scripts/bench.sh --quick                                      all of them, in some minutes, to see that they work
  scripts/bench.sh local ring --runs 9
  scripts/bench.sh local remote store --profile                 and where this project spends its time
  scripts/bench.sh remote --sizes 100B --callers 1,64,256 --against 'groupcache tuned,rueidis'
  scripts/bench.sh hitratio --trace oltp.gz --trace p3.gz --sizes 0.5%,2%,10%,30%
  TRACES=DIR scripts/bench.sh --docs                            all, hit ratios on each *.gz in DIR

"scripts/bench.sh BENCHMARK --help" tells a benchmark's flags. On a machine that does other things, figures are worth nothing.
EOF
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
docs=''
chosen=()
flags=()

read_arguments() {
  case "${1:-}" in
    -h | --help) usage && exit 0 ;;
    --docs) docs=$root/docs/benchmarks && shift ;;
  esac
  while (($# > 0)) && [[ $1 != -* ]]; do
    if [[ " ${all[*]} ${others[*]} " != *" $1 "* ]]; then
      echo "bench.sh: no benchmark is called $1 (see --help)" >&2 && exit 2
    fi
    chosen+=("$1") && shift
  done
  if ((${#chosen[@]} == 0)); then chosen=("${all[@]}"); fi
  flags=("$@")
  if [[ -n $docs ]]; then flags+=(--out "$docs"); fi
}

# need COMMAND PACKAGE installs a Debian package unless its command is there.
need() {
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "bench.sh: $1 is missing: install the package $2" >&2
    return 1
  fi
  # What is installed must not start a service that takes part in what is measured.
  apt-get update -qq && RUNLEVEL=1 apt-get install -y -qq "$2" >/dev/null
}

need_servers() {
  need redis-server redis-server
  need memcached memcached
  need wrk wrk
}

build() {
  (cd "$root/scripts/bench" && go build -o "$root/bin/" . ./groupcached)
  (cd "$root" && go build -o bin/ ./cmd/p2pcache ./scripts/chaos)
}

run() {
  local own=() trace
  if [[ -n $docs && " local remote store " == *" $1 "* ]]; then own+=(--profile); fi
  case "$1" in
    remote | getmany) need_servers ;;
    hitratio)
      for trace in ${TRACES:+"$TRACES"/*.gz}; do own+=(--trace "$trace"); done
      ;;
  esac
  "$root/bin/bench" "$1" ${own[@]+"${own[@]}"} ${flags[@]+"${flags[@]}"}
  echo
}

main() {
  local name
  read_arguments "$@"
  build
  for name in "${chosen[@]}"; do
    run "$name"
    if [[ -n $docs ]]; then "$root/bin/bench" fill "$root/docs/benchmarks.md" "$docs"; fi
  done
}

main "$@"
