package compat_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync/atomic"
	"testing"

	"github.com/ngrok/sqlmw"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

type countingInterceptor struct {
	sqlmw.NullInterceptor
	execs atomic.Int64
}

func (c *countingInterceptor) ConnExecContext(ctx context.Context, conn driver.ExecerContext, query string, args []driver.NamedValue) (driver.Result, error) {
	c.execs.Add(1)
	return conn.ExecContext(ctx, query, args)
}

func testSqlmw(t *testing.T, e engine) {
	counter := &countingInterceptor{}
	db := sql.OpenDB(dsnConnector{sqlmw.Driver(&d1.Driver{}, counter), e.newDSN(t)})
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	program(t, db)
	batch(t, db)
	require.NotZero(t, counter.execs.Load())
}

// dsnConnector opens connections as sql.Open does with a driver that is no
// driver.DriverContext, but without a name registered for the whole process.
type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.driver }

// A wrapper that opens connections one by one must not look the database up for
// each of them.
func TestWrappedConnectionsShareConnector(t *testing.T) {
	srv := d1test.New(t)
	db := sql.OpenDB(dsnConnector{sqlmw.Driver(&d1.Driver{}, sqlmw.NullInterceptor{}), srv.DSNOf(srv.DatabaseName)})
	var conns []*sql.Conn
	for range 3 {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		require.NoError(t, conn.PingContext(t.Context()))
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
	require.NoError(t, db.PingContext(t.Context()))
	require.NoError(t, db.Close())
	lookups := 0
	for _, r := range srv.Requests() {
		if r.Method == "GET" {
			lookups++
		}
	}
	require.Equal(t, 1, lookups)
}
