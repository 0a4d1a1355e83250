package compat_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	_ "github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(workerd.Main{M: m},
		// gorm's cache of prepared statements cannot be stopped.
		goleak.IgnoreTopFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"),
		// scs.New starts a store in memory, before it can be replaced.
		goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"),
	)
}

// engine serves the HTTP API.
type engine struct {
	name string
	dsn  func(testing.TB) string
}

var engines = []engine{
	{"emulator", func(tb testing.TB) string { return d1test.New(tb).DSN() }},
	{"workerd", func(tb testing.TB) string { return workerd.Shared(tb).NewDatabase(tb) }},
}

// newDSN names an empty database. Options, such as "tx=eager", are appended.
func (e engine) newDSN(tb testing.TB, options ...string) string {
	tb.Helper()
	dsn := e.dsn(tb)
	for _, o := range options {
		dsn += "&" + o
	}
	return dsn
}

// open opens an empty database and closes it with the test.
func (e engine) open(tb testing.TB, options ...string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("d1", e.newDSN(tb, options...))
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

// libraries are what is tested: each a row of the table in README.md.
var libraries = []struct {
	name   string
	module string // as in go.mod
	test   func(*testing.T, engine)
}{
	{"sqlx", "github.com/jmoiron/sqlx", testSqlx},
	{"gorm", "gorm.io/gorm", testGorm},
	{"bun", "github.com/uptrace/bun", testBun},
	{"sqlc", "github.com/sqlc-dev/sqlc", testSQLC},
	{"squirrel", "github.com/Masterminds/squirrel", testSquirrel},
	{"goqu", "github.com/doug-martin/goqu/v9", testGoqu},
	{"rel", "github.com/go-rel/rel", testRel},
	{"ent", "entgo.io/ent", testEnt},
	{"xorm", "xorm.io/xorm", testXorm},
	{"goose", "github.com/pressly/goose/v3", testGoose},
	{"golang-migrate", "github.com/golang-migrate/migrate/v4", testMigrate},
	{"sql-migrate", "github.com/rubenv/sql-migrate", testSQLMigrate},
	{"otelsql", "github.com/XSAM/otelsql", testOtelsql},
	{"sqlmw", "github.com/ngrok/sqlmw", testSqlmw},
	{"sqlhooks", "github.com/qustavo/sqlhooks/v2", testSqlhooks},
	{"go-sqlmock", "github.com/DATA-DOG/go-sqlmock", testSqlmock},
	{"scs", "github.com/alexedwards/scs/sqlite3store", testSCS},
	{"goqite", "maragu.dev/goqite", testGoqite},
}

func TestLibraries(t *testing.T) {
	for _, l := range libraries {
		t.Run(l.name, func(t *testing.T) {
			for _, e := range engines {
				t.Run(e.name, func(t *testing.T) { l.test(t, e) })
			}
		})
	}
}
