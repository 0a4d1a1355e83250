package compat_test

import (
	"database/sql"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

const insertUser = "INSERT INTO users (email, active, score, nickname, avatar, born) VALUES (?, ?, ?, ?, ?, ?)"

// values are the arguments of insertUser.
func (u user) values() []any {
	return []any{u.Email, u.Active, u.Score, u.Nickname, u.Avatar, u.Born}
}

// program is a program that uses database/sql alone, for what wraps a driver.
func program(t *testing.T, db *sql.DB) {
	ctx := t.Context()
	require.NoError(t, db.PingContext(ctx))
	_, err := db.ExecContext(ctx, usersSchema)
	require.NoError(t, err)
	for _, u := range []user{ada(), charles()} {
		_, err := db.ExecContext(ctx, insertUser, u.values()...)
		require.NoError(t, err)
	}

	t.Run("prepared and named", func(t *testing.T) {
		stmt, err := db.PrepareContext(ctx, "SELECT id, email, active, score, nickname, avatar, born FROM users WHERE email = :email")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, stmt.Close()) })
		for _, want := range []user{ada(), charles()} {
			var u user
			require.NoError(t, stmt.QueryRowContext(ctx, sql.Named("email", want.Email)).
				Scan(&u.ID, &u.Email, &u.Active, &u.Score, &u.Nickname, &u.Avatar, &u.Born))
			requireUser(t, want, u)
		}
		_, err = db.PrepareContext(ctx, "SELECT nope FROM users")
		require.ErrorIs(t, err, d1.CodeError)
	})

	t.Run("column types", func(t *testing.T) {
		rows, err := db.QueryContext(ctx, "SELECT id, email, score, nickname, avatar, born FROM users ORDER BY id")
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		dest := make([]any, len(types))
		for i, c := range types {
			if c.ScanType() != nil { // sqlmw does not pass it on
				dest[i] = reflect.New(c.ScanType()).Interface()
			} else {
				dest[i] = new(any)
			}
		}
		n := 0
		for ; rows.Next(); n++ {
			require.NoError(t, rows.Scan(dest...))
		}
		require.NoError(t, rows.Err())
		require.Equal(t, 2, n)
	})

	t.Run("text that is no UTF-8", func(t *testing.T) {
		_, err := db.ExecContext(ctx, "INSERT INTO users (email, active, avatar, born) VALUES ('x', 0, '\xff', 0)")
		require.ErrorIs(t, err, d1.ErrArguments)
	})

	t.Run("several results", func(t *testing.T) {
		rows, err := db.QueryContext(ctx, "SELECT 1; SELECT 2")
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		var n int
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(&n))
		require.False(t, rows.Next())
		require.True(t, rows.NextResultSet())
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(&n))
		require.Equal(t, 2, n)
	})

	t.Run("constraints", func(t *testing.T) {
		_, err := db.ExecContext(ctx, insertUser, ada().values()...)
		require.ErrorIs(t, err, d1.ConstraintUnique)
		var e *d1.Error
		require.ErrorAs(t, err, &e)
		_, err = db.ExecContext(ctx, "INSERT INTO posts (user_id, title) VALUES (4711, 'x')")
		require.ErrorIs(t, err, d1.ConstraintForeignKey)
	})

	t.Run("transaction", func(t *testing.T) {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		require.NoError(t, err)
		r, err := tx.ExecContext(ctx, "INSERT INTO posts (user_id, title) SELECT id, ? FROM users", "one each")
		require.NoError(t, err)
		n, err := r.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
		require.NoError(t, tx.QueryRowContext(ctx, "SELECT count(*) FROM posts").Scan(&n))
		require.EqualValues(t, 2, n)
		require.NoError(t, tx.Commit())

		tx, err = db.BeginTx(ctx, nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, "DELETE FROM users")
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())

		tx, err = db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, "DELETE FROM users")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		require.NoError(t, tx.QueryRowContext(ctx, "SELECT count(*) FROM posts").Scan(&n))
		require.EqualValues(t, 2, n)
		require.NoError(t, tx.Commit())
	})

	t.Run("BEGIN left open", func(t *testing.T) {
		// A connection that goes back to the pool inside a transaction must not
		// hand it to its next user.
		db.SetMaxOpenConns(1)
		defer db.SetMaxOpenConns(0)
		_, err := db.ExecContext(ctx, "BEGIN")
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "UPDATE posts SET title = 'changed'")
		require.NoError(t, err)
		var n int
		require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM posts WHERE title = 'changed'").Scan(&n))
		require.Equal(t, 2, n)
	})
}
