package d1_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

var errStop = errors.New("stop")

// TestTrace: each request is reported once, with its kind and attempts, and
// without anything of its text.
func TestTrace(t *testing.T) {
	type event struct {
		r   d1.TraceRequest
		res d1.TraceResult
	}
	type key struct{}
	var events []event
	trace := &d1.Trace{
		Start: func(ctx context.Context, r d1.TraceRequest) context.Context { return context.WithValue(ctx, key{}, r) },
		End: func(ctx context.Context, r d1.TraceRequest, res d1.TraceResult) {
			require.Equal(t, r, ctx.Value(key{}))
			require.Positive(t, res.Duration)
			events = append(events, event{r, res})
		},
	}
	var fail atomic.Int64
	server := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if fail.Add(-1) >= 0 {
				http.Error(w, "oops", http.StatusBadGateway)
				return
			}
			next.ServeHTTP(w, r)
		})
	}))
	cfg, err := d1.ParseDSN(server.DSN())
	require.NoError(t, err)
	cfg.Trace, cfg.Prepare = trace, d1.PrepareLazy
	connector, err := d1.NewConnector(*cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer func() { require.NoError(t, db.Close()) }()
	take := func() event {
		t.Helper()
		require.Len(t, events, 1)
		e := events[0]
		events = nil
		return e
	}

	_, err = db.Exec("create table t (a); insert into t values (1), (2)")
	require.NoError(t, err)
	e := take()
	require.Equal(t, d1.TraceRequest{Kind: "BATCH", Statements: 2}, e.r)
	require.EqualValues(t, 2, e.res.Meta.Changes)
	require.Equal(t, 1, e.res.Attempts)

	rows, err := db.Query("/* x */ with q as (select 1) select a from t")
	require.NoError(t, err)
	require.Empty(t, events, "it ends with its rows")
	for rows.Next() {
	}
	require.NoError(t, rows.Close())
	e = take()
	require.Equal(t, d1.TraceRequest{Kind: "SELECT", Statements: 1}, e.r)
	require.EqualValues(t, 2, e.res.Meta.RowsRead)
	require.NoError(t, e.res.Err)

	fail.Store(2)
	require.Equal(t, 2, count(t, db, "SELECT count(*) FROM t"))
	require.Equal(t, 3, take().res.Attempts)

	_, err = db.Exec("INSERT INTO nope VALUES ('secret')")
	require.Error(t, err)
	e = take()
	require.Equal(t, "INSERT", e.r.Kind)
	require.Equal(t, err, e.res.Err)

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	_, err = connectorExec(ctx, connector, "DELETE FROM t")
	require.ErrorIs(t, err, context.Canceled)
	e = take()
	require.ErrorIs(t, e.res.Err, context.Canceled)

	tx, err := db.Begin()
	require.NoError(t, err)
	r, err := tx.Exec("INSERT INTO t VALUES ('secret')")
	require.NoError(t, err)
	_, err = r.RowsAffected()
	require.NoError(t, err)
	e = take()
	require.True(t, e.res.Meta.DryRun)
	require.NoError(t, e.res.Err)
	require.NoError(t, tx.Rollback())
	require.Empty(t, events)
}

// connectorExec executes on a connection of its own, past database/sql, which
// looks at the context first.
func connectorExec(ctx context.Context, c *d1.Connector, query string) (any, error) {
	conn, err := c.Connect(context.Background())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(interface {
		ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error)
	}).ExecContext(ctx, query, nil)
}
