package d1_test

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

func TestMeta(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		var metas []d1.Meta
		ctx := d1.WithMeta(t.Context(), func(m d1.Meta) { metas = append(metas, m) })
		_, err := db.ExecContext(ctx, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
		require.NoError(t, err)
		require.Len(t, metas, 2)
		require.EqualValues(t, 2, metas[1].Changes)
		require.EqualValues(t, 2, metas[1].LastRowID)
		require.True(t, metas[1].ChangedDB)
		require.Positive(t, metas[1].SizeAfter)
		require.Contains(t, string(metas[1].Raw), `"changes"`)

		rows, err := db.QueryContext(ctx, "SELECT a FROM t; SELECT count(*) FROM t")
		require.NoError(t, err)
		require.Len(t, metas, 2, "the numbers follow the rows")
		for more := true; more; more = rows.NextResultSet() {
			for rows.Next() {
			}
		}
		require.NoError(t, rows.Close())
		require.Len(t, metas, 4)
		require.Zero(t, metas[3].Changes)
	})
}

// TestMetaOfRowsLeft: QueryRow closes the rows after the first one. What D1 counted
// is told all the same if it is near, and not by a goroutine that nobody expects.
func TestMetaOfRowsLeft(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 300) INSERT INTO t SELECT i FROM n")
		require.NoError(t, err)
		for _, test := range []struct {
			query string
			want  []int64 // rows read
		}{
			{"SELECT a FROM t LIMIT 1", []int64{1}},
			{"SELECT a FROM t LIMIT 101", []int64{101}}, // the first, and 100 by Close
			{"SELECT a FROM t", nil},
		} {
			var read []int64
			ctx := d1.WithMeta(t.Context(), func(m d1.Meta) { read = append(read, m.RowsRead) })
			var n int
			require.NoError(t, db.QueryRowContext(ctx, test.query).Scan(&n))
			require.Equal(t, 1, n)
			require.Equal(t, test.want, read, test.query)
		}

		ctx, cancel := context.WithCancel(t.Context())
		rows, err := db.QueryContext(d1.WithMeta(ctx, func(d1.Meta) { t.Error("called after the context ended") }), "SELECT a FROM t LIMIT 2")
		require.NoError(t, err)
		require.True(t, rows.Next())
		cancel()
		require.NoError(t, rows.Close())
	})
}

// TestMetaOfRowsLeftInTx: the end of a transaction closes its rows on a goroutine
// that the caller does not expect.
func TestMetaOfRowsLeftInTx(t *testing.T) {
	db := open(t, d1test.New(t).DSN())
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	require.NoError(t, err)
	rows, err := tx.QueryContext(d1.WithMeta(t.Context(), func(d1.Meta) { t.Error("called by another goroutine") }), "SELECT 1 UNION SELECT 2")
	require.NoError(t, err)
	require.True(t, rows.Next())
	cancel()
	require.NoError(t, rows.Close())
	require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 10*time.Second, time.Millisecond)
}

// TestMetaDoesNotWait: a response that stalls behind the row does not hold up
// QueryRow.
func TestMetaDoesNotWait(t *testing.T) {
	const start = `{"result":[{"results":{"columns":["a"],"rows":[[1],[2]`
	db := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, start)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	var n int
	ctx, cancel := context.WithTimeout(d1.WithMeta(t.Context(), func(d1.Meta) { t.Error("there is none") }), 20*time.Second)
	defer cancel()
	require.NoError(t, db.QueryRowContext(ctx, "SELECT a").Scan(&n))
	require.Equal(t, 1, n)
	require.NoError(t, ctx.Err())
}

func TestMetaKeepsUnknownKeys(t *testing.T) {
	const answer = `{"result":[{"results":{"columns":["a"],"rows":[]},"success":true,"meta":{"rows_read":3,"rows_written":4,"duration":1.5,
		"served_by_region":"WEUR","served_by_colo":"LHR","served_by_primary":true,"total_attempts":2,"changes":"many","new":{"x":[1]}}}],"success":true,"errors":[],"messages":[]}`
	db := serve(t, body(200, "application/json", answer))
	var m d1.Meta
	_, err := db.ExecContext(d1.WithMeta(t.Context(), func(got d1.Meta) { m = got }), "SELECT 1")
	require.NoError(t, err)
	require.EqualValues(t, 3, m.RowsRead)
	require.EqualValues(t, 4, m.RowsWritten)
	require.EqualValues(t, 1_500_000, m.Duration)
	require.Equal(t, "WEUR", m.ServedByRegion)
	require.Equal(t, "LHR", m.ServedByColo)
	require.True(t, m.ServedByPrimary)
	require.Contains(t, string(m.Raw), `"new":{"x":[1]}`)
}
