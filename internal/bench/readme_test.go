package bench

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "run the benchmark and write README's table")

const (
	readme   = "../../README.md"
	bulkHead = "| way | requests | rows/s | limit |\n|---|---|---|---|\n"
)

// TestReadmeBulk: README's table of ways to put many rows in has all of them,
// and the requests that each takes. With -update it is measured
// anew: rows per second are medians of 5 rounds, rounded to two digits.
func TestReadmeBulk(t *testing.T) {
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), bulkHead)
	require.True(t, ok)
	table, after, ok := strings.Cut(rest, "\n\n")
	require.True(t, ok)

	if *update {
		table = measureBulk(t)
		require.NoError(t, os.WriteFile(readme, []byte(before+bulkHead+table+"\n\n"+after), 0o644))
	}
	lines := strings.Split(table, "\n")
	require.Len(t, lines, len(bulkWays))
	for i, way := range bulkWays {
		cells := strings.Split(strings.Trim(lines[i], "| "), " | ")
		require.Len(t, cells, 4)
		require.Equal(t, []string{way.label, way.limit}, []string{cells[0], cells[3]})
		rate, err := strconv.ParseFloat(strings.ReplaceAll(cells[2], ",", ""), 64)
		require.NoError(t, err)
		require.Positive(t, rate)

		n := bulkRows
		if way.name == "single" {
			n = bulkRows / 100 // the rest would be the same again
		}
		loaded := newBulkTable(t)
		require.NoError(t, way.load(t.Context(), loaded.db, bulkItems(n)))
		requests := loaded.requests.Load() - 1 // of CREATE TABLE
		if way.name == "single" {
			requests *= 100
		}
		require.Equal(t, thousands(requests), cells[1], way.label)
		loaded.check(t, n)
	}
}

func measureBulk(t *testing.T) string {
	t.Helper()
	var lines []string
	for _, way := range bulkWays {
		var rates []float64
		requests := 0.0
		for range 5 {
			result := testing.Benchmark(way.benchmark)
			require.NotZero(t, result.N, way.name)
			rates, requests = append(rates, result.Extra["rows/s"]), result.Extra["requests/op"]
		}
		slices.Sort(rates)
		rate := rates[len(rates)/2]
		unit := math.Pow10(int(math.Log10(rate)) - 1)
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", way.label, thousands(int64(requests)), thousands(int64(math.Round(rate/unit)*unit)), way.limit))
	}
	return strings.Join(lines, "\n")
}

// thousands writes 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
