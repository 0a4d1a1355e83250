package sqlite3

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// Data source names mean what they mean to a SQLite driver.
func TestNames(t *testing.T) {
	server := d1test.New(t)
	t.Setenv(Env, server.DSN())
	open := func(driver, name string) *sql.DB {
		db, err := sql.Open(driver, name)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db
	}
	file := filepath.Join(t.TempDir(), "test.db")
	for _, tc := range []struct {
		first, second string
		same          bool
	}{
		{":memory:", ":memory:", false},
		{"file::memory:", "file::memory:?cache=shared", false},
		{"file:a?mode=memory&cache=shared", "file:a?mode=memory", true},
		{"file:a?mode=memory", "file:b?mode=memory", false},
		{file, "file:" + file + "?_foreign_keys=1", true},
		{file, file + "2", false},
	} {
		first, second := open("sqlite3", tc.first), open("sqlite", tc.second)
		_, err := first.ExecContext(t.Context(), "CREATE TABLE t (a)")
		require.NoError(t, err, tc.first)
		_, err = second.ExecContext(t.Context(), "DROP TABLE t")
		if tc.same {
			require.NoError(t, err, "%s %s", tc.first, tc.second)
		} else {
			require.ErrorContains(t, err, "no such table", "%s %s", tc.first, tc.second)
			require.ErrorIs(t, err, d1.CodeError)
			_, err = first.ExecContext(t.Context(), "DROP TABLE t")
			require.NoError(t, err)
		}
	}

	_, err := open("sqlite3", file).ExecContext(t.Context(), "CREATE TABLE t (a)")
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	_, err = open("sqlite3", file).ExecContext(t.Context(), "CREATE TABLE t (a)")
	require.NoError(t, err, "the file was removed, and its database with it")
}

func TestErrors(t *testing.T) {
	t.Setenv(Env, "")
	_, err := sql.Open("sqlite3", ":memory:")
	require.ErrorContains(t, err, Env)
	require.ErrorIs(t, err, d1.ErrInvalidConfig)

	t.Setenv(Env, d1test.New(t).DSN())
	_, err = sql.Open("sqlite3", filepath.Join(t.TempDir(), "no such folder", "test.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = sql.Open("sqlite3", "a?%zz")
	require.ErrorContains(t, err, "options of")
}
