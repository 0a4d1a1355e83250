package compat_test

import (
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

func testSqlx(t *testing.T, e engine) {
	ctx := t.Context()
	db, err := sqlx.ConnectContext(ctx, "d1", e.newDSN(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(ctx, usersSchema)
	require.NoError(t, err)

	const insert = `INSERT INTO users (email, active, score, nickname, avatar, born)
		VALUES (:email, :active, :score, :nickname, :avatar, :born)`
	r, err := db.NamedExecContext(ctx, insert, ada())
	require.NoError(t, err)
	id, err := r.LastInsertId()
	require.NoError(t, err)
	require.EqualValues(t, 1, id)

	t.Run("read", func(t *testing.T) {
		var u user
		require.NoError(t, db.GetContext(ctx, &u, "SELECT * FROM users WHERE email = ?", ada().Email))
		requireUser(t, ada(), u)

		named, err := db.PrepareNamedContext(ctx, "SELECT * FROM users WHERE id = :id")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, named.Close()) })
		require.NoError(t, named.GetContext(ctx, &u, map[string]any{"id": 1}))
		requireUser(t, ada(), u)

		row := map[string]any{}
		require.NoError(t, db.QueryRowxContext(ctx, "SELECT id, nickname, born FROM users").MapScan(row))
		require.EqualValues(t, 1, row["id"])
		require.Nil(t, row["nickname"])
	})

	t.Run("bulk insert and In", func(t *testing.T) {
		_, err := db.NamedExecContext(ctx, `INSERT INTO users (email, active, born) VALUES (:email, :active, :born)`,
			[]user{{Email: "b1", Born: born}, {Email: "b2", Born: born}})
		require.NoError(t, err)
		query, args, err := sqlx.In("SELECT * FROM users WHERE email IN (?) ORDER BY id", []string{"b1", "b2", "nobody"})
		require.NoError(t, err)
		var list []user
		require.NoError(t, db.SelectContext(ctx, &list, db.Rebind(query), args...))
		require.Len(t, list, 2)
		require.Equal(t, "b2", list[1].Email)
		require.False(t, list[1].Score.Valid)
	})

	t.Run("transaction", func(t *testing.T) {
		tx, err := db.BeginTxx(ctx, nil)
		require.NoError(t, err)
		r, err := tx.NamedExecContext(ctx, insert, charles())
		require.NoError(t, err)
		id, err := r.LastInsertId()
		require.NoError(t, err)
		rows, err := tx.NamedQuery("INSERT INTO posts (user_id, title) VALUES (:u, :t) RETURNING id", map[string]any{"u": id, "t": "Engines"})
		require.NoError(t, err)
		require.True(t, rows.Next())
		require.NoError(t, rows.Close())
		var u user
		require.NoError(t, tx.GetContext(ctx, &u, "SELECT u.* FROM users u JOIN posts p ON p.user_id = u.id WHERE p.title = ?", "Engines"))
		requireUser(t, charles(), u)
		require.NoError(t, tx.Commit())

		tx, err = db.BeginTxx(ctx, nil)
		require.NoError(t, err)
		r, err = tx.ExecContext(ctx, "DELETE FROM posts")
		require.NoError(t, err)
		n, err := r.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		require.NoError(t, tx.Rollback())
		require.NoError(t, db.GetContext(ctx, &n, "SELECT count(*) FROM posts"))
		require.EqualValues(t, 1, n)
	})

	t.Run("constraints", func(t *testing.T) {
		_, err := db.NamedExecContext(ctx, insert, ada())
		require.ErrorIs(t, err, d1.ConstraintUnique)
		_, err = db.ExecContext(ctx, "INSERT INTO posts (user_id, title) VALUES (?, ?)", 4711, "x")
		require.ErrorIs(t, err, d1.ConstraintForeignKey)
	})

	t.Run("upsert, update, delete", func(t *testing.T) {
		_, err := db.ExecContext(ctx, `INSERT INTO users (email, active, born) VALUES (?, ?, ?)
			ON CONFLICT (email) DO UPDATE SET active = excluded.active`, ada().Email, false, born)
		require.NoError(t, err)
		var active bool
		require.NoError(t, db.GetContext(ctx, &active, "SELECT active FROM users WHERE id = 1"))
		require.False(t, active)
		r, err := db.NamedExecContext(ctx, "UPDATE users SET score = :s WHERE email LIKE 'b%'", map[string]any{"s": 7.5})
		require.NoError(t, err)
		n, _ := r.RowsAffected()
		require.EqualValues(t, 2, n)
		_, err = db.ExecContext(ctx, "DELETE FROM users WHERE email = ?", charles().Email)
		require.NoError(t, err)
		require.NoError(t, db.GetContext(ctx, &n, "SELECT count(*) FROM posts"))
		require.Zero(t, n, "posts cascade")
	})
}

// requireUser compares all but the id.
func requireUser(t testing.TB, want, got user) {
	t.Helper()
	require.True(t, want.Born.Equal(got.Born), "born: want %v, got %v", want.Born, got.Born)
	want.ID, want.Born = got.ID, got.Born
	require.Equal(t, want, got)
}
