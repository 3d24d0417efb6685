#!/usr/bin/env bash
# Proves that scenarios of scripts/chaos.sh can fail: each patch in scripts/chaos/proofs switches a mechanism off in a copy of the
# tree, and the scenario that it names must then fall short in the figure that it names, and must not without the patch.
#
#   scripts/chaos-proof.sh              all of them, some minutes
#   scripts/chaos-proof.sh fencing      one of them
#   scripts/chaos-proof.sh --check      only whether each patch still applies and builds
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

readonly proofs=scripts/chaos/proofs

say() { printf 'chaos-proof: %s\n' "$*"; }

# field prints what a patch says after a word and a colon.
field() { sed -n "s/^$2: //p" "$1"; }

# broken builds the node from a copy of the tree that a patch was applied to, at the place that it was made for.
broken() {
  local patch=$1 copy=$2
  git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$copy"
  if ! patch -d "$copy" -p1 --fuzz=0 --no-backup-if-mismatch --quiet <"$patch"; then
    say "$patch does not apply any more: make it anew"
    return 1
  fi
  (cd "$copy" && go build -o bin/p2pcache ./cmd/p2pcache)
}

prove() {
  local patch=$1 name scenario short copy status=0
  name=$(basename "$patch" .patch)
  scenario=$(field "$patch" scenario)
  short=$(field "$patch" short)
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' RETURN
  broken "$patch" "$copy" || return 1
  if [ -n "$check" ]; then
    say "$name: applies"
    return
  fi
  say "$name: $(head -n 1 "$patch")"
  # shellcheck disable=SC2086 # the scenario is words: its name and flags
  bin/chaos --report '' --must-fall-short "$short" --binary "$copy/bin/p2pcache" $scenario 2>/dev/null || status=1
  # shellcheck disable=SC2086
  bin/chaos --report '' --counts $scenario 2>/dev/null || status=1
  if [ "$status" = 0 ]; then say "$name: proven"; else say "$name: NOT PROVEN"; fi
  return "$status"
}

check=''
if [ "${1:-}" = --check ]; then check=1 && shift; fi
chosen=("$@")
if [ ${#chosen[@]} = 0 ]; then
  for patch in "$proofs"/*.patch; do chosen+=("$(basename "$patch" .patch)"); done
fi
if [ -z "$check" ]; then go build -o bin/ ./cmd/p2pcache ./scripts/chaos; fi

failed=0
for name in "${chosen[@]}"; do
  if ! [ -f "$proofs/$name.patch" ]; then say "there is no proof $name" && exit 2; fi
  prove "$proofs/$name.patch" || failed=1
done
exit "$failed"
