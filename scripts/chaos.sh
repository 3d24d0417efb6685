#!/usr/bin/env bash
# Breaks a cluster of real processes and checks what came of it: scripts/chaos.sh --help.
set -euo pipefail

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
go build -o bin/ ./cmd/p2pcache ./scripts/chaos
exec bin/chaos "$@"
