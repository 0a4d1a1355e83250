package compat_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/go-rel/rel"
	"github.com/go-rel/rel/where"
	relsql "github.com/go-rel/sql"
	"github.com/go-rel/sql/builder"
	"github.com/go-rel/sqlite3"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

type relUser struct {
	ID        int
	Email     string
	Active    bool
	Score     *float64
	Avatar    []byte
	Born      time.Time
	CreatedAt time.Time
	Posts     []relPost `ref:"id" fk:"user_id" autosave:"true"`
}

func (relUser) Table() string { return "users" }

type relPost struct {
	ID     int
	UserID int
	Title  string
}

func (relPost) Table() string { return "posts" }

func testRel(t *testing.T, e engine) {
	ctx := t.Context()
	adapter := relAdapter(e.open(t))
	repo := rel.New(adapter)
	repo.Instrumentation(func(context.Context, string, string, ...any) func(error) { return func(error) {} })

	var s rel.Schema
	s.CreateTable("users", func(t *rel.Table) {
		t.ID("id")
		t.String("email", rel.Unique(true))
		t.Bool("active")
		t.Float("score")
		t.Column("avatar", "BLOB")
		t.DateTime("born")
		t.DateTime("created_at")
	})
	s.CreateTable("posts", func(t *rel.Table) {
		t.ID("id")
		t.Int("user_id", rel.Unsigned(true))
		t.String("title")
		t.ForeignKey("user_id", "users", "id", rel.OnDelete("CASCADE"))
	})
	s.CreateIndex("posts", "posts_by_title", []string{"title"})
	for _, m := range s.Migrations {
		require.NoError(t, adapter.Apply(ctx, m))
	}

	ada := relUser{Email: "ada@example.com", Active: true, Avatar: avatar, Born: born, Posts: []relPost{{Title: "Note A"}, {Title: "Note G"}}}
	require.NoError(t, repo.Insert(ctx, &ada))
	require.Equal(t, 1, ada.ID)
	require.NotZero(t, ada.Posts[1].ID)

	var got relUser
	require.NoError(t, repo.Find(ctx, &got, where.Eq("email", ada.Email)))
	require.NoError(t, repo.Preload(ctx, &got, "posts"))
	require.True(t, born.Equal(got.Born), "%v", got.Born)
	require.Equal(t, avatar, got.Avatar)
	require.Nil(t, got.Score)
	require.Len(t, got.Posts, 2)

	score := 2.5
	got.Score = &score
	require.NoError(t, repo.Update(ctx, &got))
	require.NoError(t, repo.Insert(ctx, &relUser{Email: ada.Email, Born: born}, rel.OnConflictKeyReplace("email")))
	require.ErrorIs(t, repo.Insert(ctx, &relUser{Email: ada.Email, Born: born}), rel.ConstraintError{Type: rel.UniqueConstraint})
	err := repo.Insert(ctx, &relPost{UserID: 4711, Title: "x"})
	require.ErrorIs(t, err, rel.ConstraintError{Type: rel.ForeignKeyConstraint})
	require.ErrorIs(t, err, d1.ConstraintForeignKey)

	oops := errors.New("oops")
	require.NoError(t, repo.Transaction(ctx, func(ctx context.Context) error {
		require.NoError(t, repo.Insert(ctx, &relUser{Email: "outer", Born: born}))
		require.ErrorIs(t, repo.Transaction(ctx, func(ctx context.Context) error {
			require.NoError(t, repo.Insert(ctx, &relUser{Email: "inner", Born: born}))
			return oops
		}), oops)
		n, err := repo.Count(ctx, "users", where.In("email", "outer", "inner"))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		return nil
	}))
	n, err := repo.DeleteAny(ctx, rel.From("users").Where(where.Eq("email", ada.Email)))
	require.NoError(t, err)
	require.Equal(t, 3, n, "D1 counts rows that cascade")
	n, err = repo.Count(ctx, "posts", where.Eq("user_id", ada.ID))
	require.NoError(t, err)
	require.Zero(t, n, "posts cascade")
}

// relAdapter is rel's adapter for SQLite. Its own mapper of errors knows only
// mattn's driver, by the start of the message.
func relAdapter(db *sql.DB) rel.Adapter {
	adapter := sqlite3.New(db).(*relsql.SQL)
	// This version of the adapter is older than go-rel/sql 0.17, which wants
	// another mapper; the one before cannot Preload on current versions of Go.
	table := adapter.TableBuilder.(builder.Table)
	table.ColumnOptionsMapper = relsql.ColumnOptionsMapper
	adapter.TableBuilder = table
	adapter.ErrorMapper = func(err error) error {
		for code, kind := range map[d1.ErrorCode]rel.ConstraintType{
			d1.ConstraintUnique:     rel.UniqueConstraint,
			d1.ConstraintPrimaryKey: rel.PrimaryKeyConstraint,
			d1.ConstraintForeignKey: rel.ForeignKeyConstraint,
			d1.ConstraintCheck:      rel.CheckConstraint,
		} {
			if errors.Is(err, code) {
				return rel.ConstraintError{Type: kind, Err: err}
			}
		}
		return err
	}
	return adapter
}
