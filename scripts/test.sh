#!/usr/bin/env bash
# Checks and tests everything: format, vet, staticcheck and other linters, shell scripts, known vulnerabilities, what the last release
# promised, all tests under the race detector, each fuzz target for a moment, the operator's page in a browser, and a cluster that is
# broken. Installs what it needs itself.
#
#   scripts/test.sh                 all of it
#   FUZZTIME=10m scripts/test.sh    with more time for each fuzz target (default 3s; 0s: none)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# go.mod asks for a patched toolchain, which arrives as a module; "local" would silently stay with an older one.
export GOTOOLCHAIN=auto

readonly golangci=github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
readonly govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.8.0
readonly apidiff=golang.org/x/exp/cmd/apidiff@v0.0.0-20260908205506-85c1c2202aba
readonly fuzztime=${FUZZTIME:-3s}

readonly limit=40m # of a package's tests, which wait for nothing as long: beyond it something hangs, on however slow a machine

step() { printf '\n== %s\n' "$*"; }

# retry runs a command that fetches something, and again where that fails: a network may.
retry() {
  local pause
  for pause in 2 5 15 30; do
    "$@" && return
    echo "test.sh: tried again in $pause s: $*" >&2
    sleep "$pause"
  done
  "$@"
}

# need COMMAND PACKAGE installs a Debian package unless its command is there.
need() {
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "test.sh: $1 is missing: install the package $2" >&2
    return 1
  fi
  retry packages update && retry packages install -y "$2" >/dev/null
}

# packages is apt-get that asks nothing and waits for whoever else is at it.
packages() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"; }

# fetch gets all that is built here: the toolchain, the modules, and the tools, which go to bin/tools.
fetch() {
  local dir tool
  retry go version >/dev/null
  for dir in . scripts/*/ docs/*/; do
    if [ -f "$dir/go.mod" ]; then (cd "$dir" && retry go mod download) || echo "not all modules of $dir can be had: what is built may not take them"; fi
  done
  for tool in "$golangci" "$govulncheck" "$apidiff"; do GOBIN=$PWD/bin/tools retry go install "$tool"; done
}

format() {
  local unformatted
  unformatted=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l)
  [ -z "$unformatted" ] || { echo "gofmt would change: $unformatted" >&2; return 1; }
}

# vulnerabilities fails for what is found, and says so where the database cannot be asked.
vulnerabilities() {
  local out status=0
  out=$(bin/tools/govulncheck ./... 2>&1) || status=$?
  if [ "$status" = 0 ]; then tail -n 1 <<<"$out" && return; fi
  if [ "$status" != 3 ] && grep -qE 'dial|lookup|timeout|Timeout|connection|EOF|no such host|fetching vulnerabilities' <<<"$out"; then
    echo "not checked: the vulnerability database cannot be reached"
    return
  fi
  echo "$out" >&2
  return 1
}

# compatibility tells what of the API has changed since the last release so that a caller may no longer build. From version 1
# on, that is a failure.
compatibility() {
  local tag old out module tools=$PWD/bin/tools
  tag=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null) || { echo "not checked: there is no release yet"; return; }
  module=$(go list -m)
  old=$(mktemp -d)
  git archive "$tag" | tar -x -C "$old"
  out=$(cd "$old" && "$tools/apidiff" -m -w api "$module" 2>&1) || { echo "$out" >&2; return 1; }
  out=$("$tools/apidiff" -m -incompatible "$old/api" "$module" 2>/dev/null)
  rm -rf "$old"
  printf 'since %s: %s\n' "$tag" "${out:-nothing}"
  [ -z "$out" ] || [[ $tag == v0.* ]]
}

# fuzz gives each fuzz target some time of its own; its corpus under testdata was run by the tests already.
fuzz() {
  local package target out
  for package in $(go list ./...); do
    for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
      echo "$package $target"
      out=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" "$package" 2>&1) || { echo "$out" >&2; return 1; }
      tail -n 1 <<<"$out"
    done
  done
}

# page drives the operator's page in a browser; its screenshots are left in bin/page.
page() {
  go build -o bin/p2pcache ./cmd/p2pcache
  retry npm --prefix scripts/page ci --silent --no-progress
  node scripts/page/test.mjs bin/p2pcache bin/page
}

# modules tests the modules that keep what only they need out of go.mod: comparisons, packaging, and examples.
modules() {
  local dir
  for dir in scripts/*/go.mod docs/*/go.mod; do
    (cd "$(dirname "$dir")" && go mod verify >/dev/null && go vet ./... && go test -timeout "$limit" ./... | grep -v 'no test files')
  done
}

need gcc gcc # the race detector links with it
need curl curl
need shellcheck shellcheck
need patch patch
need python3 python3 # an example is a client in Python
need systemd-analyze systemd
need npm npm
need chromium chromium
need prometheus prometheus
need redis-server redis-server # they are compared with
need memcached memcached

step "what it takes"
fetch
step "go $(go env GOVERSION)"
go mod verify
go mod tidy -diff
step format
format
step "lint: vet, staticcheck and others"
bin/tools/golangci-lint run --allow-parallel-runners ./...
(cd scripts/bench && go mod tidy -diff && ../../bin/tools/golangci-lint run --allow-parallel-runners ./...)
step scripts
shellcheck scripts/*.sh scripts/*/*.sh .ci/run
scripts/chaos-proof.sh --check
step vulnerabilities
vulnerabilities
step "compatibility of the API"
compatibility
if [ "$fuzztime" != 0s ]; then
  step "fuzz, $fuzztime each"
  fuzz
fi
if [ "$(uname)" = Linux ]; then
  step "chaos: what is counted, not timed"
  scripts/chaos.sh kill9 stop3 rolling partition10 herd restart --counts --tries 3 --duration 3s --steady 2s --rounds 3 --keys 3000 --rate 200
fi
step "docs, from a clean clone"
scripts/docs.sh || [ $? = 2 ] # then it has said what it lacks, such as a free port
step "tests of scripts"
modules
step "the page, in a browser"
page
step tests
go test -race -timeout "$limit" ./...
