package compat_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"entgo.io/ent/schema/field"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// What ent generates is a thin layer over the packages sqlgraph and schema, and
// too much to be kept here: these tests do what the layer does.

// entTables are the tables of a fresh schema, as migration keeps state in them.
func entTables() (users, posts, friends *schema.Table) {
	users = schema.NewTable("users").
		AddPrimary(&schema.Column{Name: "id", Type: field.TypeInt, Increment: true}).
		AddColumn(&schema.Column{Name: "email", Type: field.TypeString, Unique: true}).
		AddColumn(&schema.Column{Name: "active", Type: field.TypeBool, Default: false}).
		AddColumn(&schema.Column{Name: "score", Type: field.TypeFloat64, Nullable: true}).
		AddColumn(&schema.Column{Name: "avatar", Type: field.TypeBytes, Nullable: true}).
		AddColumn(&schema.Column{Name: "born", Type: field.TypeTime})
	posts = schema.NewTable("posts").
		AddPrimary(&schema.Column{Name: "id", Type: field.TypeInt, Increment: true}).
		AddColumn(&schema.Column{Name: "title", Type: field.TypeString}).
		AddColumn(&schema.Column{Name: "user_posts", Type: field.TypeInt, Nullable: true})
	author, _ := posts.Column("user_posts")
	posts.AddForeignKey(&schema.ForeignKey{
		Symbol: "posts_users_posts", Columns: []*schema.Column{author},
		RefTable: users, RefColumns: users.PrimaryKey, OnDelete: schema.Cascade,
	})
	friends = schema.NewTable("user_friends").
		AddPrimary(&schema.Column{Name: "user_id", Type: field.TypeInt}).
		AddPrimary(&schema.Column{Name: "friend_id", Type: field.TypeInt})
	for i, symbol := range []string{"user_friends_user_id", "user_friends_friend_id"} {
		friends.AddForeignKey(&schema.ForeignKey{
			Symbol: symbol, Columns: friends.PrimaryKey[i : i+1],
			RefTable: users, RefColumns: users.PrimaryKey, OnDelete: schema.Cascade,
		})
	}
	return users, posts, friends
}

func testEnt(t *testing.T, e engine) {
	// ent switches foreign keys off for each of its migrations.
	t.Run("needs foreign_keys_off=ignore", func(t *testing.T) {
		users, posts, friends := entTables()
		err := entMigrate(t.Context(), entsql.OpenDB(dialect.SQLite, e.open(t)), users, posts, friends)
		require.ErrorIs(t, err, d1.ErrUnsupported)
	})
	db := e.open(t, "foreign_keys_off=ignore")
	drv := entsql.OpenDB(dialect.SQLite, db)
	users, posts, friends := entTables()
	require.NoError(t, entMigrate(t.Context(), drv, users, posts, friends))
	t.Run("pragma_database_list", func(t *testing.T) {
		for _, query := range []string{
			"SELECT `name`, `file` FROM pragma_database_list() WHERE `name` <> 'temp'",
			"SELECT name, file FROM pragma_database_list WHERE name IN ('main', 'pragma_database_list')",
			"SELECT l.name, l.file FROM pragma_database_list ( ) AS l -- pragma_database_list()",
		} {
			var name, file string
			require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&name, &file), query)
			require.Equal(t, "main", name)
			require.Empty(t, file)
		}
	})
	t.Run("graph", func(t *testing.T) { entGraph(t, drv) })
	t.Run("migration", func(t *testing.T) { entMigration(t, drv) })
}

var errRebuild = errors.New("the plan rebuilds a table")

// entMigrate is Schema.Create with a hook that programs should use over D1: ent
// changes a column by rebuilding its table, and as D1 keeps foreign keys on,
// dropping the old table deletes the rows that cascade from it.
func entMigrate(ctx context.Context, drv dialect.Driver, tables ...*schema.Table) error {
	refuse := schema.WithApplyHook(func(next schema.Applier) schema.Applier {
		return schema.ApplyFunc(func(ctx context.Context, conn dialect.ExecQuerier, plan *migrate.Plan) error {
			for _, change := range plan.Changes {
				if strings.HasPrefix(change.Cmd, "DROP TABLE") {
					return errRebuild
				}
			}
			return next.Apply(ctx, conn, plan)
		})
	})
	m, err := schema.NewMigrate(drv, refuse)
	if err != nil {
		return err
	}
	return m.Create(ctx, tables...)
}

func entID(value any) *sqlgraph.FieldSpec {
	return &sqlgraph.FieldSpec{Column: "id", Type: field.TypeInt, Value: value}
}

func entUser(u user) *sqlgraph.CreateSpec {
	spec := sqlgraph.NewCreateSpec("users", sqlgraph.NewFieldSpec("id", field.TypeInt))
	spec.SetField("email", field.TypeString, u.Email)
	spec.SetField("active", field.TypeBool, u.Active)
	if u.Score.Valid {
		spec.SetField("score", field.TypeFloat64, u.Score.Float64)
	}
	if u.Avatar != nil {
		spec.SetField("avatar", field.TypeBytes, u.Avatar)
	}
	spec.SetField("born", field.TypeTime, u.Born)
	return spec
}

func entPost(title string, author int64) *sqlgraph.CreateSpec {
	spec := sqlgraph.NewCreateSpec("posts", sqlgraph.NewFieldSpec("id", field.TypeInt))
	spec.SetField("title", field.TypeString, title)
	spec.Edges = []*sqlgraph.EdgeSpec{{
		Rel: sqlgraph.M2O, Inverse: true, Table: "posts", Columns: []string{"user_posts"},
		Target: &sqlgraph.EdgeTarget{IDSpec: entID(nil), Nodes: []driver.Value{author}},
	}}
	return spec
}

// entFriends is the edge friends of a user, in both directions.
func entFriends(ids ...driver.Value) *sqlgraph.EdgeSpec {
	return &sqlgraph.EdgeSpec{
		Rel: sqlgraph.M2M, Table: "user_friends", Columns: []string{"user_id", "friend_id"}, Bidi: true,
		Target: &sqlgraph.EdgeTarget{IDSpec: entID(nil), Nodes: ids},
	}
}

// entUsers queries users as generated code does.
func entUsers(ctx context.Context, drv dialect.Driver, where func(*entsql.Selector)) (list []user, err error) {
	spec := sqlgraph.NewQuerySpec("users", []string{"id", "email", "active", "score", "avatar", "born"}, entID(nil))
	spec.Predicate = where
	spec.ScanValues = func([]string) ([]any, error) {
		return []any{new(sql.NullInt64), new(sql.NullString), new(sql.NullBool), new(sql.NullFloat64), new([]byte), new(sql.NullTime)}, nil
	}
	spec.Assign = func(_ []string, v []any) error {
		list = append(list, user{
			ID: v[0].(*sql.NullInt64).Int64, Email: v[1].(*sql.NullString).String, Active: v[2].(*sql.NullBool).Bool,
			Score: *v[3].(*sql.NullFloat64), Avatar: *v[4].(*[]byte), Born: v[5].(*sql.NullTime).Time,
		})
		return nil
	}
	return list, sqlgraph.QueryNodes(ctx, drv, spec)
}

func entCount(t *testing.T, drv dialect.Driver, table string) int {
	t.Helper()
	n, err := sqlgraph.CountNodes(t.Context(), drv, sqlgraph.NewQuerySpec(table, []string{"id"}, entID(nil)))
	require.NoError(t, err)
	return n
}

func entGraph(t *testing.T, drv *entsql.Driver) {
	ctx := t.Context()
	first := entUser(ada())
	require.NoError(t, sqlgraph.CreateNode(ctx, drv, first))
	id := first.ID.Value.(int64)
	require.NoError(t, sqlgraph.BatchCreate(ctx, drv, &sqlgraph.BatchCreateSpec{
		Nodes: []*sqlgraph.CreateSpec{entPost("Note A", id), entPost("Note G", id)},
	}))
	// A graph save: the user, and the edges to what exists.
	second := entUser(user{Email: "babbage", Born: born})
	second.Edges = []*sqlgraph.EdgeSpec{entFriends(id)}
	require.NoError(t, sqlgraph.CreateNode(ctx, drv, second))

	posts := sqlgraph.NewStep(
		sqlgraph.From("users", "id"), sqlgraph.To("posts", "id"), sqlgraph.Edge(sqlgraph.O2M, false, "posts", "user_posts"))
	list, err := entUsers(ctx, drv, func(s *entsql.Selector) {
		sqlgraph.HasNeighborsWith(s, posts, func(s *entsql.Selector) { s.Where(entsql.HasSuffix(s.C("title"), "G")) })
		s.Where(entsql.LTE(s.C("born"), born.Add(time.Nanosecond)))
	})
	require.NoError(t, err)
	require.Len(t, list, 1)
	requireUser(t, ada(), list[0])
	var pairs [][2]int64
	require.NoError(t, sqlgraph.QueryEdges(ctx, drv, &sqlgraph.EdgeQuerySpec{
		Edge:       entFriends(),
		ScanValues: func() [2]any { return [2]any{new(sql.NullInt64), new(sql.NullInt64)} },
		Assign: func(out, in any) error {
			pairs = append(pairs, [2]int64{out.(*sql.NullInt64).Int64, in.(*sql.NullInt64).Int64})
			return nil
		},
	}))
	require.Len(t, pairs, 2)

	t.Run("update", func(t *testing.T) {
		spec := sqlgraph.NewUpdateSpec("users", []string{"id", "active"}, entID(id))
		spec.SetField("active", field.TypeBool, false)
		spec.AddField("score", field.TypeFloat64, 1.5)
		spec.Edges.Clear = []*sqlgraph.EdgeSpec{entFriends()}
		var active sql.NullBool
		spec.ScanValues = func([]string) ([]any, error) { return []any{new(sql.NullInt64), &active}, nil }
		spec.Assign = func([]string, []any) error { return nil }
		require.NoError(t, sqlgraph.UpdateNode(ctx, drv, spec))
		require.True(t, active.Valid)
		require.False(t, active.Bool)
		list, err := entUsers(ctx, drv, entsql.FieldEQ("id", id))
		require.NoError(t, err)
		require.Equal(t, 3.5, list[0].Score.Float64)
		many := sqlgraph.NewUpdateSpec("posts", []string{"id"}, entID(nil))
		many.SetField("title", field.TypeString, "t")
		n, err := sqlgraph.UpdateNodes(ctx, drv, many)
		require.NoError(t, err)
		require.Equal(t, 2, n)
	})

	t.Run("upsert and constraints", func(t *testing.T) {
		err := sqlgraph.CreateNode(ctx, drv, entUser(ada()))
		require.True(t, sqlgraph.IsUniqueConstraintError(err), "%v", err)
		require.ErrorIs(t, err, d1.ConstraintUnique)
		err = sqlgraph.CreateNode(ctx, drv, entPost("x", 4711))
		require.True(t, sqlgraph.IsForeignKeyConstraintError(err), "%v", err)
		upsert := entUser(ada())
		upsert.OnConflict = []entsql.ConflictOption{entsql.ConflictColumns("email"), entsql.ResolveWithNewValues()}
		require.NoError(t, sqlgraph.CreateNode(ctx, drv, upsert))
		require.Equal(t, id, upsert.ID.Value)
	})

	t.Run("transaction", func(t *testing.T) {
		tx, err := drv.Tx(ctx)
		require.NoError(t, err)
		inTx := entTx{tx}
		spec := entUser(user{Email: "never", Born: born})
		spec.Edges = []*sqlgraph.EdgeSpec{entFriends(id)}
		require.NoError(t, sqlgraph.CreateNode(ctx, inTx, spec))
		list, err := entUsers(ctx, inTx, entsql.FieldEQ("id", spec.ID.Value))
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.NoError(t, tx.Rollback())
		require.Equal(t, 2, entCount(t, drv, "users"))
	})

	t.Run("delete", func(t *testing.T) {
		spec := sqlgraph.NewDeleteSpec("users", entID(nil))
		spec.Predicate = entsql.FieldEQ("email", "babbage")
		n, err := sqlgraph.DeleteNodes(ctx, drv, spec)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

// entTx is a transaction where a driver is wanted, as in generated code: what
// runs in it begins no other.
type entTx struct{ dialect.ExecQuerier }

func (tx entTx) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(tx), nil }
func (entTx) Dialect() string                           { return dialect.SQLite }
func (entTx) Close() error                              { return nil }

// entMigration changes a schema that has data in it.
func entMigration(t *testing.T, drv *entsql.Driver) {
	ctx := t.Context()
	users, posts, friends := entTables()
	require.NoError(t, entMigrate(ctx, drv, users, posts, friends), "again, with nothing to do")

	users, posts, friends = entTables()
	users.AddColumn(&schema.Column{Name: "nickname", Type: field.TypeString, Nullable: true})
	require.NoError(t, entMigrate(ctx, drv, users, posts, friends))
	require.Equal(t, 2, entCount(t, drv, "posts"))

	users, posts, friends = entTables()
	score, _ := users.Column("score")
	score.Nullable, score.Default = false, 0.0
	require.ErrorIs(t, entMigrate(ctx, drv, users, posts, friends), errRebuild)
	require.Equal(t, 2, entCount(t, drv, "posts"))

	// Without the hook the posts are gone.
	m, err := schema.NewMigrate(drv)
	require.NoError(t, err)
	users, posts, friends = entTables()
	score, _ = users.Column("score")
	score.Nullable, score.Default = false, 0.0
	require.NoError(t, m.Create(ctx, users, posts, friends))
	require.Equal(t, 1, entCount(t, drv, "users"))
	require.Zero(t, entCount(t, drv, "posts"))
}
