#!/usr/bin/env bash
# Prints which part of each library package's statements the tests of these packages run, and fails below 85 % of any.
# Generated code does not count.
#
#   scripts/coverage.sh             its profile is left in bin/coverage.out, for go tool cover -html
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export GOTOOLCHAIN=auto

readonly least=85
readonly profile=bin/coverage.out
readonly rooms=(node membership hashring lru transport)
packages=()
for room in "${rooms[@]}"; do packages+=("./$room/..."); done

mkdir -p bin
covered=$(printf ',%s' "${packages[@]}")
go test -coverpkg="${covered#,}" -coverprofile="$profile" "${packages[@]}" >bin/coverage.log || { cat bin/coverage.log >&2; exit 1; }

# A line of a profile is file:from,to, the statements between, and how often one package's tests ran them.
awk -v rooms="${rooms[*]}" -v least="$least" '
  NR > 1 && $1 !~ /\.pb\.go:/ { statements[$1] = $2; ran[$1] += $3 }
  END {
    for (block in statements) {
      split(block, path, "/") # github.com/p2pcache/p2pcache/ROOM/...
      all[path[4]] += statements[block]
      if (ran[block]) reached[path[4]] += statements[block]
    }
    for (i = 1; i <= split(rooms, room, " "); i++) {
      share = all[room[i]] ? 100 * reached[room[i]] / all[room[i]] : 0
      printf "%-12s %5.1f %% of %d statements%s\n", room[i], share, all[room[i]], share < least ? ", should be " least : ""
      if (share < least) short = 1
    }
    exit short
  }' "$profile"
