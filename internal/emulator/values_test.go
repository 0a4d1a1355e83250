package emulator

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The expectations were compared with those of the engine.

func TestParameters(t *testing.T) {
	c := newClient(t)
	for _, tt := range []struct{ param, row string }{
		{`1`, `[1,"real","1.0x",0.5]`},
		{`1.5`, `[1.5,"real","1.5x",0.75]`},
		{`-0.0`, `[0,"real","0.0x",0]`},
		{`1e400`, `[null,"real","Infx",null]`},
		{`9007199254740993`, `[9007199254740992,"real","9.00719925474099e+15x",4503599627370496]`},
		{`""`, `["","text","x",0]`},
		{`"5"`, `["5","text","5x",2]`},
		{`"a\u0000b"`, `["a\u0000b","text","a\u0000bx",0]`},
		{`"é😀"`, `["é😀","text","é😀x",0]`},
		{`null`, `[null,"null",null,null]`},
		{`[]`, `[[],"blob","x",0]`},
		{`[65,256,-1,1.7]`, `[[65,0,255,1],"blob","A\u0000�\u0001x",0]`},
	} {
		w := c.send("POST", "/"+c.db+"/raw", `{"sql":"SELECT ?1, typeof(?1), ?1 || 'x', ?1 / 2","params":[`+tt.param+`]}`)
		var results []result
		require.Empty(t, decodeEnvelope(t, w, &results), tt.param)
		require.Equal(t, "["+tt.row+"]", results[0].rows(t), tt.param)
	}
}

func TestParameterNumbering(t *testing.T) {
	c := newClient(t)
	require.Equal(t, `[[1,2,3,4,1]]`, c.raw(stmt("SELECT ?, :a, @b, $c, ?1", 1, 2, 3, 4))[0].rows(t))
	require.Equal(t, `[[3,1]]`, c.raw(stmt("SELECT ?3, ?1", 1, 2, 3))[0].rows(t))
	const wrong = "Wrong number of parameter bindings for SQL query."
	require.Equal(t, wrong, c.fails(stmt("SELECT ?3, ?1", 1, 2)))
	require.Equal(t, wrong, c.fails(stmt("SELECT ?")))
	require.Equal(t, wrong, c.fails(stmt("SELECT 1", 1)))
	require.Equal(t, wrong, c.fails(stmt("EXPLAIN SELECT ?")))
}

func TestResultValues(t *testing.T) {
	c := newClient(t)
	for sql, want := range map[string]string{
		"1.0, -0.0, 1e21, 1e20, 1e-6, 1e-7, 5e-324, 1.5e-10": `1,0,1e+21,100000000000000000000,0.000001,1e-7,5e-324,1.5e-10`,
		"9e999, -9e999, 1e300 * 1e10 - 1e300 * 1e10":         `null,null,null`,
		"9007199254740992, 9007199254740993":                 `9007199254740992,9007199254740992`,
		"-9223372036854775807 - 1, 9223372036854775807":      `-9223372036854776000,9223372036854776000`,
		"x'', x'00ff'": `[],[0,255]`,
		"char(0, 8, 9, 10, 12, 13, 31, 34, 92, 127)":       "\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\\x7f\"",
		"'<>&' || char(0x2028)":                            "\"<>&\u2028\"",
		"CAST(x'61ff62' AS TEXT), CAST(x'e282' AS TEXT)":   `"a�b","�"`,
		"CAST(x'f09f98' AS TEXT), CAST(x'eda080' AS TEXT)": `"�","���"`,
	} {
		require.Equal(t, "[["+want+"]]", c.run("SELECT "+sql).rows(t), sql)
	}
}

func TestColumns(t *testing.T) {
	c := newClient(t)
	const sql = `SELECT 1 AS b, 2 AS x, 3 AS x, 4 AS "10", 5 AS "2", 6 AS "01" WHERE `
	for _, tt := range []struct{ op, sql, want string }{
		{"raw", sql + "1", `{"columns":["b","x","x","10","2","01"],"rows":[[1,2,3,4,5,6]]}`},
		{"raw", sql + "0", `{"columns":["b","x","x","10","2","01"],"rows":[]}`},
		{"raw", "CREATE TABLE t (a)", `{"columns":[],"rows":[]}`},
		{"query", sql + "1", `[{"2":5,"10":4,"b":1,"x":3,"01":6}]`},
		{"query", sql + "0", `[]`},
		{"query", "VALUES (1), (2)", `[{"column1":1},{"column1":2}]`},
	} {
		w := c.send("POST", "/"+c.db+"/"+tt.op, stmt(tt.sql))
		var results []result
		require.Empty(t, decodeEnvelope(t, w, &results))
		require.Equal(t, tt.want, string(results[0].Results), tt.op+" "+tt.sql)
	}
}

func TestMeta(t *testing.T) {
	c := newClient(t)
	c.run(`CREATE TABLE t (id INTEGER PRIMARY KEY, a);
		CREATE TABLE log (id INTEGER PRIMARY KEY, a);
		CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log (id, a) VALUES (100 + new.id, new.a); END`)
	for _, tt := range []struct {
		sql               string
		changes, rowID    int64
		changed           bool
		read, writtenRows int64
	}{
		{"SELECT 1", 0, 0, false, 1, 0},
		{"INSERT INTO t (a) VALUES (1), (2)", 4, 2, true, 0, 4}, // with the trigger's rows; its rowids don't count
		{"SELECT * FROM t, log", 0, 2, false, 4, 0},
		{"UPDATE t SET a = 5 WHERE id = 1", 1, 2, true, 0, 1},
		{"CREATE TABLE u (a)", 0, 2, true, 0, 0}, // the size changes
		{"DELETE FROM log", 2, 2, true, 0, 2},
		{"DROP TABLE u", 0, 2, true, 0, 0},
	} {
		meta := c.run(tt.sql).Meta
		require.Equal(t, tt.changes, meta.Changes, tt.sql)
		require.Equal(t, tt.rowID, meta.LastRowID, tt.sql)
		require.Equal(t, tt.changed, meta.ChangedDB, tt.sql)
		require.Equal(t, tt.writtenRows, meta.RowsWritten, tt.sql)
		require.GreaterOrEqual(t, meta.RowsRead, tt.read, tt.sql)
		require.Zero(t, meta.SizeAfter%4096, tt.sql)
		require.Positive(t, meta.SizeAfter, tt.sql)
		require.GreaterOrEqual(t, meta.Duration, 0.0, tt.sql)
		require.Equal(t, "emulator", meta.ServedBy)
	}
}

func TestBigResult(t *testing.T) {
	c := newClient(t)
	const sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n"
	rows := c.run(sql).rows(t)
	require.Equal(t, 20_000-1, strings.Count(rows, "],["))
	require.True(t, strings.HasSuffix(rows, ",[20000]]"))
}
