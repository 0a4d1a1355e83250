package d1_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// TestTxLimits: what is too large is refused with the numbers, when it is logged
// or asked, and nothing of it stays.
func TestTxLimits(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		tx := begin(t, db, nil)
		long := func(n int) string { return "/*" + strings.Repeat("x", n) + "*/" }
		_, err := tx.Exec("DELETE FROM t WHERE id=5 AND " + long(100_000) + " 1")
		require.ErrorIs(t, err, d1.ErrArguments)
		run(t, tx, "DELETE FROM t WHERE id=5 AND "+long(99_000)+" 1")
		for _, text := range []string{
			"SELECT 1 " + long(99_600) + " AS x",
			"INSERT INTO t(id) VALUES(3" + long(99_000) + ") RETURNING id",
			"UPDATE t SET v=1 WHERE " + long(99_000) + " 1 RETURNING id",
		} {
			_, err := read(tx, text)
			require.ErrorIs(t, err, d1.ErrTxUnanswered)
			require.ErrorContains(t, err, "100000")
		}
		many := make([]string, 101)
		for i := range many {
			many[i] = fmt.Sprint(i)
		}
		_, err = read(tx, "SELECT "+strings.Join(many[:100], ","))
		require.ErrorIs(t, err, d1.ErrTxUnanswered)
		require.ErrorContains(t, err, "99 columns")
		requireRows(t, tx, "SELECT "+strings.Join(many[:99], ","), strings.Join(many[:99], "|"))

		// An answer of several messages, and one that a guard could not compare.
		_, err = tx.Exec("WITH RECURSIVE c(i) AS (VALUES(100) UNION ALL SELECT i+1 FROM c WHERE i<?) INSERT INTO t(id,v) SELECT i,hex(zeroblob(5000)) FROM c", 175)
		require.NoError(t, err)
		rows, err := read(tx, "SELECT id,v FROM t WHERE id>=100 ORDER BY id") // hex doubles: 1.5 MB
		require.NoError(t, err)
		require.Len(t, rows, 76)
		require.Equal(t, "175|"+strings.Repeat("0", 10_000), rows[75])
		_, err = read(tx, "SELECT a.v FROM t AS a, t AS b WHERE a.id>=100 AND b.id<=2")
		require.ErrorIs(t, err, d1.ErrTxUnanswered)
		require.ErrorContains(t, err, "1900000 bytes")
		requireRows(t, tx, "SELECT count(*) FROM t", "78")
		require.NoError(t, tx.Commit())

		tx = begin(t, db, nil)
		_, err = read(tx, "SELECT a.v FROM t AS a, t AS b WHERE a.id>=100 AND b.id<=2")
		require.ErrorIs(t, err, d1.ErrTxUnanswered)
		require.ErrorContains(t, err, "LevelReadCommitted")
		_, err = read(tx, "SELECT 1 "+long(99_000)+" AS x")
		require.ErrorContains(t, err, "100000")
		requireRows(t, tx, "SELECT count(*) FROM t", "78")
		require.NoError(t, tx.Commit())
		tx = begin(t, db, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		rows, err = read(tx, "SELECT a.v FROM t AS a, t AS b WHERE a.id>=100 AND b.id<=2")
		require.NoError(t, err)
		require.Len(t, rows, 152)
		require.NoError(t, tx.Commit())
	})
}
