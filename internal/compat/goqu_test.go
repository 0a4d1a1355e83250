package compat_test

import (
	"testing"

	"github.com/doug-martin/goqu/v9"
	_ "github.com/doug-martin/goqu/v9/dialect/sqlite3"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

func testGoqu(t *testing.T, e engine) {
	ctx := t.Context()
	pool := e.open(t)
	_, err := pool.ExecContext(ctx, usersSchema)
	require.NoError(t, err)
	db := goqu.New("sqlite3", pool)

	users := db.From("users").Prepared(true)
	_, err = db.Insert("users").Prepared(true).Rows(ada(), charles()).Executor().ExecContext(ctx)
	require.NoError(t, err)

	var list []user
	require.NoError(t, users.Order(goqu.C("id").Asc()).ScanStructsContext(ctx, &list))
	require.Len(t, list, 2)
	requireUser(t, ada(), list[0])
	requireUser(t, charles(), list[1])
	var u user
	found, err := users.Where(goqu.Ex{"active": true, "email": goqu.Op{"like": "ada%"}}).ScanStructContext(ctx, &u)
	require.NoError(t, err)
	require.True(t, found)
	requireUser(t, ada(), u)
	n, err := users.Where(goqu.C("nickname").IsNull()).CountContext(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)

	_, err = db.Insert("users").Prepared(true).Rows(ada()).Executor().ExecContext(ctx)
	require.ErrorIs(t, err, d1.ConstraintUnique)
	_, err = db.Insert("users").Prepared(true).Rows(ada()).
		OnConflict(goqu.DoUpdate("email", goqu.Record{"active": false})).Executor().ExecContext(ctx)
	require.NoError(t, err)

	require.NoError(t, db.WithTx(func(tx *goqu.TxDatabase) error {
		if _, err := tx.Insert("posts").Prepared(true).Rows(goqu.Record{"user_id": 1, "title": "Note G"}).Executor().ExecContext(ctx); err != nil {
			return err
		}
		// The dialect leaves RETURNING out, without an error.
		r, err := tx.Update("posts").Prepared(true).Set(goqu.Record{"title": goqu.L("title || ?", "!")}).Executor().ExecContext(ctx)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		require.EqualValues(t, 1, n)
		return err
	}))
	var titles []string
	require.NoError(t, db.From(goqu.T("users").As("u")).Prepared(true).
		Join(goqu.T("posts").As("p"), goqu.On(goqu.I("p.user_id").Eq(goqu.I("u.id")))).
		Select("p.title").Where(goqu.I("u.active").IsFalse()).ScanValsContext(ctx, &titles))
	require.Equal(t, []string{"Note G!"}, titles)
	_, err = db.Delete("users").Prepared(true).Where(goqu.C("id").Eq(1)).Executor().ExecContext(ctx)
	require.NoError(t, err)
	n, err = db.From("posts").CountContext(ctx)
	require.NoError(t, err)
	require.Zero(t, n, "posts cascade")

	// Without Prepared goqu writes values into the text, and a blob as 'text'
	// whose bytes it changes where they are no UTF-8.
	plain := ada()
	plain.Avatar = []byte("ASCII")
	_, err = db.Insert("users").Rows(plain).Executor().ExecContext(ctx)
	require.NoError(t, err)
	found, err = users.Order(goqu.C("id").Desc()).ScanStructContext(ctx, &u)
	require.NoError(t, err)
	require.True(t, found)
	requireUser(t, plain, u)
}
