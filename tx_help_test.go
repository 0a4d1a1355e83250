package d1_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/extras/d1test"
)

// counted opens a database on an emulator whose requests can be counted, runs
// the set-up statements on it, and forgets their requests.
func counted(t testing.TB, setup []string, options ...string) (*d1test.Server, *sql.DB) {
	t.Helper()
	srv := d1test.New(t)
	db := open(t, srv.DSN(), options...)
	run(t, db, setup...)
	srv.Reset()
	return srv, db
}

// execer is a *sql.DB, *sql.Conn or *sql.Tx.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// run executes statements that must succeed.
func run(t testing.TB, on execer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		_, err := on.ExecContext(t.Context(), text)
		require.NoError(t, err, text)
	}
}

// read queries rows, one text for each: the values separated by |.
func read(on execer, query string, args ...any) ([]string, error) {
	rows, err := on.QueryContext(context.Background(), query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	cells, pointers := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		pointers[i] = &cells[i]
	}
	list := []string{}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return nil, err
		}
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = fmt.Sprint(c)
		}
		list = append(list, strings.Join(texts, "|"))
	}
	return list, rows.Err()
}

// requireRows compares the rows of a query.
func requireRows(t testing.TB, on execer, query string, want ...string) {
	t.Helper()
	got, err := read(on, query)
	require.NoError(t, err, query)
	if want == nil {
		want = []string{}
	}
	require.Equal(t, want, got, query)
}

func begin(t testing.TB, db *sql.DB, opts *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() }) // after Commit it does nothing
	return tx
}
