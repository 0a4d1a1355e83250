package extras

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// emulated is a client for the first database of a server.
func emulated(t *testing.T, srv *d1test.Server) *Client {
	t.Helper()
	cfg, err := d1.ParseDSN(srv.DSN())
	require.NoError(t, err)
	c, err := Open(*cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func openDB(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("d1", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestFromDB(t *testing.T) {
	srv := d1test.New(t)
	db := openDB(t, srv.DSNOf(srv.DatabaseName))
	c, err := FromDB(db)
	require.NoError(t, err)
	require.Empty(t, srv.Requests(), "nothing is sent")
	id, err := c.DatabaseID(t.Context())
	require.NoError(t, err)
	require.Equal(t, srv.DatabaseID, id)
	results, err := c.Raw(t.Context(), Statement{SQL: "SELECT 1"})
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(1)}}, results[0].Rows)
	require.NoError(t, c.Close())
	require.NoError(t, db.PingContext(t.Context()), "the client does not close what it does not own")
}

// wrapper hides a driver as tracing wrappers do: what it forwards is what
// database/sql defines, and no more.
type wrapper struct{ driver.Connector }

func (w wrapper) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.Connector.Connect(ctx)
	return wrapped{c}, err
}

func (w wrapper) Driver() driver.Driver { return nil }

func (w wrapper) Close() error { return w.Connector.(io.Closer).Close() }

type wrapped struct{ driver.Conn }

func (w wrapped) CheckNamedValue(nv *driver.NamedValue) error {
	return w.Conn.(driver.NamedValueChecker).CheckNamedValue(nv)
}

func (w wrapped) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return w.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func TestFromWrappedDB(t *testing.T) {
	srv := d1test.New(t)
	cfg, err := d1.ParseDSN(srv.DSN())
	require.NoError(t, err)
	connector, err := d1.NewConnector(*cfg)
	require.NoError(t, err)
	db := sql.OpenDB(wrapper{connector})
	defer db.Close()
	c, err := FromDB(db)
	require.NoError(t, err)
	_, err = c.Get(t.Context(), srv.DatabaseID)
	require.NoError(t, err)
}

func TestFromOtherDB(t *testing.T) {
	mock, expect, err := sqlmock.New()
	require.NoError(t, err)
	expect.ExpectClose()
	closed := openDB(t, d1test.New(t).DSN())
	require.NoError(t, closed.Close())
	for name, tt := range map[string]struct {
		db   *sql.DB
		want string
	}{
		"sqlmock": {mock, "not opened with the driver d1, but with *sqlmock.mockDriver"},
		"closed":  {closed, "closed"},
		"nil":     {nil, "no sql.DB"},
	} {
		_, err := FromDB(tt.db)
		var e *d1.Error
		require.ErrorAs(t, err, &e, name)
		require.ErrorIs(t, err, d1.ErrInvalidConfig, name)
		require.ErrorContains(t, err, tt.want, name)
	}
	require.NoError(t, mock.Close())
	require.NoError(t, expect.ExpectationsWereMet())
}

func TestOpen(t *testing.T) {
	srv := d1test.New(t)
	account := d1.Config{AccountID: srv.AccountID, APIToken: srv.Token, Endpoint: srv.URL}
	c, err := Open(account)
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Get(t.Context(), srv.DatabaseName)
	require.NoError(t, err)
	srv.Reset()
	for name, do := range map[string]func() error{
		"DatabaseID": func() error { _, err := c.DatabaseID(t.Context()); return err },
		"Raw":        func() error { _, err := c.Raw(t.Context(), Statement{SQL: "SELECT 1"}); return err },
		"Export":     func() error { _, err := c.Export(t.Context(), io.Discard, ExportOptions{}); return err },
		"Bookmark":   func() error { _, err := c.Bookmark(t.Context()); return err },
	} {
		require.ErrorIs(t, do(), d1.ErrInvalidConfig, name)
	}
	require.Empty(t, srv.Requests(), "nothing is sent")

	_, err = Open(d1.Config{AccountID: "a", APIToken: "t", Endpoint: "http://example.com"})
	require.ErrorIs(t, err, d1.ErrInvalidConfig)

	account.APIToken, account.Database = "wrong-token", "x"
	wrong, err := Open(account)
	require.NoError(t, err)
	defer wrong.Close()
	_, err = wrong.Bookmark(t.Context())
	require.ErrorIs(t, err, d1.ErrUnauthorized)
	for _, text := range []string{fmt.Sprint(wrong), fmt.Sprintf("%+v %#v %s %q", wrong, wrong, wrong, wrong), err.Error()} {
		require.NotContains(t, text, "wrong-token")
	}
}
