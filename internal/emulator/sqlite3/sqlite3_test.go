package sqlite3

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"
)

func open(t *testing.T) *Conn {
	t.Helper()
	c, err := Open(":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// next compiles the only statement of sql.
func next(t *testing.T, c *Conn, sql string) *Stmt {
	t.Helper()
	source, err := c.Source(sql)
	require.NoError(t, err)
	defer source.Close()
	stmt, err := source.Next()
	require.NoError(t, err)
	require.NotNil(t, stmt)
	t.Cleanup(stmt.Finalize)
	return stmt
}

func TestSource(t *testing.T) {
	c := open(t)
	source, err := c.Source("CREATE TABLE t (a); SELECT * FROM t; -- end")
	require.NoError(t, err)
	defer source.Close()
	for _, rest := range []string{" SELECT * FROM t; -- end", " -- end"} {
		stmt, err := source.Next() // the second needs what the first one makes
		require.NoError(t, err)
		require.Equal(t, rest, source.Rest())
		_, err = stmt.Step()
		require.NoError(t, err)
		stmt.Finalize()
	}
	stmt, err := source.Next()
	require.NoError(t, err)
	require.Nil(t, stmt)
	require.Empty(t, source.Rest())
}

func TestValues(t *testing.T) {
	c := open(t)
	stmt := next(t, c, "SELECT ?1 AS a, ?2 AS a, ?3, ?4, ?5, 9007199254740993")
	require.Equal(t, 5, stmt.ParameterCount())
	require.NoError(t, stmt.BindNull(1))
	require.NoError(t, stmt.BindFloat(2, 1))
	require.NoError(t, stmt.BindText(3, "a\x00é"))
	require.NoError(t, stmt.BindBlob(4, []byte{0, 255}))
	require.NoError(t, stmt.BindBlob(5, nil))
	row, err := stmt.Step()
	require.NoError(t, err)
	require.True(t, row)
	require.Equal(t, 6, stmt.ColumnCount())
	require.Equal(t, "a", stmt.ColumnName(0))
	require.Equal(t, "a", stmt.ColumnName(1))
	for i, want := range []int32{
		lib.SQLITE_NULL, lib.SQLITE_FLOAT, lib.SQLITE_TEXT, lib.SQLITE_BLOB, lib.SQLITE_BLOB, lib.SQLITE_INTEGER,
	} {
		require.Equal(t, want, stmt.ColumnType(i), i)
	}
	require.Equal(t, 1.0, stmt.ColumnFloat(1))
	require.Equal(t, "a\x00é", string(stmt.ColumnText(2)))
	require.Equal(t, []byte{0, 255}, stmt.ColumnBlob(3))
	require.Empty(t, stmt.ColumnBlob(4))
	require.Equal(t, int64(9007199254740993), stmt.ColumnInt64(5))
	row, err = stmt.Step()
	require.NoError(t, err)
	require.False(t, row)
	require.Error(t, stmt.BindNull(6), "no such parameter")
}

func TestErrorDetails(t *testing.T) {
	c := open(t)
	require.NoError(t, c.Exec("CREATE TABLE t (a UNIQUE)"))
	require.NoError(t, c.Exec("INSERT INTO t VALUES (1)"))
	for sql, want := range map[string]*Error{
		"SELECT nope":              {Code: lib.SQLITE_ERROR, Message: "no such column: nope", Offset: 7},
		"INSERT INTO t VALUES (1)": {Code: lib.SQLITE_CONSTRAINT_UNIQUE, Message: "UNIQUE constraint failed: t.a", Offset: -1},
	} {
		var got *Error
		require.True(t, errors.As(c.Exec(sql), &got), sql)
		require.Equal(t, want, got)
		require.Equal(t, want.Code&0xff, got.Primary())
	}
}

func TestCounters(t *testing.T) {
	c := open(t)
	require.NoError(t, c.Exec("CREATE TABLE t (a)"))
	require.Zero(t, c.LastInsertRowID())
	require.NoError(t, c.Exec("BEGIN"))
	require.True(t, c.InTransaction())
	require.NoError(t, c.Exec("INSERT INTO t VALUES (1), (2)"))
	require.NoError(t, c.Exec("COMMIT"))
	require.False(t, c.InTransaction())
	require.Equal(t, int64(2), c.TotalChanges())
	require.Equal(t, int64(2), c.LastInsertRowID())
	c.SetLastInsertRowID(0)
	require.Zero(t, c.LastInsertRowID())
}

func TestInterrupt(t *testing.T) {
	c := open(t)
	const endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
	done := make(chan error)
	go func() { done <- c.Exec(endless) }()
	c.Interrupt()
	var err *Error
	require.True(t, errors.As(<-done, &err))
	require.Equal(t, int32(lib.SQLITE_INTERRUPT), err.Code)
	require.Error(t, c.Exec("SELECT 1"), "until it is cleared")
	c.ClearInterrupt()
	require.NoError(t, c.Exec("BEGIN"))
	c.Interrupt()
	require.Error(t, c.Exec("ROLLBACK"))
	require.NoError(t, c.Rollback())
	require.False(t, c.InTransaction())
	c.ClearInterrupt()
	require.NoError(t, c.Exec("SELECT 1"))
}

func TestAuthorizer(t *testing.T) {
	c := open(t)
	require.NoError(t, c.Exec("CREATE TABLE t (a)"))
	var seen []Action
	c.SetAuthorizer(func(a Action) bool {
		seen = append(seen, a)
		return a.Code != lib.SQLITE_READ
	})
	require.ErrorContains(t, c.Exec("SELECT a FROM t"), "prohibited")
	require.Contains(t, seen, Action{Code: lib.SQLITE_READ, Arg1: "t", Arg2: "a", HasArg2: true, Database: "main"})
	c.SetAuthorizer(nil)
	require.NoError(t, c.Exec("SELECT a FROM t"))
}

func TestOptions(t *testing.T) {
	c := open(t)
	n, err := c.QueryInt(`SELECT "x" = 'x'`)
	require.NoError(t, err)
	require.Equal(t, int64(1), n, "double-quoted strings are on")
	require.NoError(t, c.Config(lib.SQLITE_DBCONFIG_DQS_DML, false))
	require.Error(t, c.Exec(`SELECT "x" = 'x'`))
	require.NoError(t, c.Exec("SELECT * FROM dbstat"))
	require.NoError(t, c.DropModule("dbstat"))
	require.ErrorContains(t, c.Exec("SELECT * FROM dbstat"), "no such table")
	c.Limit(lib.SQLITE_LIMIT_COLUMN, 1)
	require.Error(t, c.Exec("SELECT 1, 2"))
}

func TestOpenErrors(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "missing", "x.sqlite"))
	require.ErrorContains(t, err, "unable to open database file")
}
