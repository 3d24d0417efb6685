#!/usr/bin/env bash
# Runs every command that the docs show, in a clean clone, and compares what it prints with what they say. See usage below.
set -euo pipefail

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto
# A machine that is busy with other tests may be slow to answer.
export P2PCACHE_TIMEOUT=1m

usage() {
  cat <<'EOF_USAGE'
usage: scripts/docs.sh [DOCUMENT...]

Without a word: README.md, docs/protocol.md and docs/operations.md, as they are committed. What is not committed is not seen.

In a code block, a line that begins with "$ " is a command, with the lines after it that its backslashes continue. What follows,
up to the next one, is what it prints on standard output; an ellipsis (…) stands for anything. A command that goes on when it has
printed that, as a node does, is stopped at the end of its section.

The commands use the ports that they name, so those must be free. Exit code 1: something differs. 2: it could not be tried.
EOF_USAGE
}

readonly ports=(7946 7947 7948 9090 9998 9999 10000 10001)
readonly tries=3 # of a command
readonly end_seconds=900 # for a command, which may have to build everything
readonly go_on_seconds=1 # after which a command that has printed all goes on by itself
readonly stop_seconds=60 # for what was told to stop; a node takes 30 at most

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
clone=$work/p2pcache
running=() # process groups that go on
tried=0
failed=0

say() { printf 'docs: %s\n' "$*"; }
complain() { printf 'docs: %s\n' "$*" >&2; }

# commands prints a document as records: "section", or a line number, a command, and what it is to print, each ended by NUL.
commands() {
  awk '
    function flush() { if (command != "") printf "%d%c%s%c%s%c", line, 0, command, 0, expected, 0; command = expected = "" }
    /^```/ { fenced = !fenced; flush(); next }
    !fenced && /^#/ { flush(); printf "section%c%c%c", 0, 0, 0; next }
    fenced || /^    / {
      text = $0
      if (!fenced) sub(/^    /, "", text)
      if (more) { command = command "\n" text; more = text ~ /\\$/; next }
      if (text ~ /^\$ /) { flush(); line = NR; command = substr(text, 3); more = text ~ /\\$/; next }
      if (command != "") expected = expected text "\n"
      next
    }
    { flush() }
    END { flush() }
  ' "$1"
}

# pattern turns text into a pattern of the shell in which the ellipsis alone is special.
pattern() {
  local escaped
  # shellcheck disable=SC2001 # there is a class of characters in it
  escaped=$(sed 's/[][\\*?()|+@!]/\\&/g' <<<"$1")
  printf '%s' "${escaped//…/*}"
}

# matches reports whether what was printed is what was expected, whatever empty lines end them.
matches() {
  local printed
  printed=$(tr -d '\0' <"$1")
  # shellcheck disable=SC2053 # it is a pattern
  [[ $printed == $2 ]]
}

# try runs a command, and again where what it says differs, as a user would: on a busy machine a node may not have heard of another yet,
# or wait for it in vain.
try() {
  local i status
  tried=$((tried + 1))
  for ((i = 1; i <= tries; i++)); do
    status=0
    run "$@" || status=$?
    if ((status == 0)); then return; fi
    if ((status == 2 || i == tries)); then break; fi
    complain "that was try $i of $tries"
    sleep 2
  done
  failed=$((failed + 1))
}

# run runs a command until it ends, or goes on having printed what it should. It fails, and says how, where the command does otherwise,
# with 2 where it hangs.
run() {
  local where=$1 command=$2 expected pid waited=0 matched=0 status=0
  expected=$(pattern "$3")
  : >"$work/out" # what the last one printed is not this one's
  set -m
  (cd "$clone" && exec bash -c "$command") </dev/null >"$work/out" 2>"$work/err" &
  pid=$!
  set +m
  while kill -0 "$pid" 2>/dev/null; do
    if [ -n "$3" ] && matches "$work/out" "$expected"; then matched=$((matched + 1)); else matched=0; fi
    if ((matched > go_on_seconds * 10)); then
      running+=("$pid")
      return
    fi
    if ((waited++ > end_seconds * 10)); then
      differs "$where" "$command" "$3" "it has not ended after $end_seconds s"
      running+=("$pid")
      return 2
    fi
    sleep 0.1
  done
  wait "$pid" || status=$?
  if ((status != 0)); then
    differs "$where" "$command" "$3" "exit code $status"
    return 1
  elif ! matches "$work/out" "$expected"; then
    differs "$where" "$command" "$3" "it prints something else"
    return 1
  fi
}

differs() {
  complain "$1: $4: $2"
  diff <(printf '%s' "$3") "$work/out" | sed 's/^/  /' >&2 || true
  tail -n 5 "$work/err" | sed 's/^/  on standard error: /' >&2
}

# stop_running stops what goes on, the last first.
stop_running() {
  local i pid waited
  for ((i = ${#running[@]} - 1; i >= ${1:-0}; i--)); do
    pid=${running[i]} waited=0
    kill -TERM -- "-$pid" 2>/dev/null || true
    while kill -0 -- "-$pid" 2>/dev/null && ((waited++ < stop_seconds * 10)); do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    unset "running[i]"
  done
}

require_free() {
  local port
  for port in "${ports[@]}"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      complain "port $port is in use, and the docs use it: stop what does"
      exit 2
    fi
  done
}

# document tries all commands of a document, behind one that goes on meanwhile, if it takes that for granted.
document() {
  local file=$1 kept=0 line command expected
  say "$file"
  require_free
  if [ -n "${2:-}" ]; then
    try "$file" "$2" "…agree…"
    kept=${#running[@]}
  fi
  while IFS= read -r -d '' line && IFS= read -r -d '' command && IFS= read -r -d '' expected; do
    if [ "$line" = section ]; then stop_running "$kept"; else try "$file:$line" "$command" "$expected"; fi
  done < <(commands "$clone/$file")
  stop_running
}

# whole tries a document with what it takes for granted.
whole() {
  case $1 in
    docs/protocol.md) document "$1" scripts/cluster.sh ;;
    *) document "$1" ;;
  esac
}

main() {
  case "${1:-}" in
    -h | --help) usage && exit 0 ;;
    -*) usage >&2 && exit 2 ;;
  esac
  trap 'stop_running; rm -rf "$work"' EXIT
  trap 'exit 2' INT TERM HUP
  git clone --quiet --no-hardlinks "$root" "$clone"
  local file before
  if (($# == 0)); then set -- README.md docs/protocol.md docs/operations.md; fi
  for file; do
    before=$failed
    whole "$file"
    if ((failed > before)); then
      say "$file from its top, once more: what went wrong may have gone on from there"
      failed=$before
      whole "$file"
    fi
  done
  say "$tried commands, $failed that differ"
  ((tried > 0 && failed == 0))
}

main "$@"
