package emulator

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"
)

// bookmark asks for the present bookmark.
func (c *client) bookmark() string {
	c.t.Helper()
	return c.bookmarkAt("")
}

func (c *client) bookmarkAt(timestamp string) string {
	c.t.Helper()
	var result bookmarkResult
	w := c.send("GET", "/"+c.db+"/time_travel/bookmark?"+url.Values{"timestamp": {timestamp}}.Encode(), nil)
	require.Empty(c.t, decodeEnvelope(c.t, w, &result))
	return result.Bookmark
}

func (c *client) restore(query url.Values) restoreResult {
	c.t.Helper()
	var result restoreResult
	w := c.send("POST", "/"+c.db+"/time_travel/restore?"+query.Encode(), nil)
	require.Empty(c.t, decodeEnvelope(c.t, w, &result))
	require.NotEmpty(c.t, result.Message)
	require.Equal(c.t, result.Bookmark, c.bookmark())
	return result
}

// content is the schema and every row of every table and index, as text, after an integrity check.
func (c *client) content() string {
	c.t.Helper()
	db := c.database()
	_, release, err := db.acquire(c.t.Context())
	require.NoError(c.t, err)
	defer release()
	check, err := db.ownText("PRAGMA integrity_check")
	require.NoError(c.t, err)
	require.Equal(c.t, "ok", check)
	var all strings.Builder
	for _, query := range append([]string{"SELECT type, name, tbl_name, sql FROM sqlite_schema"}, queriesOfTables(c.t, db)...) {
		all.WriteString(query + "\n" + queryText(c.t, db, query))
	}
	return all.String()
}

func queriesOfTables(t testing.TB, db *database) (queries []string) {
	defer db.gate.trust()()
	stmt, err := db.prepareOwn("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
	require.NoError(t, err)
	defer stmt.Finalize()
	for {
		row, err := stmt.Step()
		require.NoError(t, err)
		if !row {
			return queries
		}
		queries = append(queries, "SELECT * FROM "+quoteName(string(stmt.ColumnText(0))))
	}
}

// queryText is the rows of a query: their types, and values that differ in any bit differ in it.
func queryText(t testing.TB, db *database, query string) string {
	defer db.gate.trust()()
	stmt, err := db.prepareOwn(query)
	require.NoError(t, err)
	defer stmt.Finalize()
	var text strings.Builder
	for {
		row, err := stmt.Step()
		require.NoError(t, err)
		if !row {
			return text.String()
		}
		for i := range stmt.ColumnCount() {
			kind := stmt.ColumnType(i) // before reading the value as bytes converts it
			value := string(stmt.ColumnBlob(i))
			if kind == lib.SQLITE_FLOAT {
				value = strconv.FormatFloat(stmt.ColumnFloat(i), 'x', -1, 64)
			}
			fmt.Fprintf(&text, "%d ", kind)
			if len(value) < 100 {
				text.WriteString(value)
			} else {
				fmt.Fprintf(&text, "%d bytes, %x", len(value), sha256.Sum256([]byte(value)))
			}
			text.WriteByte('|')
		}
		text.WriteByte('\n')
	}
}

func TestRestoreToAnyCommit(t *testing.T) {
	for name, opts := range map[string]Options{"memory": {}, "folder": {Dir: t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			c := newClientOf(t, opts)
			random := rand.New(rand.NewPCG(3, 4))
			bookmarks, contents := []string{c.bookmark()}, []string{c.content()}
			for i := range 110 {
				switch random.IntN(6) {
				case 0:
					c.raw(batch(stmt(fmt.Sprintf("DROP TABLE IF EXISTS t%d", i%5)),
						stmt(fmt.Sprintf("CREATE TABLE t%d (a INTEGER PRIMARY KEY AUTOINCREMENT, b)", i%5)),
						stmt(fmt.Sprintf("CREATE INDEX i%d ON t%d (b)", i%5, i%5)),
						stmt(fmt.Sprintf("INSERT INTO t%d (b) VALUES (?1), (?1)", i%5), fmt.Sprint(i))))
				case 1:
					c.run("CREATE TABLE IF NOT EXISTS t (a, b)")
					c.run("DROP TABLE t") // up to two commits; the last one counts
				default:
					c.run("CREATE TABLE IF NOT EXISTS t (a, b)")
					c.raw(batch(stmt("INSERT INTO t SELECT ?1, randomblob(?2)", fmt.Sprint(i), fmt.Sprint(random.IntN(9000))),
						stmt("DELETE FROM t WHERE a % 5 = ?1 + 0 AND a < ?2 + 0", fmt.Sprint(i%5), fmt.Sprint(i))))
				}
				if now := c.bookmark(); now != bookmarks[len(bookmarks)-1] {
					bookmarks, contents = append(bookmarks, now), append(contents, c.content())
				}
			}
			require.True(t, slices.IsSorted(bookmarks))
			require.Greater(t, len(bookmarks), 100)
			present := contents[len(contents)-1]
			for range 100 {
				i := random.IntN(len(bookmarks))
				result := c.restore(url.Values{"bookmark": {bookmarks[i]}})
				require.Equal(t, contents[i], c.content(), "commit %d", i)
				require.Greater(t, result.Bookmark, result.PreviousBookmark)
				if random.IntN(4) == 0 { // undo; otherwise the next one starts from here
					c.restore(url.Values{"bookmark": {result.PreviousBookmark}})
					require.Equal(t, present, c.content())
				} else {
					present = contents[i]
				}
			}
		})
	}
}

func TestWhatMakesABookmark(t *testing.T) {
	c := newClient(t)
	first := c.bookmark()
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$`, first)
	c.run("SELECT 1")
	c.run("CREATE TABLE IF NOT EXISTS _t (a)")
	second := c.bookmark()
	require.Greater(t, second, first)
	for _, sql := range []string{"CREATE TABLE IF NOT EXISTS _t (a)", "DELETE FROM _t WHERE a = 1", "SELECT * FROM _t", "UPDATE _t SET a = 1"} {
		c.run(sql)
		require.Equal(t, second, c.bookmark(), sql)
	}
	c.fails(batch(stmt("INSERT INTO _t VALUES (1)"), stmt("SELECT nope")))
	require.Equal(t, second, c.bookmark(), "a rollback")
	c.run("PRAGMA defer_foreign_keys = on; CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p)")
	third := c.bookmark()
	c.fails(batch(stmt("PRAGMA defer_foreign_keys = on"), stmt("INSERT INTO c VALUES (1)")))
	require.Equal(t, third, c.bookmark(), "a failed commit")
}

func TestTimestamps(t *testing.T) {
	clock := newFakeClock()
	c := newClientOf(t, Options{Clock: clock})
	created := c.bookmark()
	clock.advance(10 * time.Second)
	c.run("CREATE TABLE t (a)")
	table := c.bookmark()
	clock.advance(10 * time.Second)
	c.run("INSERT INTO t VALUES (1)")
	c.run("INSERT INTO t VALUES (2)")
	rows := c.bookmark()
	for timestamp, want := range map[string]string{
		"2026-01-02T03:04:05Z":             created,
		"2026-01-02T03:04:14.999Z":         created,
		"2026-01-02T03:04:15Z":             table,
		"2026-01-02T03:04:15.000Z":         table,
		"2026-01-02T05:04:24.999999+02:00": table,
		"2026-01-02T03:04:24":              table,
		"2026-01-02T03:04:25Z":             rows,
		"2026-01-02T03:05Z":                rows,
		"2026-01-03":                       rows,
		"2999-01-01T00:00:00Z":             rows,
	} {
		require.Equal(t, want, c.bookmarkAt(timestamp), timestamp)
	}
	c.restore(url.Values{"timestamp": {"2026-01-02T03:04:20Z"}})
	require.Equal(t, "[]", c.run("SELECT * FROM t").rows(t))
	clock.advance(-time.Hour)
	c.run("INSERT INTO t VALUES (3)")
	require.Equal(t, c.bookmark(), c.bookmarkAt("2026-01-02T03:04:25Z"), "a clock that goes back doesn't disorder commits")
}

func TestTimeTravelRefusals(t *testing.T) {
	c, other := newClient(t), newClient(t)
	c.run("CREATE TABLE t (a)")
	for _, tt := range []struct{ method, path, want string }{
		{"GET", "bookmark?timestamp=yesterday", "Invalid property: timestamp => Invalid date"},
		{"GET", "bookmark?timestamp=1999-01-01", "Invalid property: timestamp => 1999-01-01 is before the oldest bookmark that is kept"},
		{"POST", "restore", "Invalid property: bookmark => Required if timestamp is not provided"},
		{"POST", "restore?bookmark=a&timestamp=b", "Invalid property: timestamp => Not allowed together with bookmark"},
		{"POST", "restore?timestamp=b", "Invalid property: timestamp => Invalid date"},
		{"POST", "restore?bookmark=a", "Invalid property: bookmark => a is not a bookmark of this database, or no longer kept"},
		{"POST", "restore?bookmark=" + other.bookmark(), "Invalid property: bookmark => " + other.bookmark() + " is not a bookmark of this database, or no longer kept"},
	} {
		before := c.bookmark()
		w := c.send(tt.method, "/"+c.db+"/time_travel/"+tt.path, nil)
		require.Equal(t, []message{{7400, tt.want}}, decodeEnvelope(t, w, nil))
		require.Equal(t, before, c.bookmark())
	}
	for method, path := range map[string]string{"GET": "bookmark", "POST": "restore?bookmark=x"} {
		w := c.send(method, "/nope/time_travel/"+path, nil)
		require.Equal(t, 7404, decodeEnvelope(t, w, nil)[0].Code)
	}
}

func TestRestoreForgetsTheLastRowid(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (7)")
	c.restore(url.Values{"bookmark": {c.bookmark()}})
	require.Equal(t, "[[0,1]]", c.run("SELECT last_insert_rowid(), count(*) FROM t").rows(t))
}

func TestHistoryLimits(t *testing.T) {
	for name, opts := range map[string]Options{
		"bytes": {HistoryBytes: 100_000},
		"age":   {HistoryAge: 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newFakeClock()
			opts.Clock = clock
			c := newClientOf(t, opts)
			var bookmarks []string
			for range 30 {
				c.run("CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (randomblob(3000))")
				bookmarks = append(bookmarks, c.bookmark())
				clock.advance(time.Minute)
			}
			h := &c.database().history
			require.LessOrEqual(t, h.bytes, h.maxBytes)
			kept := len(h.states)
			require.Greater(t, kept, 5)
			require.Less(t, kept, 20)
			w := c.send("POST", "/"+c.db+"/time_travel/restore?bookmark="+bookmarks[30-kept-1], nil)
			require.Equal(t, 7400, decodeEnvelope(t, w, nil)[0].Code)
			c.restore(url.Values{"bookmark": {bookmarks[30-kept+1]}})
			require.Equal(t, fmt.Sprintf("[[%d]]", 30-kept+2), c.run("SELECT count(*) FROM t").rows(t))
		})
	}
}

// A commit larger than the whole history is one that can't be undone, and nothing else.
func TestHistoryOfOneLargeCommit(t *testing.T) {
	c := newClientOf(t, Options{HistoryBytes: 1000})
	c.run("CREATE TABLE t (a)")
	c.run("INSERT INTO t VALUES (zeroblob(100000))")
	c.run("UPDATE t SET a = randomblob(100000)")
	require.Len(t, c.database().history.states, 1)
	c.restore(url.Values{"bookmark": {c.bookmark()}})
	require.Equal(t, "[[100000]]", c.run("SELECT length(a) FROM t").rows(t))
}

func TestBookmarksAfterReopening(t *testing.T) {
	opts := Options{Dir: t.TempDir()}
	var last string
	for range 3 {
		s, err := New(opts)
		require.NoError(t, err)
		info, ok := s.Lookup("test")
		if !ok {
			info, err = s.CreateDatabase("test")
			require.NoError(t, err)
		}
		c := &client{t: t, server: s, db: info.UUID}
		first := c.bookmark()
		require.Greater(t, first, last)
		c.run("CREATE TABLE IF NOT EXISTS t (a); INSERT INTO t VALUES (1)")
		last = c.bookmark()
		require.Greater(t, last, first)
		require.NoError(t, s.Close())
	}
}
