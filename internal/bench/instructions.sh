#!/usr/bin/env bash
# Counts the instructions of one iteration of each benchmark named, with valgrind:
# unlike times, they hardly depend on what else the machine does. N is how many
# iterations to count, 1 if it is not set.
#
#   instructions.sh 'Rows/client=d1' 'Rows/client=floor'
#   N=400 instructions.sh 'Select1/client=d1'
set -euo pipefail
cd "$(dirname "$0")"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go test -c -o "$dir/bench" .
count() { # valgrind can't do with the signals of preemption
	GODEBUG=asyncpreemptoff=1 GOMAXPROCS=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$dir/bench" \
		-test.run '^$' -test.bench "^Benchmark$1\$" -test.benchtime "$2x" 2>&1 | sed -n 's/.*Collected : //p'
}
n=${N:-1}
for benchmark in "$@"; do
	some=$(count "$benchmark" "$n")
	more=$(count "$benchmark" $((3 * n)))
	printf '%-30s %12d\n' "$benchmark" $(((more - some) / (2 * n)))
done
