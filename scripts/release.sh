#!/usr/bin/env bash
# Builds what a release consists of, in dist/: static binaries as archives, Debian packages, what each binary was built from as a
# CycloneDX bill of materials, and checksums of them all. Two builds of one commit are the same, byte for byte.
#
#   scripts/release.sh              of the tag or commit that is checked out
#   DIST=/tmp/dist scripts/release.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export GOTOOLCHAIN=auto CGO_ENABLED=0 GOFLAGS=-mod=readonly
readonly nfpm=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.4
readonly platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}
readonly dist=${DIST:-dist}

version=$(git describe --tags --match 'v*' --dirty 2>/dev/null || echo "v0.0.0-$(git rev-parse --short HEAD)")
version=${version#v}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# archive GOOS GOARCH packs a binary, its licence and its manual.
archive() {
  local name=p2pcache_${version}_$1_$2
  tar --create --gzip --file "$dist/$name.tar.gz" --owner=0 --group=0 --numeric-owner --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
    --transform "s|^|$name/|" LICENSE README.md CHANGELOG.md -C "$dist/$1_$2" p2pcache
}

# package GOARCH makes a Debian package.
package() {
  ARCH=$1 VERSION=$version BINARY=$dist/linux_$1/p2pcache \
    go run "$nfpm" package --config scripts/release/nfpm.yaml --packager deb --target "$dist" >/dev/null
}

rm -rf "$dist"
mkdir -p "$dist"
for platform in $platforms; do
  os=${platform%/*} arch=${platform#*/}
  echo "p2pcache $version $os/$arch"
  GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=true -ldflags '-s -w' -o "$dist/${os}_$arch/p2pcache" ./cmd/p2pcache
  archive "$os" "$arch"
  (cd scripts/release && go run ./sbom) <"$dist/${os}_$arch/p2pcache" >"$dist/p2pcache_${version}_${os}_$arch.cdx.json"
  if [ "$os" = linux ]; then package "$arch"; fi
  rm -r "$dist/${os}_$arch"
done
(cd "$dist" && sha256sum -- * >SHA256SUMS && cat SHA256SUMS)
