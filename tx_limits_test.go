package d1_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
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

// TestTxReadInParts: an answer that comes in several requests is checked at Commit, even
// if it is all that the transaction has seen.
func TestTxReadInParts(t *testing.T) {
	var db *sql.DB
	parts, interfere := 0, false
	srv := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if bytes.Contains(body, []byte("_d1_rows")) {
				if parts++; parts == 2 && interfere {
					_, _ = db.Exec("UPDATE t SET n=n+1")
				}
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}))
	db = open(t, srv.DSN())
	// U+FFFD may stand for what was no UTF-8, so only a dry run tells, in hex.
	run(t, db, "CREATE TABLE t(n,long)", "INSERT INTO t VALUES(1,char(0xFFFD)||hex(zeroblob(150000))),(1,hex(zeroblob(150000)))")
	for _, interfere = range []bool{false, true} {
		parts = 0
		tx := begin(t, db, &sql.TxOptions{ReadOnly: true})
		rows, err := read(tx, "SELECT n,long FROM t")
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Equal(t, 2, parts)
		require.Equal(t, interfere, rows[0][:1] != rows[1][:1])
		if err = tx.Commit(); !interfere {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, d1.ErrTxConflict)
		}
	}
}
