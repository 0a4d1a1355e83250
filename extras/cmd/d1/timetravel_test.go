package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRestore(t *testing.T) {
	sh, srv := onServer(t)
	count := func() string {
		out, _ := sh.run("query", "--format", "csv", "SELECT count(*) AS n FROM t")
		return strings.Fields(out)[1]
	}
	sh.run("query", "CREATE TABLE t(x)")
	before, _ := sh.run("bookmark")
	before = strings.TrimSpace(before)
	require.NotEmpty(t, before)
	sh.run("query", "INSERT INTO t VALUES(1)")
	later, _ := sh.run("bookmark", "--at", time.Now().Add(time.Hour).Format(time.RFC3339))
	require.Greater(t, strings.TrimSpace(later), before)

	for answer, code := range map[string]int{"": exitUsage, "n\n": exitFailed, "\n": exitFailed, "maybe\n": exitFailed} {
		sh.stdin = answer
		_, log, err := sh.try("restore", before)
		require.Equal(t, code, exitCode(err), "%q: %v", answer, err)
		require.Contains(t, log, "Overwrite database "+srv.DatabaseID)
		require.Contains(t, log, before)
		require.Equal(t, "1", count())
	}
	sh.stdin = "y\n"
	out, _ := sh.run("restore", "--database", srv.DatabaseName, before)
	require.Equal(t, "0", count())

	_, undo, found := strings.Cut(out, "To undo:\n\n\td1 ")
	require.True(t, found, out)
	sh.stdin = ""
	sh.run(append(strings.Fields(undo), "--yes")...)
	require.Equal(t, "1", count())

	_, log, err := sh.try("restore", "--at", "2020-01-02", "--yes")
	require.Error(t, err)
	require.Empty(t, log)
}

func TestQuoted(t *testing.T) {
	for s, want := range map[string]string{"a-b/c:1": "a-b/c:1", "it's": `'it'\''s'`, "a b": "'a b'", "$x": "'$x'"} {
		require.Equal(t, want, quoted(s))
	}
}

func TestAt(t *testing.T) {
	sh, _ := onServer(t)
	for _, text := range []string{"2020-01-02T03:04:05Z", "2020-01-02T03:04:05.678+02:00", "2020-01-02 03:04:05", "2020-01-02T03:04:05", "2020-01-02"} {
		_, _, err := sh.try("bookmark", "--at", text)
		require.ErrorContains(t, err, "before the oldest bookmark", text) // it was understood, and sent
	}
	for _, text := range []string{"yesterday", "2020-13-01", "03:04:05"} {
		_, _, err := sh.try("bookmark", "--at", text)
		require.Equal(t, exitUsage, exitCode(err))
		require.ErrorContains(t, err, text)
		require.NotContains(t, err.Error(), "\n")
	}
}
