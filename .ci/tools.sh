#!/usr/bin/env bash
# Prints the directory that has the pinned checkers, and builds those that it
# lacks. Releases are not taken as binaries: they must be built by this Go to
# understand its language. Two in parallel are enough: the linter is linked from
# a thousand packages, and memory is what runs out first.
set -euo pipefail

tools=(
	mvdan.cc/gofumpt@v0.12.0
	honnef.co/go/tools/cmd/staticcheck@v0.8.2
	github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
)

dir=${XDG_CACHE_HOME:-$HOME/.cache}/stemetop-tools
mkdir -p "$dir"
for tool in "${tools[@]}"; do
	name=$(basename "${tool%@*}")
	version=${tool#*@}
	bin=$dir/$version-$(go env GOVERSION)
	if [ ! -x "$bin/$name" ]; then
		echo "building $name $version" >&2
		GOBIN=$bin GOFLAGS='' go install -p 2 "$tool" >&2
	fi
	ln -sf "$bin/$name" "$dir/$name"
done
echo "$dir"
