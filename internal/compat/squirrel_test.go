package compat_test

import (
	"testing"

	sq "github.com/Masterminds/squirrel"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

func testSquirrel(t *testing.T, e engine) {
	ctx := t.Context()
	db := e.open(t)
	_, err := db.ExecContext(ctx, usersSchema)
	require.NoError(t, err)

	run := sq.StatementBuilder.RunWith(sq.NewStmtCache(db))
	insert := run.Insert("users").Columns("email", "active", "score", "nickname", "avatar", "born")
	r, err := insert.Values(ada().values()...).Values(charles().values()...).ExecContext(ctx)
	require.NoError(t, err)
	n, err := r.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 2, n)

	var u user
	require.NoError(t, run.Select("id", "email", "active", "score", "nickname", "avatar", "born").From("users").
		Where(sq.And{sq.Eq{"email": []string{charles().Email, "x"}}, sq.Lt{"born": born}, sq.NotEq{"nickname": nil}}).
		QueryRowContext(ctx).Scan(&u.ID, &u.Email, &u.Active, &u.Score, &u.Nickname, &u.Avatar, &u.Born))
	requireUser(t, charles(), u)

	_, err = insert.Values(ada().values()...).ExecContext(ctx)
	require.ErrorIs(t, err, d1.ConstraintUnique)
	_, err = insert.Values(ada().values()...).Suffix("ON CONFLICT (email) DO UPDATE SET active = ?", false).ExecContext(ctx)
	require.NoError(t, err)

	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	var post int64
	require.NoError(t, sq.Insert("posts").SetMap(sq.Eq{"user_id": 1, "title": "Note G"}).Suffix("RETURNING id").
		RunWith(tx).QueryRowContext(ctx).Scan(&post))
	r, err = sq.Update("posts").Set("title", sq.Expr("title || ?", "!")).Where(sq.Eq{"id": post}).RunWith(tx).ExecContext(ctx)
	require.NoError(t, err)
	n, err = r.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.NoError(t, tx.Commit())

	var title string
	require.NoError(t, run.Select("p.title").From("users u").Join("posts p ON p.user_id = u.id").
		Where("u.active = ?", false).OrderBy("u.id").Limit(1).QueryRowContext(ctx).Scan(&title))
	require.Equal(t, "Note G!", title)
	// $1, as people who come from PostgreSQL have it.
	require.NoError(t, sq.Select("title").From("posts").Where("user_id = ? AND id = ?", 1, post).
		PlaceholderFormat(sq.Dollar).RunWith(db).QueryRowContext(ctx).Scan(&title))
	_, err = run.Delete("users").Where(sq.Eq{"id": 1}).ExecContext(ctx)
	require.NoError(t, err)
	require.NoError(t, run.Select("count(*)").From("posts").QueryRowContext(ctx).Scan(&n))
	require.Zero(t, n, "posts cascade")
}
