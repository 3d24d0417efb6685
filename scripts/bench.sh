#!/usr/bin/env bash
# Measures p2pcache beside what a user would pick instead. See usage below.
set -euo pipefail

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

usage() {
  cat <<'EOF'
usage: scripts/bench.sh BENCHMARK [FLAG...]

  hitratio   hit ratios on traces of keys

  scripts/bench.sh hitratio --trace oltp.gz --trace p3.gz --sizes 0.5%,2%,10%,30%
  scripts/bench.sh hitratio --quick

"scripts/bench.sh BENCHMARK --help" tells a benchmark's flags.
EOF
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build() { (cd "$root/scripts/bench" && go build -o "$root/bin/bench" .); }

main() {
  case "${1:-}" in
    '' | -h | --help) usage && exit 0 ;;
  esac
  build
  exec "$root/bin/bench" "$@"
}

main "$@"
