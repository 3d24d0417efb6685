#!/usr/bin/env bash
# Forwards TCP and UDP and does to them what networks do: scripts/relay.sh --help.
set -euo pipefail

# go.mod asks for a patched toolchain, which arrives as a module where the installed one is older.
export GOTOOLCHAIN=auto

cd "$(dirname "${BASH_SOURCE[0]}")/.."
go build -o bin/ ./scripts/chaos
exec bin/chaos relay "$@"
