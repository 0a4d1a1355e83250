package d1_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTxReturningPlaceholders: RETURNING of one row may have placeholders, beside
// those of the statement.
func TestTxReturningPlaceholders(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v, at DEFAULT CURRENT_TIMESTAMP)")
		for _, text := range []string{
			"INSERT INTO t VALUES(NULL,?,?) RETURNING v||?, ?", "INSERT INTO t(v,at) VALUES(?,?) RETURNING v||?, ?", "INSERT INTO t(v) VALUES(?||substr(?,9)) RETURNING v||?, ?",
			"INSERT INTO t(v) VALUES(?1||substr(?2,9)) RETURNING v||?3, ?4", "INSERT INTO t(at) VALUES(substr(?2,9)) RETURNING ?1||?3, (SELECT ?4 WHERE at='')",
		} {
			tx := begin(t, db, nil)
			rows, err := read(tx, text, "a", "b", "c", 4)
			require.NoError(t, err, text)
			require.Equal(t, []string{"ac|4"}, rows, text)
			require.NoError(t, tx.Commit(), text)
		}
	})
}

// TestTxReturningExpressions: RETURNING of several rows gives what SQLite gives
// outside a transaction, and Commit finds the same.
func TestTxReturningExpressions(t *testing.T) {
	lists := []string{
		"*", "rowid, oid, _rowid_, OID+1, typed.oid", "n='6', '6'=n, n IN ('6','7'), n BETWEEN '5' AND '6', n=6.0", "r='1.0', r||'', typeof(r), r>'1'",
		"s=6, s='A', s='A' COLLATE BINARY, s IN ('A'), min(s,'B'), s||x", "x='6', x=6, typeof(x), x>5", "b=6, b='6', typeof(b)", "twice='12', twice, st=12, typeof(st)",
		"CASE n WHEN '6' THEN 'six' END, coalesce(n,0)='6', (n)='6', +n='6'", "typed.n, \"n\", typed.n='6', *, id='1'",
	}
	writes := []string{
		"UPDATE typed SET n=n", "UPDATE typed SET n='6',r=1,s=6,x='6',b=6", "UPDATE typed SET n=n+1,x=n", "UPDATE OR REPLACE typed SET id=2 WHERE id=1",
		"INSERT OR REPLACE INTO typed(id,n,r,s,x,b) VALUES(1,'6','1',6,6,6),(1,'x','y',x'00',NULL,'6'),(8,NULL,NULL,NULL,NULL,NULL)",
		"INSERT INTO typed(id,n) VALUES(1,6),(1,7),(9,'6') ON CONFLICT DO UPDATE SET n=excluded.n,x=excluded.n", "INSERT INTO typed(n,r,s,x,b) SELECT n,n,n,n,n FROM typed", "DELETE FROM typed", "DELETE FROM typed WHERE n='6'",
	}
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE typed(id INTEGER PRIMARY KEY, n INTEGER, r REAL, s TEXT COLLATE NOCASE, x, b BLOB, twice INT AS (n*2), st TEXT AS (n) STORED)",
			"CREATE TABLE log(n)", "CREATE TRIGGER typed_insert AFTER INSERT ON typed BEGIN INSERT INTO log VALUES(NEW.n); END", "CREATE TRIGGER typed_delete BEFORE DELETE ON typed BEGIN INSERT INTO log VALUES(OLD.n); END",
			"CREATE TABLE named(rowid TEXT, n INTEGER)", "CREATE TABLE keyed(k TEXT COLLATE NOCASE, n INTEGER, PRIMARY KEY(k, n)) WITHOUT ROWID")
		for _, write := range writes {
			for _, list := range lists {
				text := write + " RETURNING " + list
				restore := func() {
					run(t, db, "DELETE FROM typed", "INSERT INTO typed(id,n,r,s,x,b) VALUES(1,6,1,'a','6','6'),(2,5,1.5,'6',6,x'36'),(3,'x','y','A',NULL,6)")
				}
				restore()
				want, err := read(db, text)
				require.NoError(t, err, text)
				restore()
				tx := begin(t, db, nil)
				requireRows(t, tx, text, want...)
				require.NoError(t, tx.Commit(), text)
			}
		}
		tx := begin(t, db, nil)
		requireRows(t, tx, "INSERT INTO named VALUES('a',6),('b',5) RETURNING rowid, n='6', oid", "a|1|1", "b|0|2")
		requireRows(t, tx, "INSERT INTO keyed VALUES('a',6),('B','5') RETURNING k='A', n='6'", "1|1", "0|0")
		requireRows(t, tx, "UPDATE keyed AS y SET n=n+1 RETURNING keyed.k='b', n='6'", "0|0", "1|1")
		requireRows(t, tx, "INSERT INTO keyed AS y VALUES('c',6) RETURNING keyed.k='C', n='6'", "1|1")
		_, err := read(tx, "UPDATE keyed AS y SET n=n+1 RETURNING y.k")
		require.ErrorContains(t, err, "no such column: y.k") // so SQLite has it
		requireRows(t, tx, "DELETE FROM keyed RETURNING keyed.k, n='6'", "a|0", "B|1", "c|1")
		require.NoError(t, tx.Commit())
	})
}
