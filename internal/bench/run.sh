#!/usr/bin/env bash
# Runs benchmarks in rounds, so that whatever else the machine does falls on all
# of them, and compares the clients: run.sh [REGEXP [ROUNDS [BENCHTIME]]].
# GOTOOLCHAIN chooses the Go version.
set -euo pipefail
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go test -c -o "$dir/bench" .
for _ in $(seq "${2:-8}"); do
	"$dir/bench" -test.run '^$' -test.bench "${1:-.}" -test.benchtime "${3:-0.5s}" >>"$dir/result"
done
go tool benchstat -col /client "$dir/result"
