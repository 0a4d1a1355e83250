package d1_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

var txTables = []string{
	"CREATE TABLE t(id INTEGER PRIMARY KEY, v, u UNIQUE)",
	"CREATE TABLE child(id INTEGER PRIMARY KEY, t_id REFERENCES t(id))",
	"INSERT INTO t(id,v) VALUES(1,'one'),(2,'two')",
}

// TestTxIsolated: nothing of a transaction shows outside before Commit, all of it
// inside.
func TestTxIsolated(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		tx := begin(t, db, nil)
		run(t, tx, "INSERT INTO t(id,v) VALUES(3,'three')", "CREATE TABLE made(x)", "INSERT INTO made VALUES(1)", "ALTER TABLE t ADD COLUMN z DEFAULT 0")
		requireRows(t, tx, "SELECT id,z FROM t ORDER BY id", "1|0", "2|0", "3|0")
		requireRows(t, tx, "SELECT * FROM made", "1")
		requireRows(t, db, "SELECT id FROM t ORDER BY id", "1", "2")
		_, err := read(db, "SELECT * FROM made")
		require.ErrorContains(t, err, "no such table")
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT id,z FROM t ORDER BY id", "1|0", "2|0", "3|0")
		requireRows(t, db, "SELECT * FROM made", "1")

		tx = begin(t, db, nil)
		run(t, tx, "DELETE FROM t", "DROP TABLE made")
		requireRows(t, tx, "SELECT * FROM t")
		require.NoError(t, tx.Rollback())
		requireRows(t, db, "SELECT count(*) FROM t", "3")
		requireRows(t, db, "SELECT * FROM made", "1")
	})
}

func TestTxOptions(t *testing.T) {
	srv, db := counted(t, txTables)
	for level := sql.LevelDefault; level <= sql.LevelLinearizable; level++ {
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
		switch level {
		case sql.LevelDefault, sql.LevelSerializable, sql.LevelReadCommitted:
			require.NoError(t, err, level)
			require.NoError(t, tx.Rollback())
		default:
			require.ErrorIs(t, err, d1.ErrUnsupported, level)
			require.ErrorContains(t, err, level.String())
		}
	}
	_, err := db.BeginTx(d1.WithTxMode(t.Context(), "often"), nil)
	require.ErrorIs(t, err, d1.ErrUnsupported)
	require.Empty(t, srv.Requests())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.BeginTx(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// TestTxReadOnly refuses writes, and confirms at Commit that reads made at
// different moments held at one.
func TestTxReadOnly(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		opts := &sql.TxOptions{ReadOnly: true}
		tx := begin(t, db, opts)
		requireRows(t, tx, "SELECT v FROM t WHERE id=1", "one")
		for _, text := range []string{"DELETE FROM t", "INSERT INTO t(id) VALUES(9) RETURNING id", "CREATE TABLE x(y)", "PRAGMA defer_foreign_keys=ON", "REINDEX"} {
			_, err := tx.Exec(text)
			require.ErrorIs(t, err, d1.ErrUnsupported, text)
			require.ErrorContains(t, err, "read-only")
			_, err = read(tx, text)
			require.ErrorIs(t, err, d1.ErrUnsupported, text)
		}
		run(t, tx, "SELECT 1", "SAVEPOINT s", "RELEASE s")
		requireRows(t, tx, "SELECT v FROM t WHERE id=2", "two")
		require.NoError(t, tx.Commit())

		tx = begin(t, db, opts)
		requireRows(t, tx, "SELECT v FROM t WHERE id=1", "one")
		run(t, db, "UPDATE t SET v='ONE' WHERE id=1")
		requireRows(t, tx, "SELECT v FROM t WHERE id=2", "two")
		require.ErrorIs(t, tx.Commit(), d1.ErrTxConflict)

		tx = begin(t, db, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelReadCommitted})
		requireRows(t, tx, "SELECT v FROM t WHERE id=1", "ONE")
		run(t, db, "UPDATE t SET v='one' WHERE id=1")
		requireRows(t, tx, "SELECT v FROM t WHERE id=2", "two")
		require.NoError(t, tx.Commit())
	})
}

// TestTxReadCommitted does not check reads before the first write, and streams
// them.
func TestTxReadCommitted(t *testing.T) {
	srv, db := counted(t, txTables)
	tx := begin(t, db, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	requireRows(t, tx, "SELECT v FROM t WHERE id=1", "one")
	run(t, db, "UPDATE t SET v='ONE' WHERE id=1")
	requireRows(t, tx, "SELECT v FROM t WHERE id=1", "ONE")
	run(t, tx, "UPDATE t SET v='2' WHERE id=2")
	require.NoError(t, tx.Commit())
	require.Len(t, srv.Requests(), 4)
	requireRows(t, db, "SELECT v FROM t ORDER BY id", "ONE", "2")

	// What was read after a write is checked all the same.
	tx = begin(t, db, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	run(t, tx, "UPDATE t SET v='two' WHERE id=2")
	requireRows(t, tx, "SELECT v FROM t ORDER BY id", "ONE", "two")
	run(t, db, "UPDATE t SET v='one' WHERE id=1")
	require.ErrorIs(t, tx.Commit(), d1.ErrTxConflict)
}

// TestTxQueue refuses what depends on the queue, and says so.
func TestTxQueue(t *testing.T) {
	srv, db := counted(t, txTables, "tx=queue")
	tx := begin(t, db, nil)
	requireRows(t, tx, "SELECT v FROM t WHERE id=1", "one")
	r, err := tx.Exec("INSERT INTO t(v) VALUES('three')")
	require.NoError(t, err)
	for _, text := range []string{"SELECT * FROM t", "INSERT INTO t(v) VALUES(1) RETURNING id", "UPDATE t SET v=1 RETURNING id"} {
		_, err := read(tx, text)
		require.ErrorIs(t, err, d1.ErrTxUnanswered, text)
		require.ErrorContains(t, err, "tx=queue")
	}
	_, err = r.RowsAffected()
	require.ErrorIs(t, err, d1.ErrTxUnanswered)
	require.NoError(t, tx.Commit())
	requireResult(t, r, 1, 3)
	require.LessOrEqual(t, len(srv.Requests()), 3) // the second read is for the columns of t
	requireRows(t, db, "SELECT v FROM t ORDER BY id", "one", "two", "three")

	// The context asks for another mode, for this transaction.
	tx, err = db.BeginTx(d1.WithTxMode(t.Context(), d1.TxEager), nil)
	require.NoError(t, err)
	_, err = tx.Exec("INSERT INTO t(id) VALUES(1)")
	require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
	requireRows(t, tx, "SELECT count(*) FROM t", "3")
	require.NoError(t, tx.Commit())
}

// TestTxEager shows errors where they belong, and goes on after them.
func TestTxEager(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		tx := begin(t, db, nil)
		for _, tt := range []struct {
			sql  string
			code d1.ErrorCode
		}{
			{"INSERT INTO t(id) VALUES(1)", d1.ConstraintPrimaryKey},
			{"INSERT INTO nope VALUES(1)", d1.CodeError},
			{"CREATE TABLE t(x)", d1.CodeError},
			{"INSERT INTO child(t_id) VALUES(77) RETURNING id", d1.ConstraintForeignKey},
			{"INSERT INTO child(t_id) VALUES(77)", d1.ConstraintForeignKey},
			{"ATTACH 'x' AS y", d1.CodeAuth},
		} {
			_, err := tx.Exec(tt.sql)
			require.ErrorIs(t, err, tt.code, tt.sql)
			require.NotErrorIs(t, err, d1.ErrTxAborted)
			if strings.Contains(tt.sql, "RETURNING") {
				_, err = read(tx, tt.sql)
				require.ErrorIs(t, err, tt.code, tt.sql)
			}
			run(t, tx, "INSERT INTO child(t_id) VALUES(1)")
		}
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT count(*) FROM child", "6")
	}, "tx=eager")
}

// TestTxLazyErrors: an error shows at the next answer or at Commit, with the
// number of the statement, and the transaction can only be rolled back.
func TestTxLazyErrors(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		writes := func(tx *sql.Tx, bad int) {
			for i := range 9 {
				id := 100 + i
				if i+1 == bad {
					id = 1
				}
				_, err := tx.Exec("INSERT INTO t(id) VALUES(?)", id)
				require.NoError(t, err)
			}
		}
		var e *d1.Error
		for _, bad := range []int{1, 4, 9} {
			tx := begin(t, db, nil)
			writes(tx, bad)
			err := tx.Commit()
			require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
			require.ErrorAs(t, err, &e)
			require.Equal(t, bad, e.Statement)
			require.True(t, e.SafeToRetry())
			require.ErrorContains(t, err, fmt.Sprintf("statement %d (INSERT INTO t(id) VALUES(?)): UNIQUE constraint failed: t.id", bad))

			tx = begin(t, db, nil)
			writes(tx, bad)
			_, err = read(tx, "SELECT count(*) FROM t")
			require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
			require.ErrorAs(t, err, &e)
			require.Equal(t, bad, e.Statement)
			for range 2 {
				_, err = tx.Exec("DELETE FROM t")
				require.ErrorIs(t, err, d1.ErrTxAborted)
				require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
				_, err = read(tx, "SELECT 1")
				require.ErrorIs(t, err, d1.ErrTxAborted)
			}
			require.ErrorIs(t, tx.Commit(), d1.ErrTxAborted)
		}
		// A question that is wrong itself harms nothing.
		tx := begin(t, db, nil)
		writes(tx, 0)
		_, err := read(tx, "SELECT nope FROM t")
		require.ErrorContains(t, err, "no such column: nope")
		_, err = read(tx, "INSERT INTO t(id) VALUES(1) RETURNING id")
		require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
		requireRows(t, tx, "SELECT count(*) FROM t", "11")
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT count(*) FROM t", "11")
	})
}

// TestTxStatements runs, inside a transaction, every way to run a statement.
func TestTxStatements(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		tx := begin(t, db, nil)

		insert, err := tx.Prepare("INSERT INTO t(id,v) VALUES(?,?)")
		require.NoError(t, err)
		for i := range 3 {
			_, err := insert.Exec(10+i, []byte{byte(i)})
			require.NoError(t, err)
		}
		require.NoError(t, insert.Close())
		find, err := tx.Prepare("SELECT id FROM t WHERE v=:v AND id<@max")
		require.NoError(t, err)
		var id int
		require.NoError(t, find.QueryRow(sql.Named("max", 50), sql.Named("v", []byte{2})).Scan(&id))
		require.Equal(t, 12, id)
		require.NoError(t, find.Close())

		// Over 100 arguments travel packed.
		var marks []string
		var args []any
		for i := range 150 {
			marks, args = append(marks, "(?,?)"), append(args, 1000+i, fmt.Sprint("many ", i))
		}
		_, err = tx.Exec("INSERT INTO t(id,v) VALUES"+strings.Join(marks, ","), args...)
		require.NoError(t, err)
		var in []any
		for i := range 150 {
			in = append(in, 1000+i)
		}
		// From 93 on, with the probe's own parameters there would be too many.
		for _, n := range []int{90, 91, 92, 93, 94, 99, 100, 101, 150} {
			rows, err := read(tx, "SELECT count(*) FROM t WHERE id IN ("+strings.TrimSuffix(strings.Repeat("?,", n), ",")+")", in[:n]...)
			require.NoError(t, err)
			require.Equal(t, []string{fmt.Sprint(n)}, rows)
		}
		require.NoError(t, tx.Commit())
	})
}

// TestTxMultiple runs texts of several statements, and batches.
func TestTxMultiple(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		tx := begin(t, db, nil)
		rows, err := tx.Query("INSERT INTO t(id,v) VALUES(?,'x'); SELECT id FROM t WHERE v=?; DELETE FROM t WHERE id=?; SELECT count(*) AS n, ? AS four FROM t", 10, "x", 1, 4)
		require.NoError(t, err)
		require.True(t, rows.Next())
		var a, b int
		require.NoError(t, rows.Scan(&a))
		require.Equal(t, 10, a)
		require.False(t, rows.Next())
		require.True(t, rows.NextResultSet())
		columns, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, []string{"n", "four"}, columns)
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(&a, &b))
		require.Equal(t, []int{2, 4}, []int{a, b})
		require.False(t, rows.NextResultSet())
		require.NoError(t, rows.Close())
		require.NoError(t, rows.Err())

		var batch d1.Batch
		batch.Add("INSERT INTO t(id,v) VALUES(?,?)", 20, "batch").Add("UPDATE t SET v=? WHERE id>=?", "B", 10)
		results, err := batch.Exec(t.Context(), tx)
		require.NoError(t, err)
		requireResult(t, results[0], 1, 20)
		n, err := results[1].RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
		set, err := new(d1.Batch).Add("DELETE FROM t WHERE id=2").Add("SELECT v FROM t ORDER BY id").Query(t.Context(), tx)
		require.NoError(t, err)
		var list []string
		for set.Next() {
			var v string
			require.NoError(t, set.Scan(&v))
			list = append(list, v)
		}
		require.NoError(t, set.Err())
		require.Equal(t, []string{"B", "B"}, list)
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT id FROM t ORDER BY id", "10", "20")
	})
}

// TestTxPragmas: shims, deferred keys, and what tells of tables.
func TestTxPragmas(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		tx := begin(t, db, nil)
		requireRows(t, tx, "SELECT sqlite_version()", d1.DefaultSQLiteVersion)
		_, err := tx.Exec("PRAGMA foreign_keys=OFF")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		requireRows(t, tx, "PRAGMA foreign_keys", "1")
		requireRows(t, tx, "PRAGMA table_info(child)", "0|id|INTEGER|0|<nil>|1", "1|t_id||0|<nil>|0")

		// A child before its parent.
		run(t, tx, "PRAGMA defer_foreign_keys=ON", "INSERT INTO child(t_id) VALUES(50)")
		requireRows(t, tx, "PRAGMA foreign_key_check", "child|1|t|0")
		requireRows(t, tx, "PRAGMA foreign_key_check(child)", "child|1|t|0")
		requireRows(t, tx, "PRAGMA defer_foreign_keys", "1")
		run(t, tx, "INSERT INTO t(id) VALUES(50)", "CREATE TABLE made(a INTEGER PRIMARY KEY, b TEXT NOT NULL)", "CREATE INDEX i ON made(b)")
		requireRows(t, tx, "PRAGMA foreign_key_check")
		requireRows(t, tx, "PRAGMA table_info('made')", "0|a|INTEGER|0|<nil>|1", "1|b|TEXT|1|<nil>|0")
		requireRows(t, tx, "PRAGMA index_list(made)", "0|i|0|c|0")
		requireRows(t, tx, "PRAGMA foreign_keys", "1")
		requireRows(t, tx, "SELECT type,name FROM sqlite_schema WHERE name NOT LIKE '#_cf%' ESCAPE '#' AND name NOT LIKE 'sqlite%' ORDER BY name",
			"table|child", "index|i", "table|made", "table|t")
		_, err = read(tx, "PRAGMA function_list")
		require.ErrorIs(t, err, d1.ErrTxUnanswered)
		_, err = read(tx, "EXPLAIN SELECT 1")
		require.ErrorIs(t, err, d1.ErrTxUnanswered)
		rows, err := read(tx, "PRAGMA defer_foreign_keys=ON") // as a query it has no rows
		require.NoError(t, err)
		require.Empty(t, rows)
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT t_id FROM child", "50")

		tx = begin(t, db, nil)
		requireRows(t, tx, "PRAGMA foreign_keys", "1")
		rows, err = read(tx, "EXPLAIN QUERY PLAN SELECT * FROM t")
		require.NoError(t, err)
		require.NotEmpty(t, rows)
		require.NoError(t, tx.Rollback())
	})
}

// TestTxClock: the time is the transaction's own, wherever a statement reads it.
func TestTxClock(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, at TEXT, ms TEXT)")
		tx := begin(t, db, nil)
		const now = "SELECT strftime('%Y-%m-%d %H:%M:%f','now'), CURRENT_TIMESTAMP"
		first, err := read(tx, now)
		require.NoError(t, err)
		run(t, tx, "INSERT INTO t(at,ms) VALUES(CURRENT_TIMESTAMP,strftime('%Y-%m-%d %H:%M:%f','now'))")
		requireRows(t, tx, now, first...)
		requireRows(t, tx, "SELECT ms,at FROM t", first...)
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT ms,at FROM t", first...)
	}, "parse_time=false")
}

// TestTxCountersInStatements: a statement that reads the counters finds those of the
// one before it, also where its own result is asked for.
func TestTxCountersInStatements(t *testing.T) {
	for _, mode := range []string{"lazy", "eager"} {
		t.Run(mode, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db *sql.DB) {
				run(t, db, txTables...)
				run(t, db, "CREATE TABLE counted(id INTEGER PRIMARY KEY, n)",
					"CREATE TABLE log(n)", "CREATE TRIGGER logged AFTER INSERT ON counted BEGIN INSERT INTO log VALUES(1); END")
				tx := begin(t, db, nil)
				requireResults(t, tx, []execResult{
					{"INSERT INTO t(id) VALUES(70)", 1, 70},
					{"INSERT INTO child(t_id) VALUES(last_insert_rowid())", 1, 1}, // a foreign key
					{"UPDATE t SET v=0 WHERE id IN (1,2)", 2, 1},
					{"INSERT INTO counted(n) SELECT value FROM json_each('[1,2,3,4]') WHERE value<=changes()", 4, 2}, // with log's
					{"INSERT INTO child(id,t_id) SELECT 5,last_insert_rowid()", 1, 5},
					{"INSERT INTO child(t_id) SELECT 1 WHERE changes()=0", 0, 5},
					{"INSERT OR IGNORE INTO child(id) VALUES(last_insert_rowid())", 0, 5},
				})
				requireRows(t, tx, "SELECT id,t_id FROM child ORDER BY id", "1|70", "5|2")
				require.NoError(t, tx.Commit())
				requireRows(t, db, "SELECT id,t_id FROM child ORDER BY id", "1|70", "5|2")
				requireRows(t, db, "SELECT id,n FROM counted ORDER BY id", "1|1", "2|2")
			}, "tx="+mode)
		})
	}
}

// execResult is what the result of a statement is to say.
type execResult struct {
	sql         string
	changes, id int64
}

// requireResults runs statements and asks for the result of each at once.
func requireResults(t *testing.T, tx *sql.Tx, list []execResult) {
	t.Helper()
	for _, want := range list {
		result, err := tx.Exec(want.sql)
		require.NoError(t, err, want.sql)
		changes, err := result.RowsAffected()
		require.NoError(t, err, want.sql)
		require.Equal(t, want.changes, changes, want.sql)
		id, err := result.LastInsertId()
		require.NoError(t, err, want.sql)
		require.Equal(t, want.id, id, want.sql)
	}
}

// TestTxCountersInTriggers: so does what a trigger or a default reads.
func TestTxCountersInTriggers(t *testing.T) {
	for _, mode := range []string{"lazy", "eager"} {
		t.Run(mode, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db *sql.DB) {
				run(t, db, "CREATE TABLE p(id INTEGER PRIMARY KEY, n)", "CREATE TABLE l(n)", "CREATE TABLE c(id INTEGER PRIMARY KEY, p_id DEFAULT (last_insert_rowid()) REFERENCES p(id))",
					"CREATE TRIGGER tb BEFORE INSERT ON p BEGIN INSERT INTO l SELECT 1 WHERE LAST_INSERT_ROWID ( ) > 1000; END",
					"CREATE TABLE r(id INTEGER PRIMARY KEY)", "CREATE TRIGGER rb BEFORE INSERT ON r WHEN (SELECT n FROM counted)>2 BEGIN INSERT INTO l VALUES(2); END", "CREATE VIEW counted AS SELECT changes() AS n",
					"INSERT INTO p(id) VALUES(7)")
				tx := begin(t, db, nil)
				requireResults(t, tx, []execResult{
					{"INSERT INTO p(n) VALUES(1)", 1, 8},
					{"INSERT INTO c DEFAULT VALUES", 1, 1}, // a foreign key
					{"INSERT INTO p(id) VALUES(2000)", 1, 2000},
					{"INSERT INTO p(n) VALUES(3),(4)", 4, 2002}, // with those of l
					{"INSERT INTO r DEFAULT VALUES", 1, 1},
					{"UPDATE p SET n=1", 5, 1},
					{"INSERT INTO r DEFAULT VALUES", 2, 2},
				})
				require.NoError(t, tx.Commit())
				requireRows(t, db, "SELECT p_id FROM c", "8")
			}, "tx="+mode)
		})
	}
}

// TestTxFullText: an index of FTS5 is written when the engine likes, and counted in
// what RowsAffected tells.
func TestTxFullText(t *testing.T) {
	for _, mode := range []string{"lazy", "eager"} {
		t.Run(mode, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db *sql.DB) {
				run(t, db, "CREATE TABLE doc(id INTEGER PRIMARY KEY, body)", "CREATE VIRTUAL TABLE search USING fts5(body,content='doc',content_rowid='id')",
					"CREATE TRIGGER di AFTER INSERT ON doc BEGIN INSERT INTO search(rowid,body) VALUES(NEW.id,NEW.body); END",
					"CREATE TRIGGER du AFTER UPDATE ON doc BEGIN INSERT INTO search(search,rowid,body) VALUES('delete',OLD.id,OLD.body);"+
						" INSERT INTO search(rowid,body) VALUES(NEW.id,NEW.body); END")
				tx := begin(t, db, nil)
				for id := int64(1); id <= 3; id++ {
					result, err := tx.Exec("INSERT INTO doc(body) VALUES(?)", "hello world")
					require.NoError(t, err)
					last, err := result.LastInsertId()
					require.NoError(t, err)
					require.Equal(t, id, last)
				}
				result, err := tx.Exec("UPDATE doc SET body='bye' WHERE id=2")
				require.NoError(t, err)
				_, err = result.RowsAffected()
				require.NoError(t, err)
				requireRows(t, tx, "SELECT rowid FROM search WHERE search MATCH 'hello' ORDER BY rowid", "1", "3")
				require.NoError(t, tx.Commit())
				requireRows(t, db, "SELECT rowid FROM search WHERE search MATCH 'hello' ORDER BY rowid", "1", "3")
			}, "tx="+mode)
		})
	}
}
