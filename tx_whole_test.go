package d1_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// TestTxCallIsWhole: of a call with several statements that fails, nothing stays
// in the transaction.
func TestTxCallIsWhole(t *testing.T) {
	for name, call := range map[string]func(context.Context, *sql.Tx) error{
		"Query": func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.QueryContext(ctx, "INSERT INTO t VALUES (?); SELECT nope FROM t", 2)
			return err
		},
		"Batch.Query": func(ctx context.Context, tx *sql.Tx) error {
			_, err := new(d1.Batch).Add("INSERT INTO t VALUES (?)", 2).Add("SELECT nope").Query(ctx, tx)
			return err
		},
		"Exec": func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)")
			return err
		},
		"Batch.Exec": func(ctx context.Context, tx *sql.Tx) error {
			_, err := new(d1.Batch).Add("INSERT INTO t VALUES (2)").Add("INSERT INTO t VALUES (1)").Exec(ctx, tx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db *sql.DB) {
				_, err := db.Exec("CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
				require.NoError(t, err)
				tx, err := db.Begin()
				require.NoError(t, err)
				_, err = tx.Exec("INSERT INTO t VALUES (10)")
				require.NoError(t, err)
				require.Error(t, call(t.Context(), tx))
				_, err = tx.Exec("INSERT INTO t VALUES (11)")
				require.NoError(t, err)
				require.NoError(t, tx.Commit())
				var all string
				require.NoError(t, db.QueryRow("SELECT group_concat(a) FROM (SELECT a FROM t ORDER BY a)").Scan(&all))
				require.Equal(t, "1,10,11", all)
			}, "tx=eager")
		})
	}
}

// TestTxBatchResultsAfterCancel: results of a Batch may be asked while
// database/sql ends the transaction.
func TestTxBatchResultsAfterCancel(t *testing.T) {
	db := open(t, engines[0].dsn(t))
	_, err := db.Exec("CREATE TABLE t (a)")
	require.NoError(t, err)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		results, err := new(d1.Batch).Add("INSERT INTO t VALUES (1)").Add("DELETE FROM t").Exec(ctx, tx)
		require.NoError(t, err)
		cancel()
		_, err = results[0].RowsAffected()
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "d1: "), err.Error())
		}
		_ = tx.Rollback()
	}
}

// TestTxMetaMarksGuards: what Commit adds of its own is told apart.
func TestTxMetaMarksGuards(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (a)")
		require.NoError(t, err)
		var metas []d1.Meta
		tx, err := db.BeginTx(d1.WithMeta(t.Context(), func(m d1.Meta) { metas = append(metas, m) }), nil)
		require.NoError(t, err)
		var n int
		require.NoError(t, tx.QueryRow("SELECT count(*) FROM t").Scan(&n))
		_, err = tx.Exec("INSERT INTO t VALUES (1), (2)")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		require.Len(t, metas, 2)
		require.True(t, metas[0].Guard)
		require.False(t, metas[1].Guard)
		require.EqualValues(t, 2, metas[1].Changes)
	})
}

// TestTxLargeRead: numbers take less room in a dry run than in an ordinary
// response, so that a read before the first write is limited no lower than one
// behind it.
func TestTxLargeRead(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (a); INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?) SELECT i FROM n", largeRead)
		require.NoError(t, err)
		tx, err := db.Begin()
		require.NoError(t, err)
		defer tx.Rollback()
		r, err := tx.Query("SELECT a, a FROM t")
		require.NoError(t, err)
		n := 0
		for r.Next() {
			n++
		}
		require.NoError(t, r.Err())
		require.Equal(t, largeRead, n)
	})
}
