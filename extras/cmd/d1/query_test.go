package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

const threeRows = "SELECT 1 AS id, 'text' AS v UNION ALL SELECT 22, NULL UNION ALL SELECT 3, x'00ff'"

func TestQueryFormats(t *testing.T) {
	sh, _ := onServer(t)
	for _, tt := range []struct{ format, sql, want string }{
		{"table", threeRows, "id  v\n--  -\n1   text\n22  NULL\n3   x'00ff'\n"},
		{"table", "SELECT 'a' || char(9, 10, 27) || 'b' AS ü, 1.5 AS f", "ü           f\n-           -\na\\t\\n\\x1bb  1.5\n"},
		{"table", "SELECT 'long' AS a, 'x' AS b, 'y' AS c UNION ALL SELECT 'b', '', '' UNION ALL SELECT 'longer', '', 'y'",
			"a       b  c\n-       -  -\nlong    x  y\nb\nlonger     y\n"},
		{"table", "SELECT '日本語' AS 名, 1 AS b UNION ALL SELECT 'abc', 2", "名      b\n--      -\n日本語  1\nabc     2\n"},
		{"table", "SELECT 1 AS a WHERE 0", "a\n-\n"},
		{"table", "SELECT 1 AS a; SELECT 2 AS b", "a\n-\n1\n\nb\n-\n2\n"},
		{"table", "CREATE TABLE t(x); DROP TABLE t", ""},
		{"csv", threeRows, "id,v\n1,text\n22,\n3,00ff\n"},
		{"csv", "SELECT 1 AS a UNION ALL SELECT NULL UNION ALL SELECT ''", "a\n1\n\"\"\n\"\"\n"},
		{"csv", `SELECT 'a,"b"' AS "x,y"`, "\"x,y\"\n\"a,\"\"b\"\"\"\n"},
	} {
		out, _ := sh.run("query", "--format", tt.format, tt.sql)
		require.Equal(t, tt.want, out, tt.sql)
	}
	out, _ := sh.run("query", "--format", "json", threeRows+"; SELECT '<' AS x, 1 AS x")
	require.Contains(t, out, `"meta":{`)
	require.Contains(t, out, `"<"`)
	require.JSONEq(t, `[{"columns":["id","v"],"rows":[[1,"text"],[22,null],[3,[0,255]]]},{"columns":["x","x"],"rows":[["<",1]]}]`, without(t, out, "meta"))
}

func TestQueryInput(t *testing.T) {
	sh, _ := onServer(t)
	out, _ := sh.run("query", "--file", write(t, "SELECT 'file'"))
	require.Contains(t, out, "file")
	sh.stdin = "SELECT 'stdin'"
	for _, args := range [][]string{{"query"}, {"query", "-"}, {"query", "--file", "-"}} {
		out, _ = sh.run(args...)
		require.Contains(t, out, "stdin", args)
	}
	out, _ = sh.run("query", "--format", "csv", "--", "-- a comment\nSELECT 'comment'")
	require.Contains(t, out, "comment\n")
	_, _, err := sh.try("query", "--file", "no-such-file")
	require.ErrorContains(t, err, "no-such-file")
	out, _ = sh.run("query", "--format", "csv", "--param", "a,b", "-p", "c", "SELECT ? || ?, typeof(?1)")
	require.Contains(t, out, `"a,bc",text`)
}

func TestQueryCountsAndErrors(t *testing.T) {
	sh, _ := onServer(t)
	_, log := sh.run("query", "CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1),(2); SELECT * FROM t")
	require.Contains(t, log, "2 rows, 2 changes; ")
	require.Contains(t, log, "2 rows written; ")
	_, log = sh.run("query", "--quiet", "SELECT 1")
	require.Empty(t, log)
	_, _, err := sh.try("query", "INSERT INTO t VALUES(3); INSERT INTO t VALUES(1)")
	require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
	require.Equal(t, exitFailed, exitCode(err))
	out, _ := sh.run("query", "--format", "csv", "SELECT count(*) FROM t")
	require.Equal(t, "count(*)\n2\n", out)
}
