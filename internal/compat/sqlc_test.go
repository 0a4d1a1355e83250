package compat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/internal/compat/sqlc"
)

func testSQLC(t *testing.T, e engine) {
	ctx := t.Context()
	db := e.open(t)
	_, err := db.ExecContext(ctx, usersSchema)
	require.NoError(t, err)

	q := sqlc.New(db)
	score := 2.0
	params := sqlc.CreateUserParams{Email: "ada", Active: true, Score: &score, Avatar: avatar, Born: born}
	ada, err := q.CreateUser(ctx, params)
	require.NoError(t, err)
	require.True(t, born.Equal(ada.Born))
	got, err := q.UserByEmail(ctx, "ada")
	require.NoError(t, err)
	require.Equal(t, ada, got)
	require.Equal(t, avatar, got.Avatar)
	require.Nil(t, got.Nickname)

	_, err = q.CreateUser(ctx, params)
	require.ErrorIs(t, err, d1.ConstraintUnique)
	_, err = q.AddPost(ctx, sqlc.AddPostParams{UserID: 4711, Title: "x"})
	require.ErrorIs(t, err, d1.ConstraintForeignKey)
	id, err := q.UpsertUser(ctx, sqlc.UpsertUserParams{Email: "ada", Born: born})
	require.NoError(t, err)
	require.Equal(t, ada.ID, id)

	prepared, err := sqlc.Prepare(ctx, db)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, prepared.Close()) })
	for _, commit := range []bool{true, false} {
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		q := prepared.WithTx(tx)
		_, err = q.AddPost(ctx, sqlc.AddPostParams{UserID: id, Title: "Note G"})
		require.NoError(t, err)
		nickname := "Countess"
		n, err := q.SetNickname(ctx, sqlc.SetNicknameParams{Nickname: &nickname, ID: id})
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		u, err := q.UpsertUser(ctx, sqlc.UpsertUserParams{Email: "b", Born: born})
		require.NoError(t, err)
		users, err := q.UsersIn(ctx, sqlc.UsersInParams{Ids: []int64{id, u, 99}, Born: born})
		require.NoError(t, err)
		require.Len(t, users, 2)
		require.Equal(t, nickname, *users[0].Nickname)
		if commit {
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, tx.Rollback())
		}
	}
	posts, err := prepared.PostsWithAuthor(ctx)
	require.NoError(t, err)
	require.Len(t, posts, 1)
	require.Equal(t, "ada", posts[0].User.Email)
	require.NoError(t, prepared.DeleteUser(ctx, id))
	n, err := prepared.CountPosts(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "posts cascade")
}
