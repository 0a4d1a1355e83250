package sqlite3

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Undos, put back one after another, give every earlier state of the database, pages that were free in between
// included.
func TestUndo(t *testing.T) {
	for name, path := range map[string]string{"memory": ":memory:", "file": filepath.Join(t.TempDir(), "x.sqlite")} {
		t.Run(name, func(t *testing.T) {
			c, err := Open(path)
			require.NoError(t, err)
			defer func() { require.NoError(t, c.Close()) }()
			for _, pragma := range []string{
				"locking_mode=exclusive", "journal_mode=truncate", "synchronous=off", "secure_delete=on",
				"cache_size=10", // pages, so that large transactions spill to the file before they commit
			} {
				require.NoError(t, c.Exec("PRAGMA "+pragma))
			}
			require.NoError(t, c.Exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)"))
			random := rand.New(rand.NewPCG(1, 2))
			var undos []*Undo
			var contents [][]string
			for range 40 {
				contents = append(contents, content(t, c))
				require.NoError(t, c.Exec("BEGIN IMMEDIATE"))
				require.NoError(t, c.Exec(change(random)))
				undo, err := c.Undo()
				require.NoError(t, err)
				require.NoError(t, c.Exec("COMMIT"))
				undos = append(undos, undo)
			}
			image, err := c.Image()
			require.NoError(t, err)
			for i := len(undos) - 1; i >= 0; i-- {
				if image = undos[i].apply(image); i%5 != 0 {
					continue
				}
				require.NoError(t, c.SetImage(image))
				require.Equal(t, contents[i], content(t, c), i)
			}
		})
	}
}

func (u *Undo) apply(image []byte) []byte {
	if u == nil {
		return image
	}
	if n := u.PageCount * u.PageSize; n > len(image) {
		image = append(image, make([]byte, n-len(image))...)
	} else {
		image = image[:n]
	}
	for i, page := range u.Pages {
		copy(image[(int(page)-1)*u.PageSize:], u.Data[i*u.PageSize:][:u.PageSize])
	}
	return image
}

// change is SQL that writes, frees or reuses some pages.
func change(random *rand.Rand) string {
	switch n := random.IntN(100); random.IntN(6) {
	case 0:
		return fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO t (b) SELECT randomblob(300) FROM n", n)
	case 1:
		return fmt.Sprintf("INSERT INTO t (b) VALUES (randomblob(%d))", n*500)
	case 2:
		return fmt.Sprintf("DELETE FROM t WHERE a %% 100 < %d", n/2)
	case 3:
		return fmt.Sprintf("UPDATE t SET b = randomblob(10000) WHERE a %% 97 = %d", n)
	case 4:
		return fmt.Sprintf("CREATE TABLE t%d AS SELECT * FROM t LIMIT 5", random.Uint32())
	default:
		return "DELETE FROM t WHERE a > 1e9" // nothing
	}
}

// content is a digest of all tables, and the result of an integrity check.
func content(t *testing.T, c *Conn) []string {
	t.Helper()
	require.Equal(t, []string{"ok"}, texts(t, c, "PRAGMA integrity_check"))
	lines := texts(t, c, "SELECT sql FROM sqlite_schema")
	for _, table := range texts(t, c, "SELECT name FROM sqlite_schema") {
		lines = append(lines, texts(t, c, "SELECT a || hex(substr(b, 1, 20)) || length(b) FROM "+table)...)
	}
	return lines
}

func texts(t *testing.T, c *Conn, sql string) (all []string) {
	t.Helper()
	source, err := c.Source(sql)
	require.NoError(t, err)
	defer source.Close()
	stmt, err := source.Next()
	require.NoError(t, err)
	defer stmt.Finalize()
	for {
		row, err := stmt.Step()
		require.NoError(t, err)
		if !row {
			return all
		}
		all = append(all, string(stmt.ColumnText(0)))
	}
}

func TestUndoOfNothing(t *testing.T) {
	c := open(t)
	require.NoError(t, c.Exec("CREATE TABLE t (a)"))
	undo, err := c.Undo()
	require.NoError(t, err)
	require.Nil(t, undo)
	require.NoError(t, c.Exec("BEGIN IMMEDIATE"))
	undo, err = c.Undo()
	require.NoError(t, err)
	require.Nil(t, undo)
}

func TestSetImageRefuses(t *testing.T) {
	c := open(t)
	require.NoError(t, c.Exec("CREATE TABLE t (a)"))
	require.Error(t, c.SetImage([]byte("not a database")))
	require.Error(t, c.SetImage(make([]byte, 4096)), "an image with another page size or none")
	require.Equal(t, []string{"t"}, texts(t, c, "SELECT name FROM sqlite_schema"))
}
