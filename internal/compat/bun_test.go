package compat_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/d1go/d1"
)

type bunUser struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID       int64           `bun:",pk,autoincrement"`
	Email    string          `bun:",unique,notnull"`
	Active   bool            `bun:",notnull"`
	Score    sql.NullFloat64 `bun:"score"`
	Nickname *string
	Avatar   []byte
	Tags     []string `bun:",nullzero"` // JSON text in SQLite
	Born     time.Time
	Created  time.Time  `bun:",nullzero,notnull,default:current_timestamp"`
	Posts    []*bunPost `bun:"rel:has-many,join:id=user_id"`
}

type bunPost struct {
	bun.BaseModel `bun:"table:posts,alias:p"`

	ID     int64 `bun:",pk,autoincrement"`
	UserID int64
	Title  string   `bun:",notnull"`
	Author *bunUser `bun:"rel:belongs-to,join:user_id=id"`
}

func testBun(t *testing.T, e engine) {
	ctx := t.Context()
	db := bun.NewDB(e.open(t), sqlitedialect.New())
	_, err := db.NewCreateTable().Model((*bunUser)(nil)).IfNotExists().Exec(ctx)
	require.NoError(t, err)
	_, err = db.NewCreateTable().Model((*bunPost)(nil)).
		ForeignKey(`("user_id") REFERENCES "users" ("id") ON DELETE CASCADE`).Exec(ctx)
	require.NoError(t, err)
	_, err = db.NewCreateIndex().Model((*bunPost)(nil)).Index("posts_by_title").Column("title").Exec(ctx)
	require.NoError(t, err)

	// bun writes values into the text, so that only the types it reads are the
	// driver's.
	ada := &bunUser{Email: "ada@example.com", Active: true, Score: sql.NullFloat64{Float64: 2, Valid: true}, Avatar: avatar, Tags: []string{"a", "b"}, Born: born}
	_, err = db.NewInsert().Model(ada).Exec(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, ada.ID, "RETURNING")
	require.False(t, ada.Created.IsZero(), "RETURNING of a default")
	_, err = db.NewInsert().Model(&[]bunPost{{UserID: ada.ID, Title: "Note G"}, {UserID: ada.ID, Title: "Note A"}}).Exec(ctx)
	require.NoError(t, err)

	t.Run("read", func(t *testing.T) {
		var got bunUser
		require.NoError(t, db.NewSelect().Model(&got).Relation("Posts", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Order("p.id")
		}).Where("u.email = ?", ada.Email).Scan(ctx))
		require.WithinDuration(t, born, got.Born, time.Microsecond) // bun writes microseconds
		require.True(t, ada.Created.Equal(got.Created))
		require.Equal(t, avatar, got.Avatar)
		require.Equal(t, []string{"a", "b"}, got.Tags)
		require.Nil(t, got.Nickname)
		require.True(t, got.Active)
		require.Equal(t, ada.Score, got.Score)
		require.Len(t, got.Posts, 2)
		var post bunPost
		require.NoError(t, db.NewSelect().Model(&post).Relation("Author").Where("p.title = ?", "Note A").Scan(ctx))
		require.Equal(t, ada.Email, post.Author.Email)
		require.WithinDuration(t, born, post.Author.Born, time.Microsecond)
		var rows []map[string]any
		require.NoError(t, db.NewSelect().Table("users").Scan(ctx, &rows))
		require.IsType(t, time.Time{}, rows[0]["born"])
		n, err := db.NewSelect().Model((*bunPost)(nil)).Where("p.title IN (?)", bun.List([]string{"Note G", "x"})).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	})

	t.Run("update and upsert", func(t *testing.T) {
		again := &bunUser{Email: ada.Email, Active: false, Born: born}
		_, err := db.NewInsert().Model(again).On("CONFLICT (email) DO UPDATE").Set("active = EXCLUDED.active").Exec(ctx)
		require.NoError(t, err)
		require.Equal(t, ada.ID, again.ID)
		r, err := db.NewUpdate().Model((*bunPost)(nil)).Set("title = upper(title)").Where("user_id = ?", ada.ID).Exec(ctx)
		require.NoError(t, err)
		n, err := r.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
		posts := []bunPost{{ID: 1, Title: "one"}, {ID: 2, Title: "two"}}
		_, err = db.NewUpdate().Model(&posts).Column("title").Bulk().Exec(ctx)
		require.NoError(t, err)
	})

	t.Run("constraints", func(t *testing.T) {
		// bun has no errors of its own for constraints.
		_, err := db.NewInsert().Model(&bunUser{Email: ada.Email, Born: born}).Exec(ctx)
		require.ErrorIs(t, err, d1.ConstraintUnique)
		_, err = db.NewInsert().Model(&bunPost{UserID: 4711, Title: "x"}).Exec(ctx)
		require.ErrorIs(t, err, d1.ConstraintForeignKey)
	})

	t.Run("transactions", func(t *testing.T) {
		// A zero Created would be left to the database and read back by RETURNING,
		// and the transaction conflicts with itself if the second changes before
		// it commits. So it is set here, as programs should do.
		newUser := func(email string) *bunUser { return &bunUser{Email: email, Born: born, Created: born} }
		oops := errors.New("oops")
		require.NoError(t, db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			outer := newUser("outer")
			_, err := tx.NewInsert().Model(outer).Exec(ctx)
			require.NoError(t, err)
			require.NotZero(t, outer.ID)
			// Nested ones are savepoints.
			require.ErrorIs(t, tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewInsert().Model(newUser("inner")).Exec(ctx)
				require.NoError(t, err)
				return oops
			}), oops)
			require.ErrorIs(t, tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewInsert().Model(newUser("outer")).Exec(ctx)
				return err
			}), d1.ConstraintUnique)
			require.NoError(t, tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewInsert().Model(&bunPost{UserID: outer.ID, Title: "nested"}).Exec(ctx)
				return err
			}))
			emails := []string{}
			require.NoError(t, tx.NewSelect().Model((*bunUser)(nil)).Column("email").Order("id").Scan(ctx, &emails))
			require.Equal(t, []string{ada.Email, "outer"}, emails)
			return nil
		}))
		n, err := db.NewSelect().Model((*bunPost)(nil)).Where("title = 'nested'").Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, n)

		require.ErrorIs(t, db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewDelete().Model((*bunPost)(nil)).Where("1 = 1").Exec(ctx)
			require.NoError(t, err)
			return oops
		}), oops)
		n, err = db.NewSelect().Model((*bunPost)(nil)).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
	})

	t.Run("delete", func(t *testing.T) {
		var gone []string
		_, err := db.NewDelete().Model((*bunUser)(nil)).Where("id = ?", ada.ID).Returning("email").Exec(ctx, &gone)
		require.NoError(t, err)
		require.Equal(t, []string{ada.Email}, gone)
		n, err := db.NewSelect().Model((*bunPost)(nil)).Where("user_id = ?", ada.ID).Count(ctx)
		require.NoError(t, err)
		require.Zero(t, n, "posts cascade")
	})
}
