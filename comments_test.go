package d1_test

import (
	"database/sql"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// sentTexts are the SQL texts of the requests since the last call.
func sentTexts(t *testing.T, srv *d1test.Server) (list []string) {
	t.Helper()
	type statement struct{ SQL string }
	for _, r := range srv.Requests() {
		var one struct {
			statement
			Batch []statement
		}
		require.NoError(t, json.Unmarshal(r.Body, &one))
		if one.Batch == nil {
			one.Batch = []statement{one.statement}
		}
		for _, s := range one.Batch {
			list = append(list, s.SQL)
		}
	}
	srv.Reset()
	return list
}

// TestComments: comments around a statement, by which programs name their queries
// and pass traces on, travel with it.
func TestComments(t *testing.T) {
	srv, db := counted(t, []string{"CREATE TABLE t(a)"})
	const before, behind = "-- name: Add :exec\n", " /*traceparent='00-1;'*/"
	insert := before + "INSERT INTO t(a) VALUES(?)" + behind
	want := before + "INSERT INTO t(a) VALUES(~~?)" + behind

	_, err := db.Exec("\n  "+insert+"\n;\n-- the end", 1)
	require.NoError(t, err)
	_, err = new(d1.Batch).Add(insert, 1).Add("DELETE FROM t /* all */; /* then */ SELECT 1").Exec(t.Context(), db)
	require.NoError(t, err)
	require.Equal(t, []string{want, want, "DELETE FROM t /* all */", "/* then */ SELECT 1"}, sentTexts(t, srv))

	// Prepared: the check does without, so that it is not repeated.
	for _, id := range []string{"1", "2"} {
		stmt, err := db.Prepare("INSERT INTO t(a) VALUES(?) /* " + id + " */")
		require.NoError(t, err)
		_, err = stmt.Exec("x")
		require.NoError(t, err)
		require.NoError(t, stmt.Close())
	}
	require.Equal(t, []string{"EXPLAIN INSERT INTO t(a) VALUES(?)", "INSERT INTO t(a) VALUES(?) /* 1 */", "INSERT INTO t(a) VALUES(?) /* 2 */"}, sentTexts(t, srv))

	// In a transaction: what is logged and not looked at, and reads before.
	tx := begin(t, db, nil)
	requireRows(t, tx, "SELECT count(*) FROM t -- first", "2")
	_, err = tx.Exec(insert, 1)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	texts := sentTexts(t, srv)
	require.Equal(t, "SELECT count(*) FROM t -- first", texts[0])
	require.Equal(t, want, texts[2])

	// One that would become too long goes without.
	_, err = db.Exec("SELECT 1 /* " + strings.Repeat("x", 100_000) + " */")
	require.NoError(t, err)
	require.Equal(t, []string{"SELECT 1"}, sentTexts(t, srv))
}

// TestCommentsNotKept: a comment behind a definition is no part of the schema, and
// one behind the last column none of its name.
func TestCommentsNotKept(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(a) -- t", "ALTER TABLE t ADD COLUMN b -- b", "CREATE INDEX i ON t(a) -- i", "CREATE VIEW v AS SELECT 1 /* v */")
		requireRows(t, db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('t','i','v') AND (sql LIKE '%--%' OR sql LIKE '%/*%')", "0")
		for query, want := range map[string]string{
			"SELECT 1 -- c\r\n": "1", "SELECT 1 /* c */ ": "1", `SELECT 1 AS "x /* c */" /* c */`: "x /* c */",
			"INSERT INTO t(a) VALUES(1) RETURNING a+1 -- x\r\n": "a+1",
		} {
			rows, err := db.Query(query)
			require.NoError(t, err, query)
			columns, err := rows.Columns()
			require.NoError(t, err)
			require.NoError(t, rows.Close())
			require.Equal(t, []string{want}, columns, query)
		}
	})
}

// TestCommentsCoalesced: they travel in a request with others, too.
func TestCommentsCoalesced(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, srv.DSN()+"&coalesce=50ms")
	const text = "SELECT ? /* x */"
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			var got int
			if err := db.QueryRow(text, i).Scan(&got); err != nil || got != i {
				t.Errorf("%d: %v", got, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, []string{"SELECT ~~? /* x */", "SELECT ~~? /* x */"}, sentTexts(t, srv))
}

// TestCommentsHarmless runs statements in comments in every way: they change no
// result, and no name of a column.
func TestCommentsHarmless(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(a) -- t", "/* one */ INSERT INTO t VALUES(1) -- one")
		tx := begin(t, db, nil)
		dirty := begin(t, db, nil)
		run(t, dirty, "-- w\nUPDATE t SET a=a -- w")
		for _, on := range []execer{db, tx, dirty} {
			for text, name := range map[string]string{
				"-- it's ;\nSELECT a+? FROM t -- end": "a+?", "/* a */ SELECT ?+1 /* ; */;": "?+1", "SELECT a+? /*?*/FROM t": "a+? /*?*/", "/*/ SELECT 2 */SELECT 1, ? /* open": "?",
				"SELECT ?+1 -- last": "?+1",
			} {
				rows, err := on.QueryContext(t.Context(), text, 1)
				require.NoError(t, err, text)
				columns, err := rows.Columns()
				require.NoError(t, err)
				require.Equal(t, name, columns[len(columns)-1], text)
				require.True(t, rows.Next(), text)
				require.NoError(t, rows.Close())
			}
			rows, err := read(on, "/* r */ INSERT INTO t VALUES(?) RETURNING a+1 -- r\n; -- s", 5)
			require.NoError(t, err)
			require.Equal(t, []string{"6"}, rows)
		}
	})
}
