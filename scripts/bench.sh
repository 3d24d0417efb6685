#!/usr/bin/env bash
# Measures p2pcache beside what a user would pick instead. See usage below.
set -euo pipefail

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

usage() {
  cat <<'EOF'
usage: scripts/bench.sh BENCHMARK [FLAG...]

  deploys    deaths and deploys under load, beside groupcache behind memberlist
  getmany    many keys at once from another process
  herd       origin loads of one cold key that many ask for at once
  hitratio   hit ratios on traces of keys
  local      gets of what the process holds itself
  remote     gets of what another process on this machine holds
  ring       owners of keys: lookup, balance, cost of a join
  scaling    throughput, latency and origin loads at 1 to 8 processes
  store      rates, memory and garbage collection of the store

  scripts/bench.sh hitratio --trace oltp.gz --trace p3.gz --sizes 0.5%,2%,10%,30%
  scripts/bench.sh hitratio --quick
  scripts/bench.sh remote --sizes 100B --callers 1,64,256 --against 'groupcache tuned,rueidis'

"scripts/bench.sh BENCHMARK --help" tells a benchmark's flags.
EOF
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

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

main() {
  case "${1:-}" in
    '' | -h | --help) usage && exit 0 ;;
  esac
  case "$1" in
    remote | getmany) need_servers ;;
  esac
  build
  exec "$root/bin/bench" "$@"
}

main "$@"
