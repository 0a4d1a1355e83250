package d1_test

import (
	"database/sql"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// table returns the first column of the table under a heading, without the head.
func table(t *testing.T, file, heading string) []string {
	t.Helper()
	var cells []string
	for _, row := range tableRows(t, file, heading) {
		cells = append(cells, row[0])
	}
	return cells
}

// TestReadmeOptions: README's table lists the options that ParseDSN knows, with
// values that it takes, and defaults that change nothing.
func TestReadmeOptions(t *testing.T) {
	_, err := d1.ParseDSN("d1://a:b@c?no-such-option=1")
	_, list, ok := strings.Cut(err.Error(), "known: ")
	require.True(t, ok)
	require.Equal(t, strings.Split(strings.TrimSuffix(list, ")"), ", "), table(t, "README.md", "DSN"))

	defaults, err := d1.ParseDSN("d1://a:b@c")
	require.NoError(t, err)
	for _, row := range tableRows(t, "README.md", "DSN") {
		name, values, standard := row[0], row[1], row[2]
		if name == "endpoint" {
			require.Equal(t, "Cloudflare's API", standard)
			standard = d1.DefaultEndpoint
		}
		cfg, err := d1.ParseDSN("d1://a:b@c?" + name + "=" + url.QueryEscape(standard))
		require.NoError(t, err, name)
		require.Equal(t, defaults.FormatDSN(), cfg.FormatDSN(), name)
		for _, v := range strings.Split(values, ", ") {
			switch v {
			case "URL", "text", "1…": // described
				continue
			}
			_, err := d1.ParseDSN("d1://a:b@c?" + name + "=" + strings.TrimPrefix(v, "duration up to "))
			require.NoError(t, err, name)
		}
	}
	_, err = d1.ParseDSN("d1://a:b@c?coalesce=1001ms")
	require.ErrorIs(t, err, d1.ErrInvalidConfig)
}

// TestReadmeErrors: README's table lists all sentinel errors.
func TestReadmeErrors(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	require.NoError(t, err)
	listed := strings.Join(table(t, "README.md", "Errors"), " ")
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Err") {
			require.Contains(t, listed, "d1."+spec.Names[0].Name)
		}
		return true
	})
}

// TestContributingFolders: CONTRIBUTING.md has one line for every package of this
// module and for every nested module, and no other.
func TestContributingFolders(t *testing.T) {
	var folders []string
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != "." && (name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		goFiles, err := filepath.Glob(filepath.Join(path, "*.go"))
		if err != nil {
			return err
		}
		if len(goFiles) > 0 {
			folders = append(folders, filepath.ToSlash(path))
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != "." {
			return filepath.SkipDir
		}
		return nil
	}))
	require.ElementsMatch(t, folders, table(t, "CONTRIBUTING.md", "Where things live"))
}

// TestContributingVersions: the tools that CONTRIBUTING.md names are those of CI.
func TestContributingVersions(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	ci, err := os.ReadFile(".ci/run")
	require.NoError(t, err)
	versions := regexp.MustCompile(`[\w./]+@v[\d.]+|go1\.\d+\.\d+`).FindAllString(string(text), -1)
	require.NotEmpty(t, versions)
	for _, v := range versions {
		require.Contains(t, string(ci), v)
	}
}

// TestLinks: what a document links to in the repository exists.
func TestLinks(t *testing.T) {
	for _, pattern := range []string{"*.md", "docs/*.md", "internal/*/*.md"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, part := range strings.Split(string(text), "](")[1:] {
				target, _, _ := strings.Cut(part, ")")
				target, _, _ = strings.Cut(target, "#")
				if target == "" || strings.Contains(target, "://") {
					continue
				}
				_, err := os.Stat(filepath.Join(filepath.Dir(file), target))
				require.NoError(t, err, "%s links to %s", file, target)
			}
		}
	}
}

// TestReadmeTypes: an argument of each type in README's table travels behind the
// SQL that the table has for it.
func TestReadmeTypes(t *testing.T) {
	samples := map[string][]any{
		"nil, nil []byte": {nil, []byte(nil)},
		"integers, bool":  {7, int8(-1), uint32(9), int64(1) << 60, true},
		"floats":          {1.5, float32(2), math.NaN()},
		"string":          {"", "text"},
		"[]byte":          {[]byte{}, []byte("x")},
		"time.Time":       {time.Now()},
	}
	server := d1test.New(t)
	db := open(t, server.DSN())
	for _, row := range tableRows(t, "README.md", "Types") {
		values, ok := samples[row[0]]
		require.True(t, ok, "README's table has a row that this test does not know: %s", row[0])
		delete(samples, row[0])
		for _, v := range values {
			server.Reset()
			require.NoError(t, db.QueryRow("SELECT ?", v).Scan(new(any)))
			require.Equal(t, "SELECT "+row[1], server.Requests()[0].Statements[0].SQL, "%T", v)
		}
	}
	require.Empty(t, samples, "not in README's table")
}

// TestDifferences: what the table in docs/differences.md says is true of the
// emulator and of the engine.
func TestDifferences(t *testing.T) {
	notAuthorized := func(queries ...string) func(*testing.T, *sql.DB) {
		return func(t *testing.T, db *sql.DB) {
			for _, q := range queries {
				_, err := db.Exec(q)
				require.ErrorIs(t, err, d1.CodeAuth, q)
			}
		}
	}
	checks := map[string]func(t *testing.T, db *sql.DB){
		"BEGIN, COMMIT, SAVEPOINT …": func(t *testing.T, db *sql.DB) {
			c, err := db.Conn(t.Context())
			require.NoError(t, err)
			defer c.Close()
			for _, q := range []string{"BEGIN", "CREATE TABLE gone (a)", "SAVEPOINT s", "RELEASE s", "ROLLBACK"} {
				_, err := c.ExecContext(t.Context(), q)
				require.NoError(t, err, q)
			}
			_, err = db.Exec("INSERT INTO gone VALUES (1)")
			require.ErrorContains(t, err, "no such table")
			_, err = db.Exec("SAVEPOINT s")
			require.ErrorIs(t, err, d1.ErrUnsupported)
		},
		"PRAGMA foreign_keys=OFF": func(t *testing.T, db *sql.DB) {
			_, err := db.Exec("PRAGMA foreign_keys=OFF")
			require.ErrorIs(t, err, d1.ErrUnsupported)
			results, err := new(d1.Batch).
				Add("CREATE TABLE parent (id INTEGER PRIMARY KEY)").
				Add("CREATE TABLE child (id REFERENCES parent (id))").
				Add("PRAGMA defer_foreign_keys=ON").
				Add("INSERT INTO child VALUES (1)").
				Add("INSERT INTO parent VALUES (1)").Exec(t.Context(), db)
			require.NoError(t, err)
			require.Len(t, results, 5)
		},
		"SELECT sqlite_version()": func(t *testing.T, db *sql.DB) {
			var version string
			require.NoError(t, db.QueryRow("SELECT sqlite_version()").Scan(&version))
			require.Equal(t, d1.DefaultSQLiteVersion, version)
			_, err := db.Exec("SELECT sqlite_version(), 1")
			require.ErrorContains(t, err, "not authorized to use function")
		},
		"ATTACH, temporary tables, most PRAGMAs": notAuthorized("ATTACH 'x' AS y", "CREATE TEMP TABLE x (a)", "PRAGMA user_version", "PRAGMA journal_mode"),
		"PRAGMA names in upper case":             notAuthorized("PRAGMA TABLE_INFO(parent)"),
		"VACUUM": func(t *testing.T, db *sql.DB) {
			_, err := db.Exec("VACUUM")
			require.ErrorContains(t, err, "cannot VACUUM")
		},
		"reading the columns of every table in sqlite_schema": func(t *testing.T, db *sql.DB) {
			const all = "SELECT count(*) FROM sqlite_schema m, pragma_table_info(m.name)"
			notAuthorized(all)(t, db)
			_, err := db.Exec(all + ` WHERE m.name NOT LIKE '\_cf%' ESCAPE '\'`)
			require.NoError(t, err)
		},
	}
	rows := table(t, "docs/differences.md", "SQL that D1 refuses or ignores")
	require.Len(t, rows, len(checks))
	onEngines(t, func(t *testing.T, db *sql.DB) {
		for _, row := range rows {
			check, ok := checks[row]
			require.True(t, ok, "docs/differences.md has a row that this test does not know: %s", row)
			check(t, db)
		}
	})
}
