package compat_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"xorm.io/xorm"
	"xorm.io/xorm/core"
	"xorm.io/xorm/log"

	"github.com/d1go/d1"
)

type xormUser struct {
	ID       int64  `xorm:"pk autoincr 'id'"`
	Email    string `xorm:"unique notnull"`
	Active   bool
	Score    *float64
	Nickname *string
	Avatar   []byte
	Big      int64
	Born     time.Time
	Created  time.Time `xorm:"created"`
	Deleted  time.Time `xorm:"deleted"`
	Version  int       `xorm:"version"`
}

func (xormUser) TableName() string { return "users" }

type xormPost struct {
	ID     int64  `xorm:"pk autoincr 'id'"`
	UserID int64  `xorm:"index 'user_id'"`
	Title  string `xorm:"notnull"`
}

func (xormPost) TableName() string { return "posts" }

func testXorm(t *testing.T, e engine) {
	// Under its own name "d1" xorm has no dialect. The data source name is only
	// a label here, as the pool is given.
	db, err := xorm.NewEngineWithDB("sqlite3", "d1", core.FromDB(e.open(t)))
	require.NoError(t, err)
	db.SetLogger(log.NewSimpleLogger(io.Discard))
	db.SetDefaultContext(t.Context())
	db.TZLocation = time.UTC
	require.NoError(t, db.Sync(new(xormUser), new(xormPost)))
	require.NoError(t, db.Sync(new(xormUser), new(xormPost)), "again, with nothing to do")

	score := 2.0
	ada := xormUser{Email: "ada@example.com", Active: true, Score: &score, Avatar: avatar, Big: 1<<53 - 1, Born: born.Truncate(time.Second)}
	n, err := db.Insert(&ada)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.EqualValues(t, 1, ada.ID)
	n, err = db.Insert([]xormPost{{UserID: 1, Title: "Note A"}, {UserID: 1, Title: "Note G"}})
	require.NoError(t, err)
	require.EqualValues(t, 2, n)

	t.Run("read", func(t *testing.T) {
		var got xormUser
		found, err := db.Where("email = ?", ada.Email).Get(&got)
		require.NoError(t, err)
		require.True(t, found)
		require.True(t, ada.Born.Equal(got.Born), "%v, want %v", got.Born, ada.Born)
		require.True(t, ada.Created.Truncate(time.Second).Equal(got.Created))
		require.Equal(t, avatar, got.Avatar)
		require.Equal(t, ada.Big, got.Big)
		require.Equal(t, score, *got.Score)
		require.Nil(t, got.Nickname)
		require.True(t, got.Active)
		var list []struct {
			User xormUser `xorm:"extends"`
			Post xormPost `xorm:"extends"`
		}
		require.NoError(t, db.Table("users").Join("INNER", "posts", "posts.user_id = users.id").Asc("posts.id").Find(&list))
		require.Len(t, list, 2)
		require.Equal(t, "Note G", list[1].Post.Title)
		require.Equal(t, avatar, list[0].User.Avatar)
		rows, err := db.QueryInterface("SELECT * FROM users")
		require.NoError(t, err)
		require.Len(t, rows, 1)
		texts, err := db.QueryString("SELECT id, score, big FROM users")
		require.NoError(t, err)
		require.Equal(t, []map[string]string{{"id": "1", "score": "2", "big": "9007199254740991"}}, texts)
		total, err := db.In("title", "Note A", "x").Count(new(xormPost))
		require.NoError(t, err)
		require.EqualValues(t, 1, total)
	})

	t.Run("update", func(t *testing.T) {
		n, err := db.ID(1).Cols("active").Update(&xormUser{Active: false, Version: 1})
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		n, err = db.ID(1).Cols("active").Update(&xormUser{Active: true, Version: 1})
		require.NoError(t, err)
		require.Zero(t, n, "the optimistic lock of xorm's version column")
	})

	t.Run("constraints", func(t *testing.T) {
		// xorm has no errors of its own for constraints, and makes no foreign keys.
		_, err := db.Insert(&xormUser{Email: ada.Email})
		require.ErrorIs(t, err, d1.ConstraintUnique)
	})

	t.Run("transactions", func(t *testing.T) {
		oops := errors.New("oops")
		_, err := db.Transaction(func(s *xorm.Session) (any, error) {
			u := xormUser{Email: "rolled back"}
			_, err := s.Insert(&u)
			require.NoError(t, err)
			require.NotZero(t, u.ID)
			return nil, oops
		})
		require.ErrorIs(t, err, oops)
		_, err = db.Transaction(func(s *xorm.Session) (any, error) {
			u := xormUser{Email: "kept", Born: born}
			_, err := s.Insert(&u)
			require.NoError(t, err)
			n, err := s.Insert(&xormPost{UserID: u.ID, Title: "t"})
			require.NoError(t, err)
			require.EqualValues(t, 1, n)
			var got xormUser
			found, err := s.ID(u.ID).Get(&got)
			require.True(t, found)
			return nil, err
		})
		require.NoError(t, err)
		n, err := db.Count(new(xormUser))
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
	})

	t.Run("delete", func(t *testing.T) {
		n, err := db.ID(1).Delete(new(xormUser))
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		var gone xormUser
		found, err := db.Unscoped().ID(1).Get(&gone)
		require.NoError(t, err)
		require.True(t, found)
		require.False(t, gone.Deleted.IsZero())
	})

	t.Run("schema", func(t *testing.T) {
		tables, err := db.DBMetas() // the engine's own tables too
		require.NoError(t, err)
		names := make([]string, len(tables))
		for i, table := range tables {
			names[i] = table.Name
		}
		require.Subset(t, names, []string{"users", "posts"})
	})
}
