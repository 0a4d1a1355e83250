package emulator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Messages are the engine's, compared with it.
func TestErrors(t *testing.T) {
	c := newClient(t)
	c.run(`CREATE TABLE e (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT CHECK (length(b) < 5), u UNIQUE);
		INSERT INTO e VALUES (1, 'x', 'y', 1);
		CREATE TABLE w (k TEXT PRIMARY KEY) WITHOUT ROWID;
		CREATE TABLE c (p REFERENCES e);
		CREATE TABLE s (n INT) STRICT;
		CREATE TRIGGER tr BEFORE INSERT ON w WHEN new.k = 'no' BEGIN SELECT raise(ABORT, 'not this one'); END`)
	const constraint = ": SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_"
	for sql, want := range map[string]string{
		"SELECT * FROM nope":                       "no such table: nope: SQLITE_ERROR",
		"SELECT nope":                              "no such column: nope at offset 7: SQLITE_ERROR",
		"selec":                                    `near "selec": syntax error at offset 0: SQLITE_ERROR`,
		"SELECT 1;\n selec":                        `near "selec": syntax error at offset 2: SQLITE_ERROR`,
		"SELECT * FROM e WHERE":                    "incomplete input: SQLITE_ERROR",
		"CREATE TABLE e (x)":                       "table e already exists at offset 13: SQLITE_ERROR",
		"INSERT INTO e VALUES (2, 'x', 'y', 1)":    "UNIQUE constraint failed: e.u" + constraint + "UNIQUE)",
		"INSERT INTO e VALUES (1, 'x', 'y', 2)":    "UNIQUE constraint failed: e.id" + constraint + "PRIMARYKEY)",
		"INSERT INTO e VALUES (2, NULL, 'y', 2)":   "NOT NULL constraint failed: e.a" + constraint + "NOTNULL)",
		"INSERT INTO e VALUES (2, 'x', 'yyyyy',2)": "CHECK constraint failed: length(b) < 5" + constraint + "CHECK)",
		"INSERT INTO c VALUES (9)":                 "FOREIGN KEY constraint failed" + constraint + "FOREIGNKEY)",
		"INSERT INTO w VALUES ('no')":              "not this one" + constraint + "TRIGGER)",
		"INSERT INTO s VALUES ('x')":               "cannot store TEXT value in INT column s.n" + constraint + "DATATYPE)",
		"INSERT INTO e (id) VALUES ('x')":          "datatype mismatch: SQLITE_MISMATCH",
		"SELECT json_extract('null', 'it''s')":     "bad JSON path: 'it''s': SQLITE_ERROR",
		"SELECT abs(-9223372036854775807 - 1)":     "integer overflow: SQLITE_ERROR",
		"SELECT ?101":                              "variable number must be between ?1 and ?100 at offset 7: SQLITE_ERROR",
		"VACUUM":                                   "cannot VACUUM from within a transaction: SQLITE_ERROR",
		"EXPLAIN selec":                            `near "selec": syntax error at offset 8: SQLITE_ERROR`,
		"EXPLAIN SELECT ? FROM nope":               "no such table: nope: SQLITE_ERROR",
		"":                                         "No SQL statements detected.",
		" \n":                                      "No SQL statements detected.",
		" -- a\n -- b":                             "No SQL statements detected.",
		"-- a":                                     "SQL code did not contain a statement.",
		" -- a\n-- b":                              "SQL code did not contain a statement.",
		"/* a */":                                  "SQL code did not contain a statement.",
		";":                                        "SQL code did not contain a statement.",
		"SELECT 1; -- a":                           "SQL code did not contain a statement.",
	} {
		require.Equal(t, want, c.fails(stmt(sql)), sql)
	}
}

func TestSeveralStatements(t *testing.T) {
	c := newClient(t)
	results := c.raw(stmt("CREATE TABLE t (a); INSERT INTO t VALUES (1);\n SELECT a, ? FROM t;\t\n", "p"))
	require.Len(t, results, 3)
	require.Equal(t, `[]`, results[1].rows(t))
	require.Equal(t, `[[1,"p"]]`, results[2].rows(t))
	require.Equal(t,
		"When executing multiple SQL statements in a single call, only the last statement can have parameters.",
		c.fails(stmt("INSERT INTO t VALUES (?); SELECT 1", 5)))
	require.Equal(t, `[[1]]`, c.run("SELECT count(*) FROM t").rows(t))

	results = c.raw(batch(stmt("SELECT 1"), stmt("  "), stmt("SELECT 2; SELECT 3")))
	require.Len(t, results, 3) // the blank one has none
	require.Equal(t, "No SQL statements detected.", c.fails(m{"batch": []m{}}))
}

func TestRequestIsTransaction(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
	for _, doomed := range []m{
		batch(stmt("INSERT INTO t (a) VALUES (1)"), stmt("CREATE TABLE u (a)"), stmt("SELECT nope")),
		batch(stmt("INSERT INTO t (a) VALUES (1)"), stmt("SELECT json_extract('null', 'tag:' || changes())")),
		batch(stmt("INSERT INTO t (a) VALUES (1)"), stmt("SELECT ?")),
		stmt("INSERT INTO t (a) VALUES (1); selec"),
		stmt("INSERT INTO t (a) VALUES (1), (2) RETURNING json_extract('null', 'x')"),
	} {
		c.fails(doomed)
		require.Equal(t, `[[0]]`, c.run("SELECT count(*) FROM t").rows(t), "%v", doomed)
		require.Equal(t, `[["t"]]`, c.run("SELECT name FROM sqlite_schema WHERE name NOT GLOB '_cf_*'").rows(t))
	}
	c.raw(batch(stmt("INSERT INTO t (a) VALUES (?)", "x"), stmt("INSERT INTO t (a) VALUES (?)", "y")))
	require.Equal(t, `[[1,"x"],[2,"y"]]`, c.run("SELECT * FROM t").rows(t))
}

func TestDryRun(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
	require.Equal(t, "bad JSON path: 'tag:1|7|id:INTEGER,x:': SQLITE_ERROR", c.fails(batch(
		stmt("INSERT INTO t VALUES (7, 1)"),
		stmt("CREATE VIEW v AS SELECT id, a + 1 AS x FROM t"),
		stmt(`SELECT json_extract('null', 'tag:' || changes() || '|' || last_insert_rowid() || '|' ||
			(SELECT group_concat(name || ':' || type) FROM pragma_table_info('v')))`),
	)))
	long := strings.Repeat("é", 900_000)
	require.Equal(t, "bad JSON path: '"+long+"': SQLITE_ERROR", c.fails(stmt("SELECT json_extract('null', ?)", long)))
	require.Equal(t, "bad JSON path: 'a': SQLITE_ERROR", c.fails(stmt("SELECT json_extract('null', 'a' || char(0) || 'b')")))
}

func TestTransactionStatements(t *testing.T) {
	c := newClient(t)
	for _, sql := range []string{
		"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "EXPLAIN BEGIN",
	} {
		require.True(t, strings.HasPrefix(c.fails(stmt(sql)), "To execute a transaction, please use the state.storage.transaction()"), sql)
	}
	require.Equal(t, "not authorized: SQLITE_AUTH", c.fails(stmt("ATTACH 'x' AS y")), "the wording doesn't stick")
}

func TestForeignKeys(t *testing.T) {
	c := newClient(t)
	c.run(`CREATE TABLE p (id INTEGER PRIMARY KEY);
		CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
		INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)`)
	const failed = "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)"

	require.Equal(t, failed, c.fails(batch(stmt("PRAGMA foreign_keys = off"), stmt("INSERT INTO c VALUES (2, 2)"))))
	require.Equal(t, `[[1]]`, c.run("PRAGMA foreign_keys").rows(t))

	c.raw(batch(stmt("PRAGMA defer_foreign_keys = on"), stmt("INSERT INTO c VALUES (2, 2)"), stmt("INSERT INTO p VALUES (2)")))
	require.Equal(t, `[[0]]`, c.run("PRAGMA defer_foreign_keys").rows(t), "it ends with the request")
	require.Equal(t, failed, c.fails(stmt("INSERT INTO c VALUES (3, 3)")))

	require.Equal(t, "Durable Object was reset and rolled back to its last known good state because the application left "+
		"the database in a state where constraints were violated: "+failed,
		c.fails(batch(stmt("PRAGMA defer_foreign_keys = on"), stmt("INSERT INTO c VALUES (3, 3)"))))
	result := c.run("SELECT count(*), last_insert_rowid() FROM c")
	require.Equal(t, `[[2,0]]`, result.rows(t), "rolled back, and reset")

	// What a careless table rebuild does.
	c.raw(batch(stmt("PRAGMA foreign_keys = off"), stmt("DELETE FROM p")))
	require.Equal(t, `[[0]]`, c.run("SELECT count(*) FROM c").rows(t))
}

func TestRollbackConflictBreaksEngine(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)")
	w := c.send("POST", "/"+c.db+"/raw", batch(stmt("INSERT INTO t VALUES (2)"), stmt("INSERT OR ROLLBACK INTO t VALUES (1)")))
	errors := decodeEnvelope(t, w, nil)
	require.Equal(t, 500, w.Code)
	require.Contains(t, errors[0].Message, "internal error; reference = e_")
	require.Equal(t, `[[1]]`, c.run("SELECT a FROM t").rows(t))
}

func TestLimits(t *testing.T) {
	c := newClient(t)
	list := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	numbered := func(n int) string {
		columns := make([]string, n)
		for i := range columns {
			columns[i] = fmt.Sprintf("c%d", i)
		}
		return strings.Join(columns, ",")
	}
	c.run(`CREATE TABLE r (a); CREATE TRIGGER tr AFTER INSERT ON r WHEN new.a > 0 BEGIN INSERT INTO r VALUES (new.a - 1); END`)
	for _, tt := range []struct {
		name     string
		ok, over m
		want     string
	}{
		{"parameters", stmt("SELECT "+list(100, "?"), make([]any, 100)...), stmt("SELECT "+list(101, "?"), make([]any, 101)...),
			"too many SQL variables at offset 207: SQLITE_ERROR"},
		{"SQL bytes", stmt("SELECT 1 --" + strings.Repeat("x", 99_989)), stmt("SELECT 1 --" + strings.Repeat("x", 99_990)),
			"statement too long: SQLITE_TOOBIG"},
		{"parameter bytes", stmt("SELECT length(?)", strings.Repeat("x", 2_200_000)), stmt("SELECT length(?)", strings.Repeat("x", 2_200_001)),
			"string or blob too big: SQLITE_TOOBIG"},
		{"value bytes", stmt("SELECT length(zeroblob(2200000))"), stmt("SELECT length(zeroblob(2200001))"),
			"string or blob too big: SQLITE_TOOBIG"},
		{"table columns", stmt("CREATE TABLE a (" + numbered(100) + ")"), stmt("CREATE TABLE b (" + numbered(101) + ")"),
			"too many columns on b: SQLITE_ERROR"},
		{"result columns", stmt("SELECT " + list(100, "1")), stmt("SELECT " + list(101, "1")),
			"too many columns in result set: SQLITE_ERROR"},
		{"function arguments", stmt("SELECT max(" + list(127, "1") + ")"), stmt("SELECT max(" + list(128, "1") + ")"),
			"too many arguments on function max at offset 7: SQLITE_ERROR"},
		{"LIKE pattern", stmt("SELECT 'a' LIKE ?", strings.Repeat("x", 50)), stmt("SELECT 'a' LIKE ?", strings.Repeat("x", 51)),
			"LIKE or GLOB pattern too complex: SQLITE_ERROR"},
		{"expression depth", stmt("SELECT 1" + strings.Repeat("+1", 99)), stmt("SELECT 1" + strings.Repeat("+1", 100)),
			"Expression tree is too large (maximum depth 100): SQLITE_ERROR"},
		{"compound", stmt("SELECT 1" + strings.Repeat(" UNION SELECT 1", 4)), stmt("SELECT 1" + strings.Repeat(" UNION SELECT 1", 5)),
			"too many terms in compound SELECT: SQLITE_ERROR"},
		{"program", stmt("SELECT 1 IN (" + list(7160, "1") + ")"), stmt("SELECT 1 IN (" + list(7161, "1") + ")"),
			"out of memory: SQLITE_NOMEM"},
		{"packed parameters", stmt("SELECT 1 IN ("+list(3068, "?1->>1")+")", "[]"), stmt("SELECT 1 IN ("+list(3069, "?1->>1")+")", "[]"),
			"out of memory: SQLITE_NOMEM"},
		{"trigger depth", stmt("PRAGMA recursive_triggers = on; INSERT INTO r VALUES (9)"), stmt("PRAGMA recursive_triggers = on; INSERT INTO r VALUES (10)"),
			"too many levels of trigger recursion: SQLITE_ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &client{t: t, server: c.server, db: c.db}
			c.raw(tt.ok)
			require.Equal(t, tt.want, c.fails(tt.over))
		})
	}
}

func TestBlank(t *testing.T) {
	for sql, want := range map[string]bool{
		"": true, " \t\n": true, " -- a": true, "\n-- a": true, "-- a": false, " --a\n --b": true, " --a\n--b": false,
		" --a\r\n--b": true, " --a\n\n--b": true, " --a\nSELECT 1": false, "SELECT 1": false, " - ": false, "/**/": false,
	} {
		require.Equal(t, want, blank(sql), "%q", sql)
	}
}
