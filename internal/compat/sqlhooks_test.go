package compat_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"

	"github.com/qustavo/sqlhooks/v2"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

type countingHooks struct{ before, after, failed atomic.Int64 }

func (h *countingHooks) Before(ctx context.Context, _ string, _ ...any) (context.Context, error) {
	h.before.Add(1)
	return ctx, nil
}

func (h *countingHooks) After(ctx context.Context, _ string, _ ...any) (context.Context, error) {
	h.after.Add(1)
	return ctx, nil
}

func (h *countingHooks) OnError(_ context.Context, err error, _ string, _ ...any) error {
	h.failed.Add(1)
	return err
}

func testSqlhooks(t *testing.T, e engine) {
	hooks := &countingHooks{}
	db := sql.OpenDB(dsnConnector{sqlhooks.Wrap(&d1.Driver{}, hooks), e.newDSN(t)})
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	program(t, db)
	require.Equal(t, hooks.before.Load(), hooks.after.Load()+hooks.failed.Load())

	// The hooks hide the driver's NamedValueChecker.
	var b d1.Batch
	_, err := b.Add("SELECT 1").Exec(t.Context(), db)
	require.ErrorContains(t, err, "unsupported type")
	_, err = db.ExecContext(t.Context(), "SELECT ?", uint64(1)<<63)
	require.Error(t, err)
}
