package emulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const notAuthorized = "not authorized: SQLITE_AUTH"

func TestRefusedStatements(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (a)")
	for sql, want := range map[string]string{
		"ATTACH ':memory:' AS x":                       notAuthorized,
		"DETACH x":                                     notAuthorized,
		"CREATE TEMP TABLE x (a)":                      notAuthorized,
		"CREATE TEMP VIEW x AS SELECT 1":               notAuthorized,
		"CREATE VIRTUAL TABLE x USING rtree (a, b, c)": notAuthorized,
		"CREATE VIRTUAL TABLE x USING nope (a)":        notAuthorized,
		"CREATE TABLE _cf_x (a)":                       notAuthorized,
		"SELECT * FROM _cf_KV":                         "access to _cf_KV.key is prohibited: SQLITE_AUTH",
		"DROP TABLE _cf_KV":                            notAuthorized,
		"SELECT * FROM pragma_table_info('_cf_KV')":    notAuthorized,
		"SELECT * FROM dbstat":                         "no such table: dbstat: SQLITE_ERROR",
		"SELECT * FROM pragma_compile_options":         notAuthorized,
		"SELECT load_extension('x')":                   "not authorized: SQLITE_ERROR",
		"SELECT sqlite_version()":                      "not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR",
		"SELECT SQLite_Source_ID(), abs(1)":            "not authorized to use function: SQLite_Source_ID at offset 7: SQLITE_ERROR",
		"SELECT soundex('x')":                          "no such function: soundex at offset 7: SQLITE_ERROR",
		"SELECT if(1, 2, 3)":                           "no such function: if at offset 7: SQLITE_ERROR",
		"SELECT soundex()":                             "no such function: soundex at offset 7: SQLITE_ERROR",
		"SELECT abs()":                                 "wrong number of arguments to function abs() at offset 7: SQLITE_ERROR",
		"PRAGMA TABLE_INFO(t)":                         notAuthorized, // in capitals
		"UPDATE sqlite_schema SET sql = ''":            "table sqlite_master may not be modified: SQLITE_ERROR",
	} {
		require.Equal(t, want, c.fails(stmt(sql)), sql)
	}
}

func TestAllowedStatements(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (a INTEGER PRIMARY KEY, b, c AS (a * 2)); CREATE INDEX i ON t (b); INSERT INTO t (b) VALUES (5)")
	for _, sql := range []string{
		"ALTER TABLE t ADD COLUMN d NOT NULL DEFAULT 5",
		"ALTER TABLE t RENAME COLUMN d TO e",
		"ALTER TABLE t DROP COLUMN e",
		"ALTER TABLE t RENAME TO t2",
		"ALTER TABLE t2 RENAME TO t",
		"ANALYZE", "REINDEX", "REINDEX t",
		"SELECT * FROM sqlite_temp_schema",
		"CREATE VIRTUAL TABLE f USING FTS5 (a, tokenize = 'trigram')",
		"INSERT INTO f VALUES ('hello world')",
		"SELECT highlight(f, 0, '<', '>'), bm25(f) FROM f WHERE f MATCH 'hello' ORDER BY rank",
		"CREATE VIRTUAL TABLE fv USING fts5vocab (f, 'row')",
		"SELECT * FROM fv",
		"DROP TABLE f",
		"SELECT * FROM json_each('[1]'), json_tree('[1]')",
		`SELECT "a double-quoted string"`,
		"SELECT count(*), row_number() OVER () FROM t",
		"EXPLAIN QUERY PLAN SELECT * FROM t WHERE b = 5",
	} {
		c.run(sql)
	}
	require.Equal(t, `[["sqlite_stat1"]]`, c.run("SELECT name FROM sqlite_schema WHERE name GLOB 'sqlite_stat*'").rows(t))
	require.Equal(t, `[["t","table"]]`, c.run("SELECT name, type FROM pragma_table_list WHERE name = 't'").rows(t))
}

func TestPragmas(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (a)")
	// What each pragma does without argument, with =on, =0, =5 and (t), as measured: y or n.
	want := map[string]string{
		"case_sensitive_like": "yyynn", "defer_foreign_keys": "yyynn", "foreign_keys": "yyynn",
		"ignore_check_constraints": "yyynn", "legacy_alter_table": "yyynn", "recursive_triggers": "yyynn",
		"reverse_unordered_selects": "yyynn", "data_version": "ynnnn", "optimize": "ynyyn",
		"foreign_key_list": "nyyyy", "index_info": "nyyyy", "index_list": "nyyyy", "index_xinfo": "nyyyy",
		"table_info": "nyyyy", "table_xinfo": "nyyyy", "table_list": "yyyyy",
		"quick_check": "y-yyy", "foreign_key_check": "y---y", // - is "no such table"
	}
	var rows [][]string
	names, err := c.database().ownText("SELECT json_group_array(json_array(name)) FROM pragma_pragma_list")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(names), &rows))
	require.Greater(t, len(rows), 50)
	for _, row := range rows {
		name := row[0]
		got := ""
		for _, form := range []string{"%s", "%s = on", "%s = 0", "%s = 5", "%s(t)"} {
			w := c.send("POST", "/"+c.db+"/raw", stmt(fmt.Sprintf("PRAGMA "+form, name)))
			errors := decodeEnvelope(t, w, nil)
			switch {
			case len(errors) == 0:
				got += "y"
			case errors[0].Message == notAuthorized:
				got += "n"
			default:
				require.Contains(t, errors[0].Message, "no such table")
				got += "-"
			}
		}
		if want[name] == "" {
			want[name] = "nnnnn"
		}
		require.Equal(t, want[name], got, name)
	}
}

// Every function of this SQLite must be one of those that the engine was asked about.
func TestFunctions(t *testing.T) {
	c := newClient(t)
	var functions []struct {
		Name string
		Args int
	}
	text, err := c.database().ownText("SELECT json_group_array(DISTINCT json_object('name', name, 'args', narg)) FROM pragma_function_list")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(text), &functions))
	require.Greater(t, len(functions), 150)
	for _, f := range functions {
		args := strings.TrimSuffix(strings.Repeat("1,", max(f.Args, 0)), ",")
		w := c.send("POST", "/"+c.db+"/raw", stmt(fmt.Sprintf(`EXPLAIN SELECT "%s"(%s)`, f.Name, args)))
		got := ""
		if errors := decodeEnvelope(t, w, nil); len(errors) > 0 {
			got = errors[0].Message
		}
		refused := "not authorized to use function: " + f.Name + " at offset 15: SQLITE_ERROR"
		absent := "no such function: " + f.Name + " at offset 15: SQLITE_ERROR"
		name := strings.ToLower(f.Name)
		switch {
		case allowedFunctions[name]:
			require.NotContains(t, []string{refused, absent}, got)
		case refusedFunctions[name] && strings.HasPrefix(got, "wrong number of arguments"): // "any number" isn't any
		case refusedFunctions[name]:
			require.Equal(t, refused, got)
		default:
			require.Equal(t, absent, got)
		}
	}
}
