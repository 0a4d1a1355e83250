package suites

// suite is tests that a library ships.
type suite struct {
	name   string // in README.md, and of the list
	module string // as in go.mod
	folder string // of the tests, in the module
	edits  []edit
	remove []string // files
	// blank are modules that the tests import only to register drivers of other
	// databases: empty ones stand in for them. The folder of the package follows,
	// if it is not the module's.
	blank []string
	env   []string
	flags []string // of the tests' own
	skip  []string // tests of other databases, as flag -skip of go test has them
}

// edit replaces a text, which must be there, throughout a file.
type edit struct{ file, old, new string }

var suites = []suite{
	{
		name:   "sqlx",
		module: "github.com/jmoiron/sqlx",
		blank:  []string{"github.com/go-sql-driver/mysql", "github.com/lib/pq"},
		env:    []string{"SQLX_SQLITE_DSN=:memory:", "SQLX_POSTGRES_DSN=skip", "SQLX_MYSQL_DSN=skip"},
	},
	{
		name:   "xorm",
		module: "xorm.io/xorm",
		folder: "tests",
		edits:  []edit{xormCleanup},
		blank:  xormDrivers,
		flags:  []string{"-show_sql=false"},
	},
	{
		name:   "xorm-edited",
		module: "xorm.io/xorm",
		folder: "tests",
		edits: []edit{{
			// GetTables, which the cleanup uses too.
			"dialects/sqlite3.go",
			"WHERE type='table'\"\n",
			"WHERE type='table' AND name NOT GLOB '_cf_*'\"\n",
		}},
		blank: xormDrivers,
		flags: []string{"-show_sql=false"},
	},
	{
		name:   "golang-migrate",
		module: "github.com/golang-migrate/migrate/v4",
		folder: "database/sqlite",
	},
	{
		name:   "rel",
		module: "github.com/go-rel/sqlite3",
		edits: []edit{{
			// Without it every CREATE TABLE panics with this version of go-rel/sql.
			"sqlite3.go",
			"ColumnMapper: columnMapper, ",
			"ColumnMapper: columnMapper, ColumnOptionsMapper: sql.ColumnOptionsMapper, ",
		}, {
			// A test of its own for each of those that fail.
			"sqlite3_test.go",
			"\tspecs.UniqueConstraintOnInsert(t, repo)\n\tspecs.UniqueConstraintOnUpdate(t, repo)\n" +
				"\tspecs.CheckConstraintOnInsert(t, repo)\n\tspecs.CheckConstraintOnUpdate(t, repo)\n",
			"\tfor name, test := range map[string]func(*testing.T, rel.Repository){\n" +
				"\t\t\"UniqueOnInsert\": specs.UniqueConstraintOnInsert, \"UniqueOnUpdate\": specs.UniqueConstraintOnUpdate,\n" +
				"\t\t\"CheckOnInsert\": specs.CheckConstraintOnInsert, \"CheckOnUpdate\": specs.CheckConstraintOnUpdate,\n" +
				"\t} {\n\t\tt.Run(name, func(t *testing.T) { test(t, repo) })\n\t}\n",
		}},
	},
	{
		name:   "goose",
		module: "github.com/pressly/goose/v3",
		remove: []string{"create_test.go", "fix_test.go", "goose_cli_test.go"}, // of its command
	},
	{
		name:   "sql-migrate",
		module: "github.com/rubenv/sql-migrate",
		// It gives two migrations 10 ms before a third that must take longer, which a
		// busy machine does not keep to.
		edits: []edit{{"migrate_test.go", ") TestContextTimeout(", ") leftOutContextTimeout("}},
		flags: []string{"-check.v"},
	},
	{
		name:   "goqu",
		module: "github.com/doug-martin/goqu/v9",
		folder: "dialect/sqlite3",
	},
	{
		name:   "scs",
		module: "github.com/alexedwards/scs/sqlite3store",
		// Time enough for a busy machine.
		edits: []edit{
			{"sqlite3store_test.go", "100*time.Millisecond", "500*time.Millisecond"},
			{"sqlite3store_test.go", "100 * time.Millisecond", "500 * time.Millisecond"},
			{"sqlite3store_test.go", "200*time.Millisecond", "time.Second"},
			{"sqlite3store_test.go", "300 * time.Millisecond", "1500 * time.Millisecond"},
		},
	},
	{
		name:   "sqlhooks",
		module: "github.com/qustavo/sqlhooks/v2",
		remove: []string{"benchmark_test.go", "sqlhooks_mysql_test.go", "sqlhooks_postgres_test.go"},
	},
	{
		name:   "goqite",
		module: "maragu.dev/goqite",
		blank:  []string{"github.com/jackc/pgx/v5 stdlib"},
		skip:   []string{"//postgresql"},
	},
	{
		name:   "goqite-edited",
		module: "maragu.dev/goqite",
		edits: []edit{{
			"internal/testing/schema_sqlite.sql",
			"update goqite set updated = strftime('%Y-%m-%dT%H:%M:%fZ') where id = old.id;",
			"select 1;",
		}, {
			// Time enough for a busy machine.
			"goqite_test.go", "100 * time.Millisecond", "time.Second",
		}},
		blank: []string{"github.com/jackc/pgx/v5 stdlib"},
		skip:  []string{"//postgresql"},
	},
}

var xormDrivers = []string{
	"gitee.com/travelliu/dm", "github.com/go-sql-driver/mysql", "github.com/jackc/pgx/v5 stdlib", "github.com/lib/pq",
	"github.com/microsoft/go-mssqldb", "github.com/ziutek/mymysql godrv",
}

// xormCleanup keeps the tests, which drop all tables before they begin, from
// those of the engine, which cannot be dropped.
var xormCleanup = edit{
	"tests/tests.go",
	"\tfor _, table := range tables {\n",
	"\tfor _, table := range tables {\n\t\tif strings.HasPrefix(table.Name, \"_cf_\") {\n\t\t\tcontinue\n\t\t}\n",
}
