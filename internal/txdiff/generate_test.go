package txdiff

import (
	"strings"

	"pgregory.net/rapid"
)

// op is one call.
type op struct {
	sql  string
	args []any
	// rows tells a Query from an Exec.
	rows bool
	// ask is for RowsAffected and LastInsertId after an Exec.
	ask bool
	// ordered rows are compared in their order.
	ordered bool
}

// transaction is a list of calls and an end.
type transaction struct {
	ops    []op
	commit bool
}

// template makes a call from random parts.
type template func(t *rapid.T) op

func pick(t *rapid.T, texts ...string) string { return rapid.SampledFrom(texts).Draw(t, "text") }

// write is an INSERT, UPDATE or DELETE whose placeholders are ids for @ and any
// values for ?.
func write(texts ...string) template {
	return func(t *rapid.T) op { return dml(t, pick(t, texts...), false) }
}

// returning is write with a RETURNING clause.
func returning(texts ...string) template {
	return func(t *rapid.T) op { return dml(t, pick(t, texts...), true) }
}

// lists are RETURNING clauses by table; others have "".
var lists = map[string][]string{
	"":        {"*", "*, 1 AS one", "1"},
	"a":       {"*", "id", "id, n+1 AS m, upper(t) u", "rowid", "*, x AS again, x AS again", "typeof(r), typeof(x), hex(b)", "n='1', r='0.5', x='1', b=1, t='A', t=1, n>'0', oid", "a.id, (SELECT count(*) FROM audit)", "nope", "t||'!', -n"},
	"auto":    {"*", "id", "id, v, note", "coalesce(v, 'none') AS \"v,\"\"v\""},
	"keyed":   {"*", "k", "k||j", "v, v", "quote(k), j+0.5", "k=1, j='1', v='1'"},
	"gen":     {"*", "twice, st", "id", "st||twice AS both", "twice='2', st=1, _rowid_"},
	"watched": {"*", "id", "n, (SELECT count(*) FROM audit) AS seen", "count(*)"},
	"selfish": {"*", "id", "touched"},
}

func dml(t *rapid.T, text string, rows bool) op {
	o := op{rows: rows, ordered: true}
	if rows {
		table := "" // of a name that stands alone, behind INTO, FROM or UPDATE
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '(' }) {
			if _, ok := lists[word]; ok {
				table = word
				break
			}
		}
		text += " RETURNING " + rapid.SampledFrom(lists[table]).Draw(t, "list")
	} else {
		o.ask = rapid.Bool().Draw(t, "ask")
	}
	return fill(t, o, text)
}

// fill draws the arguments and puts ? for @.
func fill(t *rapid.T, o op, text string) op {
	for _, c := range text {
		switch c {
		case '?':
			o.args = append(o.args, values.Draw(t, "value"))
		case '@':
			o.args = append(o.args, ids.Draw(t, "id"))
		}
	}
	o.sql = strings.ReplaceAll(text, "@", "?")
	return o
}

func query(ordered bool, texts ...string) template {
	return func(t *rapid.T) op { return fill(t, op{rows: true, ordered: ordered}, pick(t, texts...)) }
}

func plain(texts ...string) template {
	return func(t *rapid.T) op { return fill(t, op{}, pick(t, texts...)) }
}

var inserts = []string{
	`INSERT INTO a(n,r,t,b,x) VALUES(?,?,?,?,?)`,
	`INSERT INTO a(id,n) VALUES(@,?)`,
	`INSERT INTO a(n,x) VALUES(@,?),(@,?),(@,?)`,
	`INSERT INTO a(n,x) SELECT n+1,x FROM a WHERE id<=@ ORDER BY id`,
	`INSERT OR IGNORE INTO a(id,n,t) VALUES(@,?,?)`,
	`INSERT OR REPLACE INTO a(id,n,t) VALUES(@,@,?),(@,@,?)`,
	`REPLACE INTO a(id,x) VALUES(@,?)`,
	`INSERT INTO a(id,n,t) VALUES(@,@,?) ON CONFLICT(id) DO UPDATE SET n=excluded.n,t=a.t||excluded.t`,
	`INSERT INTO a(id,n) VALUES(@,@),(@,@) ON CONFLICT DO NOTHING`,
	`INSERT INTO a(id,n) VALUES(@,@),(@,@) ON CONFLICT(id) DO UPDATE SET x=excluded.n WHERE a.n<>excluded.n`,
	`INSERT INTO a DEFAULT VALUES`,
	`WITH src(n) AS (VALUES(@),(@)) INSERT INTO a(n) SELECT n FROM src`,
	`INSERT INTO auto(a_id,v) VALUES(@,?)`,
	`INSERT INTO auto(a_id,v,note) VALUES(@,@,?),(@,@,?)`,
	`INSERT OR IGNORE INTO auto(a_id,v) VALUES(@,@),(@,@)`,
	`INSERT OR REPLACE INTO auto(a_id,v) VALUES(@,@)`,
	`INSERT INTO keyed VALUES(?,@,?)`,
	`INSERT INTO keyed VALUES('a',@,?),('b',@,?) ON CONFLICT DO UPDATE SET v=excluded.v`,
	`INSERT OR REPLACE INTO keyed(k,j) VALUES('a',@)`,
	`INSERT INTO "odd name" VALUES('r',@,@)`,
	`INSERT INTO "odd name" VALUES(?,@,@),(?,@,@) ON CONFLICT DO NOTHING`,
	`INSERT INTO gen(n) VALUES(@)`,
	`INSERT INTO gen(id,n) VALUES(@,@),(@,@) ON CONFLICT DO UPDATE SET n=gen.n+excluded.n`,
	`INSERT INTO watched(n,t) VALUES(@,?)`,
	`INSERT INTO watched(n,t) VALUES(13,?),(@,?)`,
	`INSERT INTO watched(id,n) VALUES(@,@) ON CONFLICT(id) DO UPDATE SET n=excluded.n`,
	`INSERT INTO selfish(n) VALUES(@)`,
	`INSERT INTO selfish(n) VALUES(@),(@)`,
	`INSERT INTO tree VALUES(@,@)`,
	`INSERT INTO nope VALUES(@)`,
}

var changes = []string{
	`UPDATE a SET n=? WHERE id<=@`,
	`UPDATE a SET x=?,r=? WHERE t=?`,
	`UPDATE a SET id=id+1 WHERE id=@`,
	`UPDATE OR IGNORE a SET id=id+1`,
	`UPDATE OR REPLACE a SET id=@ WHERE id=@`,
	`UPDATE a SET n=s.c FROM (SELECT count(*) AS c FROM auto) AS s WHERE a.id<@`,
	`UPDATE auto SET v=? WHERE id=@`,
	`UPDATE auto SET a_id=@`,
	`UPDATE keyed SET v=v||'!',j=j+@ WHERE k='a'`,
	`UPDATE "odd name" SET "c,""d"=@ WHERE "a b"<@`,
	`UPDATE gen SET n=n+1 WHERE id<@`,
	`UPDATE watched SET n=n+1 WHERE n<@`,
	`UPDATE selfish SET n=n+1`,
	`UPDATE tree SET up=@ WHERE id=@`,
	`DELETE FROM a WHERE id>@`,
	`DELETE FROM a WHERE id=@ AND n IS ?`,
	`DELETE FROM auto`,
	`DELETE FROM auto WHERE v=?`,
	`DELETE FROM keyed WHERE j<@`,
	`DELETE FROM "odd name" WHERE "a b"=@`,
	`DELETE FROM gen WHERE n<@`,
	`DELETE FROM watched WHERE n<@`,
	`DELETE FROM watched WHERE n>@`,
	`DELETE FROM tree WHERE id=@`,
}

var ddl = []string{
	`CREATE TABLE made(id INTEGER PRIMARY KEY, v)`,
	`CREATE TABLE IF NOT EXISTS made(id INTEGER PRIMARY KEY, v)`,
	`CREATE TABLE copy AS SELECT * FROM a`,
	`INSERT INTO made(v) VALUES(?)`,
	`INSERT INTO made SELECT id,n FROM a WHERE id<@`,
	`UPDATE made SET v=v+1`,
	`DROP TABLE IF EXISTS made`,
	`DROP TABLE copy`,
	`DROP TABLE auto`,
	`ALTER TABLE a ADD COLUMN z DEFAULT 5`,
	`ALTER TABLE keyed RENAME COLUMN v TO w`,
	`ALTER TABLE a RENAME TO aa`,
	`CREATE INDEX IF NOT EXISTS a_n ON a(n,t)`,
	`CREATE UNIQUE INDEX a_x ON a(x)`,
	`DROP INDEX IF EXISTS a_n`,
	`CREATE TRIGGER IF NOT EXISTS g_insert AFTER INSERT ON gen BEGIN INSERT INTO audit(what) VALUES('gen; END'); END`,
	`CREATE VIEW v2 AS SELECT count(*) AS c FROM a`,
	`PRAGMA defer_foreign_keys=ON`,
}

// program makes a list of transactions.
var program = rapid.Custom(func(t *rapid.T) []transaction {
	kinds := rapid.SampledFrom([]template{
		// The more often one stands here the more often it is drawn.
		write(inserts...), write(inserts...), write(changes...), write(changes...),
		returning(inserts...), returning(inserts...), returning(inserts...), returning(changes...), returning(changes...),
		query(false, `SELECT * FROM a`, `SELECT * FROM auto`, `SELECT * FROM keyed`, `SELECT * FROM "odd name"`, `SELECT * FROM gen`,
			`SELECT * FROM watched`, `SELECT * FROM audit`, `SELECT * FROM selfish`, `SELECT * FROM tree`, `SELECT * FROM av`, `SELECT * FROM made`),
		query(true,
			`SELECT id,n,n AS n,-n,t||'!',"id",a.id,rowid,?,? AS "a b" FROM a ORDER BY id`,
			`SELECT n,count(*),max(x) FROM a GROUP BY n ORDER BY n`,
			`SELECT t FROM a ORDER BY t,id DESC`, `SELECT n FROM a ORDER BY n`, `SELECT 1 AS k, id FROM a ORDER BY k, id`,
			`SELECT a.*,auto.* FROM a LEFT JOIN auto ON a_id=a.id ORDER BY a.id,auto.id`,
			`WITH RECURSIVE c(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM c WHERE i<@) SELECT i,(SELECT n FROM a WHERE id=i) AS n FROM c ORDER BY i`,
			`SELECT id FROM a UNION SELECT id FROM auto ORDER BY 1`, `SELECT id,sum(n) OVER (ORDER BY id) AS s FROM a ORDER BY id`,
			`SELECT * FROM a ORDER BY id LIMIT @ OFFSET @`, `SELECT DISTINCT t FROM a ORDER BY t`,
			`PRAGMA table_info(a)`, `PRAGMA table_info("odd name")`, `PRAGMA index_list(auto)`, `PRAGMA foreign_key_list('auto')`),
		query(false,
			`VALUES(?,1),(?,2)`, `SELECT count(*) FROM auto WHERE v=?`, `SELECT x,typeof(x) FROM a WHERE x=?`, `SELECT 1 WHERE 0`,
			`SELECT max(n),min(r),total(r) FROM a`, `SELECT n FROM a WHERE t=?`, `SELECT ?=?,typeof(?),? IS ?`, `SELECT nope FROM a`,
			`SELECT * FROM json_each('[1,"a",null,2.5]')`, `SELECT id FROM a WHERE id IN (@,@,@)`, `SELECT * FROM nope`,
			`SELECT name,type FROM sqlite_schema WHERE name NOT LIKE '#_cf%' ESCAPE '#'`, `PRAGMA foreign_key_check`),
		plain(ddl...),
		plain(`SAVEPOINT s1`, `SAVEPOINT "S 1"`, `SAVEPOINT s2`, `ROLLBACK TO s1`, `ROLLBACK TRANSACTION TO SAVEPOINT 's 1'`, `ROLLBACK TO S2`, `RELEASE s1`, `RELEASE SAVEPOINT [s 1]`),
	})
	ops := rapid.Custom(func(t *rapid.T) op { return kinds.Draw(t, "kind")(t) })
	one := rapid.Custom(func(t *rapid.T) transaction {
		return transaction{
			ops:    rapid.SliceOfN(ops, 2, 20).Draw(t, "ops"),
			commit: rapid.IntRange(0, 4).Draw(t, "commit") > 0,
		}
	})
	return rapid.SliceOfN(one, 2, 8).Draw(t, "transactions")
})
