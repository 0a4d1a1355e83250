package compat_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table in README.md lists exactly what is tested, at the versions tested.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	versions := moduleVersions(t)
	var rows, want [][]string
	for line := range strings.Lines(string(readme)) {
		if cells := strings.Split(line, "|"); len(cells) == 6 && cells[2] != " Version " && cells[1] != "---" {
			require.Contains(t, []string{"works", "option"}, strings.TrimSpace(cells[3]), line)
			rows = append(rows, []string{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])})
		}
	}
	for _, l := range libraries {
		require.NotEmpty(t, versions[l.module], l.module)
		want = append(want, []string{l.name, versions[l.module]})
	}
	slices.SortFunc(rows, slices.Compare)
	slices.SortFunc(want, slices.Compare)
	require.Equal(t, want, rows)
}

// moduleVersions are those in go.mod, and sqlc's, whose code is checked in.
func moduleVersions(t *testing.T) map[string]string {
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	versions := map[string]string{}
	for line := range strings.Lines(string(mod)) {
		if fields := strings.Fields(line); len(fields) == 2 {
			versions[fields[0]] = fields[1]
		}
	}
	generated, err := os.ReadFile("sqlc/db.go")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(generated), "//   sqlc ")
	require.True(t, found)
	versions["github.com/sqlc-dev/sqlc"], _, _ = strings.Cut(after, "\n")
	return versions
}
