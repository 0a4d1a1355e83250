package suites

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readmeCounts reads the table of suites in README.md: name, passed, skipped,
// failed, remarks.
func readmeCounts(t *testing.T) map[string]counts {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	all := map[string]counts{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 {
			continue
		}
		var numbers [3]int
		for i := range numbers {
			if numbers[i], err = strconv.Atoi(strings.TrimSpace(cells[i+2])); err != nil {
				break
			}
		}
		if err == nil {
			all[strings.TrimSpace(cells[1])] = counts{numbers[0], numbers[1], numbers[2]}
		}
	}
	return all
}

func TestREADME(t *testing.T) {
	all := readmeCounts(t)
	for _, s := range suites {
		require.Contains(t, all, s.name)
	}
	require.Len(t, all, len(suites))
}
