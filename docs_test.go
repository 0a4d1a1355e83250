package d1_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// table returns the first column of the table under a heading of README.md, code
// marks removed.
func table(t *testing.T, file, heading string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, ok, "%s has no heading %q", file, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	var cells []string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|---") {
			cell, _, _ := strings.Cut(line[1:], "|")
			cells = append(cells, strings.TrimSpace(strings.ReplaceAll(cell, "`", "")))
		}
	}
	require.NotEmpty(t, cells)
	return cells[1:] // without the head
}

// TestReadmeOptions: README's table lists the options that ParseDSN knows, with
// their defaults.
func TestReadmeOptions(t *testing.T) {
	_, err := d1.ParseDSN("d1://a:b@c?no-such-option=1")
	_, list, ok := strings.Cut(err.Error(), "known: ")
	require.True(t, ok)
	require.Equal(t, strings.Split(strings.TrimSuffix(list, ")"), ", "), table(t, "README.md", "DSN"))
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

// TestContributingFolders: CONTRIBUTING.md has a line for every package.
func TestContributingFolders(t *testing.T) {
	folders := table(t, "CONTRIBUTING.md", "Where things live")
	for _, pattern := range []string{"internal/*", "extras/*", "extras/cmd/*"} {
		matches, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, m := range matches {
			if goFiles, _ := filepath.Glob(m + "/*.go"); len(goFiles) > 0 {
				require.Contains(t, folders, filepath.ToSlash(m))
			}
		}
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
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, row := range table(t, "README.md", "Types") {
		values, ok := samples[row]
		require.True(t, ok, "README's table has a row that this test does not know: %s", row)
		delete(samples, row)
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(line, "|")
			if len(cells) < 4 || strings.TrimSpace(strings.ReplaceAll(cells[1], "`", "")) != row {
				continue
			}
			want := strings.Trim(strings.TrimSpace(cells[2]), "`")
			for _, v := range values {
				server.Reset()
				require.NoError(t, db.QueryRow("SELECT ?", v).Scan(new(any)))
				require.Equal(t, "SELECT "+want, server.Requests()[0].Statements[0].SQL, "%T", v)
			}
		}
	}
	require.Empty(t, samples, "not in README's table")
}
