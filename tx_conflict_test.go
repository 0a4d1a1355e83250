package d1_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// conflictTables have what a guard could take for a change: collations, types
// that JSON does not tell, keys of every kind, triggers, cascades.
var conflictTables = []string{
	"CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, v, r REAL)",
	"CREATE TABLE child(id INTEGER PRIMARY KEY AUTOINCREMENT, t_id REFERENCES t(id) ON DELETE CASCADE)",
	"CREATE TABLE keyed(k TEXT COLLATE NOCASE, j, v, PRIMARY KEY(k,j)) WITHOUT ROWID",
	"CREATE TABLE gen(id INTEGER PRIMARY KEY, n, twice AS (n*2), st TEXT GENERATED ALWAYS AS (n||'!') STORED)",
	"CREATE TABLE watched(id INTEGER PRIMARY KEY, n)",
	"CREATE TABLE log(id INTEGER PRIMARY KEY, n)",
	"CREATE TRIGGER wi AFTER INSERT ON watched BEGIN INSERT INTO log(n) VALUES(NEW.n); UPDATE t SET v=v WHERE id=1; END",
	"CREATE TRIGGER wu AFTER UPDATE ON watched BEGIN INSERT INTO log(n) SELECT n FROM watched; END",
	"INSERT INTO t VALUES(1,'a',1,0.1),(2,'B',1.0,-0.0),(3,'A','1',9e999),(4,NULL,NULL,5e-324),(5,'b',x'00ff',1e300),(6,'é',9007199254740993,1e21),(7,'it''s',CAST(x'61ff' AS TEXT),-9e999)",
	"INSERT INTO child(t_id) VALUES(1),(1),(2)", "INSERT INTO keyed VALUES('a',1,'x'),('B',2.5,NULL),('b',x'00',1)",
	"INSERT INTO gen(n) VALUES(1),(2)", "INSERT INTO watched(n) VALUES(1),(2)",
}

// TestTxNoFalseConflicts commits what it has looked at in every way, while others
// write what does not matter.
func TestTxNoFalseConflicts(t *testing.T) {
	questions := []string{
		"SELECT * FROM t", "SELECT * FROM t ORDER BY name", "SELECT name,id FROM t ORDER BY name,id DESC", "SELECT v,typeof(v) FROM t ORDER BY v",
		"SELECT r FROM t ORDER BY r DESC", "SELECT 1 AS tie,id FROM t ORDER BY tie", "SELECT * FROM t ORDER BY name LIMIT 3", "SELECT * FROM t LIMIT 3 OFFSET 2",
		"SELECT name,count(*),min(v),max(r),total(r) FROM t GROUP BY name", "SELECT DISTINCT name FROM t", "SELECT * FROM t,child WHERE t_id=t.id",
		"SELECT * FROM keyed", "SELECT * FROM gen", "SELECT * FROM t WHERE 0", "SELECT count(*) FROM log", "SELECT NULL, 1, 1.0, -0.0, 9e999, x'', '', 'a'",
		"SELECT group_concat(name) FROM t", "SELECT id,row_number() OVER (ORDER BY name) FROM t", "SELECT id FROM t UNION SELECT id FROM child",
		"VALUES(1,'a'),(2,'b')", "WITH c(i) AS (SELECT id FROM t) SELECT i,i FROM c", "PRAGMA table_info(t)", "PRAGMA index_list(keyed)", "PRAGMA foreign_key_check",
		"SELECT CURRENT_TIMESTAMP, date('now')", "SELECT name FROM sqlite_schema",
	}
	writes := []string{
		"INSERT INTO t(name,v) VALUES('new',2)", "INSERT INTO t(id) VALUES(1) ON CONFLICT DO UPDATE SET v=v+1", "INSERT OR IGNORE INTO t(id) VALUES(1)",
		"INSERT OR REPLACE INTO t(id,name,v) VALUES(3,'replaced',1.5)", "UPDATE t SET v=v", "UPDATE t SET r=r/3", "DELETE FROM t WHERE id=2",
		"INSERT INTO child(t_id) VALUES(4),(5)", "DELETE FROM child", "INSERT OR REPLACE INTO keyed VALUES('z',1,2),('Z',2,3)", "UPDATE keyed SET v=v||'!'", "DELETE FROM keyed WHERE k='b'",
		"INSERT INTO gen(n) VALUES(5),(6)", "UPDATE gen SET n=n+1", "INSERT INTO watched(n) VALUES(3)", "INSERT INTO watched(n) VALUES(4),(5)", "UPDATE watched SET n=n+1",
		"UPDATE t SET v=9007199254740993,r=0.1 WHERE id>3", "WITH s(i) AS (VALUES(50),(51)) INSERT OR REPLACE INTO t(id) SELECT i FROM s", "UPDATE t SET v=c.i FROM (SELECT 5 AS i) AS c WHERE id=5",
	}
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, conflictTables...)
		run(t, db, "CREATE TABLE elsewhere(id INTEGER PRIMARY KEY AUTOINCREMENT, x)")
		others := func() {
			run(t, db, "INSERT INTO elsewhere(id,x) VALUES(NULL,1),(NULL,2)", "DELETE FROM elsewhere WHERE id%2", "UPDATE elsewhere SET x=x+1")
		}
		for some := range slices.Chunk(questions, 4) {
			tx := begin(t, db, nil)
			ask := func() {
				for _, q := range some {
					_, err := read(tx, q)
					require.NoError(t, err, q)
				}
			}
			ask()
			others()
			run(t, tx, "UPDATE t SET v=v WHERE id=1")
			ask()
			others()
			require.NoError(t, tx.Commit(), some)
		}

		// The counters of each write, and its RETURNING rows.
		for _, w := range writes {
			tx := begin(t, db, nil)
			r, err := tx.Exec(w)
			require.NoError(t, err, w)
			_, err = r.RowsAffected()
			require.NoError(t, err, w)
			_, err = read(tx, "SELECT * FROM t")
			require.NoError(t, err)
			others()
			require.NoError(t, tx.Commit(), w)
		}
		for _, w := range writes {
			tx := begin(t, db, nil)
			_, err := read(tx, w+" RETURNING *")
			require.NoError(t, err, w)
			_, err = read(tx, w+" RETURNING 1, 'x', 0.1+0.2")
			require.NoError(t, err, w)
			others()
			require.NoError(t, tx.Commit(), w)
		}
	})
}

// TestTxConflicts changes behind a transaction's back what it has seen.
func TestTxConflicts(t *testing.T) {
	query := func(text string) func(*testing.T, *sql.Tx) {
		return func(t *testing.T, tx *sql.Tx) {
			_, err := read(tx, text)
			require.NoError(t, err, text)
		}
	}
	exec := func(text string) func(*testing.T, *sql.Tx) {
		return func(t *testing.T, tx *sql.Tx) { run(t, tx, text) }
	}
	results := func(text string) func(*testing.T, *sql.Tx) {
		return func(t *testing.T, tx *sql.Tx) {
			r, err := tx.Exec(text)
			require.NoError(t, err)
			_, err = r.RowsAffected()
			require.NoError(t, err)
		}
	}
	write := exec("INSERT INTO log(n) VALUES(99)")
	tests := []struct {
		name     string
		steps    []func(*testing.T, *sql.Tx)
		other    string
		conflict bool
	}{
		{"a value", []func(*testing.T, *sql.Tx){query("SELECT v FROM t WHERE id=1"), write}, "UPDATE t SET v=2 WHERE id=1", true},
		{"a value, after a write", []func(*testing.T, *sql.Tx){write, query("SELECT v FROM t WHERE id=1")}, "UPDATE t SET v=2 WHERE id=1", true},
		{"a type, after a write", []func(*testing.T, *sql.Tx){write, query("SELECT v FROM t WHERE id=1")}, "UPDATE t SET v=1.0 WHERE id=1", true},
		{"a type that JSON does not tell", []func(*testing.T, *sql.Tx){query("SELECT v FROM t WHERE id=1"), write}, "UPDATE t SET v=1.0 WHERE id=1", false},
		{"case in a NOCASE column", []func(*testing.T, *sql.Tx){query("SELECT name FROM t WHERE id=1"), write}, "UPDATE t SET name='A' WHERE id=1", true},
		{"a row more", []func(*testing.T, *sql.Tx){query("SELECT id FROM child WHERE t_id=2"), write}, "INSERT INTO child(t_id) VALUES(2)", true},
		{"a row more that is not seen", []func(*testing.T, *sql.Tx){query("SELECT id FROM child WHERE t_id=2"), write}, "INSERT INTO child(t_id) VALUES(1)", false},
		{"a row less", []func(*testing.T, *sql.Tx){query("SELECT count(*) FROM t"), write}, "DELETE FROM t WHERE id=3", true},
		{"rows that change places", []func(*testing.T, *sql.Tx){query("SELECT n FROM watched"), write}, "UPDATE watched SET n=3-n", false},
		{"rows that change places in an order", []func(*testing.T, *sql.Tx){query("SELECT n FROM watched ORDER BY id"), write}, "UPDATE watched SET n=3-n", true},
		{"one of two equal rows", []func(*testing.T, *sql.Tx){query("SELECT t_id FROM child"), write}, "DELETE FROM child WHERE id=1", true},
		{"there and back", []func(*testing.T, *sql.Tx){query("SELECT v FROM t WHERE id=1"), write}, "UPDATE t SET v=2 WHERE id=1; UPDATE t SET v=1 WHERE id=1", false},
		{"NULL to empty", []func(*testing.T, *sql.Tx){query("SELECT name FROM t WHERE id=4"), write}, "UPDATE t SET name='' WHERE id=4", true},
		{"text that is not UTF-8", []func(*testing.T, *sql.Tx){query("SELECT v FROM t WHERE id=7"), write}, "UPDATE t SET v=CAST(x'61fe' AS TEXT) WHERE id=7", true},
		{"the next bit of a float", []func(*testing.T, *sql.Tx){query("SELECT r FROM t WHERE id=1"), write}, "UPDATE t SET r=0.10000000000000002 WHERE id=1", true},
		{"an integer beyond 2^53, after a write", []func(*testing.T, *sql.Tx){write, query("SELECT v FROM t WHERE id=6")}, "UPDATE t SET v=9007199254740992 WHERE id=6", true},
		{"a write that nobody looked at", []func(*testing.T, *sql.Tx){exec("UPDATE t SET v=5")}, "UPDATE t SET v=2 WHERE id=1", false},
		{"RowsAffected", []func(*testing.T, *sql.Tx){results("UPDATE t SET v=5 WHERE id>3")}, "DELETE FROM t WHERE id=4", true},
		{"RowsAffected of a cascade", []func(*testing.T, *sql.Tx){results("DELETE FROM t WHERE id=1")}, "INSERT INTO child(t_id) VALUES(1)", true},
		{"LastInsertId", []func(*testing.T, *sql.Tx){results("INSERT INTO t(name) VALUES('x')")}, "INSERT INTO t(name) VALUES('y')", true},
		{"LastInsertId of its own choice", []func(*testing.T, *sql.Tx){results("INSERT INTO t(id) VALUES(77)")}, "INSERT INTO t(name) VALUES('y')", false},
		{"UPDATE and another's LastInsertId", []func(*testing.T, *sql.Tx){results("UPDATE t SET v=5")}, "INSERT INTO log(n) VALUES(1)", false},
		{"RETURNING a new id", []func(*testing.T, *sql.Tx){query("INSERT INTO t(name) VALUES('x') RETURNING id")}, "INSERT INTO t(name) VALUES('y')", true},
		{"RETURNING what is the same", []func(*testing.T, *sql.Tx){query("INSERT INTO t(name) VALUES('x') RETURNING name")}, "INSERT INTO t(name) VALUES('y')", false},
		{"RETURNING rows", []func(*testing.T, *sql.Tx){query("UPDATE t SET v=5 WHERE id>3 RETURNING id")}, "DELETE FROM t WHERE id=4", true},
		{"RETURNING other rows", []func(*testing.T, *sql.Tx){query("UPDATE t SET v=5 WHERE r>1e200 RETURNING id")}, "UPDATE t SET r=1-r WHERE id IN (3,7)", true},
		{"RETURNING values", []func(*testing.T, *sql.Tx){query("UPDATE keyed SET v='new' RETURNING j")}, "UPDATE keyed SET j=3 WHERE k='a'", true},
		{"RETURNING nothing", []func(*testing.T, *sql.Tx){query("DELETE FROM keyed WHERE k='q' RETURNING *")}, "INSERT INTO keyed VALUES('q',1,1)", true},
		{"a column more", []func(*testing.T, *sql.Tx){query("SELECT * FROM t"), write}, "ALTER TABLE t ADD COLUMN z", true},
		{"a column more that is not seen", []func(*testing.T, *sql.Tx){query("SELECT id FROM t"), write}, "ALTER TABLE t ADD COLUMN z", false},
		{"undone, but seen before", []func(*testing.T, *sql.Tx){query("SELECT v FROM t WHERE id=1"), exec("SAVEPOINT s"), write, exec("ROLLBACK TO s"), write}, "UPDATE t SET v=2 WHERE id=1", true},
		{"seen in a savepoint before its writes", []func(*testing.T, *sql.Tx){write, exec("SAVEPOINT s"), query("SELECT v FROM t WHERE id=1"), write, exec("ROLLBACK TO s")}, "UPDATE t SET v=2 WHERE id=1", true},
		{"of what is undone", []func(*testing.T, *sql.Tx){write, exec("SAVEPOINT s"), results("INSERT INTO t(name) VALUES('x')"), exec("ROLLBACK TO s")}, "INSERT INTO t(name) VALUES('y')", false},
	}
	onEngines(t, func(t *testing.T, db *sql.DB) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				run(t, db, "DROP TABLE IF EXISTS child", "DROP TABLE IF EXISTS t", "DROP TABLE IF EXISTS keyed", "DROP TABLE IF EXISTS gen", "DROP TABLE IF EXISTS watched", "DROP TABLE IF EXISTS log")
				run(t, db, conflictTables...)
				tx := begin(t, db, nil)
				for _, step := range tt.steps {
					step(t, tx)
				}
				run(t, db, tt.other)
				err := tx.Commit()
				if !tt.conflict {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, d1.ErrTxConflict)
				require.ErrorIs(t, err, d1.CodeBusy)
				require.NotErrorIs(t, err, d1.ErrOutcomeUnknown)
				var e *d1.Error
				require.ErrorAs(t, err, &e)
				require.True(t, e.SafeToRetry())
				requireRows(t, db, "SELECT count(*) FROM log WHERE n=99", "0")
			})
		}
	})
}

// TestTxConflictShowsEarly: a dry run meets the conflict before Commit does.
func TestTxConflictShowsEarly(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, conflictTables...)
		tx := begin(t, db, nil)
		requireRows(t, tx, "SELECT v FROM t WHERE id=1", "1")
		run(t, tx, "UPDATE t SET v=2 WHERE id=1")
		run(t, db, "UPDATE t SET v=3 WHERE id=1")
		_, err := read(tx, "SELECT v FROM t WHERE id=1")
		require.ErrorIs(t, err, d1.ErrTxConflict)
		_, err = tx.Exec("DELETE FROM t")
		require.ErrorIs(t, err, d1.ErrTxAborted)
		require.ErrorIs(t, err, d1.ErrTxConflict)
		err = tx.Commit()
		require.ErrorIs(t, err, d1.ErrTxAborted)
		require.ErrorIs(t, err, d1.ErrTxConflict)
		requireRows(t, db, "SELECT v FROM t WHERE id=1", "3")
	})
}

// TestTxConflictNamesRandom: the cause of a conflict with oneself is named.
func TestTxConflictNamesRandom(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, x, made DEFAULT (random()))")
		tx := begin(t, db, nil)
		_, err := read(tx, "INSERT INTO t(x) VALUES(random()) RETURNING x")
		require.NoError(t, err)
		err = tx.Commit()
		require.ErrorIs(t, err, d1.ErrTxConflict)
		require.ErrorContains(t, err, "uses random()")
		tx = begin(t, db, nil)
		_, err = read(tx, "INSERT INTO t(x) SELECT 1 RETURNING made")
		require.NoError(t, err)
		err = tx.Commit()
		require.ErrorIs(t, err, d1.ErrTxConflict)
		require.ErrorContains(t, err, "a default that could not be pinned")
		requireRows(t, db, "SELECT count(*) FROM t", "0")
	})
}

// TestTxRefusesByName asks what cannot be answered.
func TestTxRefusesByName(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, conflictTables...)
		run(t, db, "CREATE TABLE selfish(id INTEGER PRIMARY KEY, n)", "CREATE TRIGGER si AFTER INSERT ON selfish BEGIN UPDATE selfish SET n=n+1 WHERE id=NEW.id; END",
			"CREATE TABLE tree(id INTEGER PRIMARY KEY, up REFERENCES tree(id) ON DELETE CASCADE)", "INSERT INTO tree VALUES(1,NULL),(2,1)",
			"CREATE VIRTUAL TABLE fts USING fts5(body)", "CREATE VIEW tv AS SELECT id FROM t", "CREATE TRIGGER tvi INSTEAD OF INSERT ON tv BEGIN INSERT INTO t(id) VALUES(NEW.id); END")
		tx := begin(t, db, nil)
		for _, tt := range []struct{ text, reason string }{
			{"INSERT INTO selfish(id,n) VALUES(1,1),(2,2) ON CONFLICT DO UPDATE SET n=5 RETURNING n", "own triggers"},
			{"DELETE FROM tree WHERE id=1 RETURNING id", "cascades"},
			{"UPDATE t SET v=1 RETURNING id, (SELECT count(*) FROM log)", "a subquery"},
			{"UPDATE t SET v=1 RETURNING id IN (VALUES(1))", "a subquery"},
			{"UPDATE t SET v=1 RETURNING id IN child", "IN and a table"},
			{"UPDATE t SET v=1 RETURNING total_changes()", "total_changes()"},
			{"UPDATE t SET v=1 RETURNING id+?", "placeholders"},
			{"INSERT INTO tv(id) VALUES(80),(81) RETURNING id", "no ordinary table"},
			{"INSERT INTO tv(id) VALUES(80) RETURNING id", "from a view"},
			{"INSERT INTO main.[TV] DEFAULT VALUES RETURNING id+1", "from a view"},
			{"INSERT INTO t(name) SELECT name FROM sqlite_schema RETURNING id", "the schema"},
		} {
			_, err := read(tx, tt.text, make([]any, strings.Count(tt.text, "?"))...)
			require.ErrorIs(t, err, d1.ErrTxUnanswered, tt.text)
			require.ErrorContains(t, err, tt.reason, tt.text)
		}
		r, err := tx.Exec("INSERT INTO t(name) SELECT name FROM sqlite_schema")
		require.NoError(t, err)
		_, err = r.RowsAffected()
		require.ErrorIs(t, err, d1.ErrTxUnanswered)
		// What is refused by the engine is its error.
		for _, text := range []string{"INSERT INTO t(name) VALUES('x') RETURNING count(*)", "UPDATE nope SET x=1 RETURNING x", "UPDATE t SET v=1 RETURNING nope", "UPDATE t SET v=1 RETURNING t.*", "UPDATE t SET nope=1 RETURNING id"} {
			_, err := read(tx, text)
			require.ErrorIs(t, err, d1.CodeError, text)
			require.False(t, errors.Is(err, d1.ErrTxUnanswered), text)
		}
		// None of it has harmed the transaction.
		rows, err := read(tx, "INSERT INTO selfish(n) VALUES(1),(2) RETURNING n")
		require.NoError(t, err)
		require.Equal(t, []string{"1", "2"}, rows) // before AFTER triggers, as SQLite has it
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT n FROM selfish", "2", "3")
		requireRows(t, db, "SELECT count(*) FROM tree", "2")
		n, err := r.RowsAffected()
		require.NoError(t, err)
		require.Greater(t, n, int64(5))
	})
}
