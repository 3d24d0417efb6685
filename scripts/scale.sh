#!/usr/bin/env bash
# Measures gossip: how soon members see a join, a leave and a kill, and what watching each other costs. See usage below.
set -euo pipefail

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

usage() {
  cat <<'EOF'
usage: scripts/scale.sh [simulate|detect|lossy|partition|all] [FLAG...]

  simulate   clusters of 10 to 1,000 members in one process, over a network in memory and in simulated time: writes
             docs/scale.json and docs/scale.svg. Takes some minutes, most for the last size, and 3 GB.
             Flags: -sizes 10,100  -profile wan  -loss 0.05
  detect     3, 5, 20 and 50 members as processes over loopback, for each preset: a line of JSON for each.
             Flags: -profiles "lan local"  -sizes 3,5  -repeats 9  -idle 10s
  lossy      20 such members that lose 5 % of their packets while every core is busy: none is to be missed ("false":0).
  partition  three members against two, in network namespaces, cut apart for 10 s and healed, 5 times. For root.
             Flags: -for 60s  -times 5  -profile wan
  all        all of these, one after the other

Without a word: simulate.
EOF
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

simulate() {
  local figures=docs/scale.json
  # Under go test, for simulated time is part of package testing.
  go test ./scripts/scale -count=1 -v -timeout=2h -run '^TestSimulation$' \
    -args -sizes 10,30,100,300,1000 -out "$root/$figures" "$@"
  (cd scripts/bench && go run . scaleplot "$root/$figures" "$root/docs/scale.svg")
}

tool=$(mktemp -d)/scale
trap 'rm -rf "$(dirname "$tool")"' EXIT
go build -o "$tool" ./scripts/scale

what=${1:-simulate}
[ $# -eq 0 ] || shift
case $what in
  simulate) simulate "$@" ;;
  detect) "$tool" detect -profiles 'lan wan local' -sizes 3,5,20,50 "$@" ;;
  lossy) "$tool" detect -sizes 20 -loss 0.05 -busy -idle 40s -repeats 3 "$@" ;;
  partition) "$tool" partition "$@" ;;
  all)
    simulate
    "$tool" detect -profiles 'lan wan local' -sizes 3,5,20,50
    "$tool" detect -sizes 20 -loss 0.05 -busy -idle 40s -repeats 3
    "$tool" partition
    "$tool" partition -for 60s
    ;;
  -h | --help | help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
