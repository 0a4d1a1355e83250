package conformance

import (
	"fmt"
	"strings"
)

// dryRunScenarios end batches in a statement whose error carries an answer out
// of the transaction that it rolls back.
func dryRunScenarios() []scenario {
	probe := func(expression string) string { return `SELECT json_extract('null', 'tag:' || ` + expression + `)` }
	messages := scenario{name: "probe messages"}
	for _, expression := range []string{
		`'x'`, `'it''s'`, `'"'`, `'a\b'`, `char(10,13,9,8,12,1,31,127)`, `'é😀'`, `char(0)||'x'`, `'a'||char(0)||'b'`, `NULL`, `1`, `1.5`, `x'41ff'`, `CAST(x'ff' AS TEXT)`, `char(55296)`,
		`char(65533,65535,1114111)`, `json_array(1,'a',NULL,1.5)`, `quote(0.1)`, `quote(1e300)`, `'%s %d %n'`, `''`, `'at offset 5'`, `': SQLITE_ERROR'`,
	} {
		messages.requests = append(messages.requests, sql(probe(expression)))
	}
	for _, n := range []int{1000, 100_000, 999_999, 1_048_574, 1_099_980, 1_099_990, 1_099_997, 1_099_998, 1_100_000} {
		messages.requests = append(messages.requests, sql(probe(fmt.Sprintf(`hex(zeroblob(%d))`, n))))
	}
	messages.requests = append(messages.requests,
		sql(`SELECT json_extract('null', ?)`, quoteJSON(strings.Repeat("'", 1000))), sql(`SELECT json_extract('null', ?)`, quoteJSON(strings.Repeat("'", 1_099_970))), sql(`SELECT json_extract('null', ?)`, quoteJSON(strings.Repeat("'", 1_100_000))), sql(`SELECT json_extract('null', ?)`, quoteJSON(strings.Repeat("é", 500_000))),
		sql(`SELECT json_extract('null', ?)`, `"tag:x"`), sql(`SELECT json_extract('null', ?)`, `"$.x"`), sql(`SELECT json_extract('null', ?)`, `"$x"`), sql(`SELECT json_extract('null', ?)`, `""`), sql(`SELECT json_extract('null', ?)`, `null`), sql(`SELECT json_extract('null', ?)`, `5`),
		sql(`SELECT json_extract(NULL, ?)`, `"tag"`), sql(`SELECT json_extract('null', 'tag:' || hex(?))`, `"\u0000a"`), sql(`SELECT 'null' ->> ('tag:' || ?)`, `"x"`),
	)
	return []scenario{
		messages,
		{name: "dry run", requests: []request{
			batch(`CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE)`, `INSERT INTO t(a) VALUES ('one'),('two')`),
			batch(`INSERT INTO t(a) VALUES ('three')`, probe(`hex(json_array(changes(), total_changes(), last_insert_rowid(), (SELECT json_group_array(a) FROM t)))`)), sql(`SELECT * FROM t`), sql(`SELECT changes(), total_changes(), last_insert_rowid()`),
			batch(`CREATE TABLE u(x)`, `INSERT INTO u VALUES (1)`, probe(`(SELECT count(*) FROM u)`)), sql(`SELECT * FROM u`),
			batch(`CREATE VIEW v AS SELECT id, a AS "the a", id+1, 'x' AS x FROM t`, probe(`(SELECT json_group_array(json_array(name, type)) FROM pragma_table_info('v'))`)), sql(`SELECT name FROM sqlite_schema WHERE name='v'`),
			batch(`CREATE VIEW v AS SELECT nope FROM t`, probe(`(SELECT json_group_array(name) FROM pragma_table_info('v'))`)),
			sql(`INSERT INTO t(a) VALUES ('p'),('q') RETURNING json_extract('null','tag:'||json_array(id,a))`), sql(`SELECT count(*) FROM t`),
			sql(`INSERT INTO t(a) VALUES ('p'),('q') RETURNING CASE WHEN id>3 THEN json_extract('null','tag:'||json_array(id,a)) END`), sql(`SELECT count(*) FROM t`), sql(`INSERT INTO t(a) VALUES ('p') RETURNING CASE WHEN id>100 THEN json_extract('null',?) END`, `"tag"`), sql(`SELECT count(*) FROM t`),
			batch(`CREATE TABLE cap(n INTEGER PRIMARY KEY, x, y)`, `CREATE TRIGGER cap_i AFTER INSERT ON t BEGIN INSERT INTO cap(x,y) SELECT id, upper(t.a) FROM (SELECT NEW.id AS id, NEW.a AS a) AS t; END`, `INSERT INTO t(a) VALUES ('r'),('s'),('r2')`, probe(`(SELECT json_group_array(json_array(n,x,y)) FROM cap)`)),
			batch(`INSERT INTO t(a) VALUES ('one')`, probe(`'never'`)), batch(`INSERT INTO t(a) VALUES ('new')`, statement(`SELECT json_extract('null', ?)`, `"tag:`+strings.Repeat("n", 100)+`"`)), sql(`SELECT count(*) FROM t`),
			batch(`WITH r(c1,c2) AS (SELECT id, a FROM t ORDER BY a DESC) SELECT json_extract('null', 'tag:' || (SELECT hex(json_group_array(json_array(quote(c1), quote(c2)))) FROM r))`),
		}},
		{name: "commit guards", requests: []request{
			batch(`CREATE TABLE t(id INTEGER PRIMARY KEY, a)`, `INSERT INTO t(a) VALUES ('one')`),
			batch(`UPDATE t SET a='two'`, statement(`SELECT CASE WHEN changes() IS NOT ? THEN json_extract('null', ?) END`, `1`, `"guard 1"`), `SELECT * FROM t`),
			batch(`UPDATE t SET a='three'`, statement(`SELECT CASE WHEN changes() IS NOT ? THEN json_extract('null', ?) END`, `2`, `"guard 2"`), `SELECT * FROM t`), sql(`SELECT * FROM t`),
			batch(statement(`SELECT CASE WHEN (SELECT group_concat(quote(a)) FROM t) IS NOT ? THEN json_extract('null', ?) END`, `"'two'"`, `"guard 3"`), `DELETE FROM t`), sql(`SELECT * FROM t`),
			batch(`INSERT INTO t(a) VALUES ('x')`, `SELECT CASE WHEN last_insert_rowid() IS NOT 1 THEN json_extract('null', 'row '||last_insert_rowid()) END`),
		}},
	}
}
