package extras

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

const script = `CREATE TABLE parents(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE children(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents(id), data BLOB, number REAL);
CREATE INDEX children_parent ON children(parent);
CREATE VIEW names AS SELECT name FROM parents;
INSERT INTO parents VALUES(1,'it''s; one'),(2,'zwei` + "\n" + `lines'),(9007199254740993,'exact');
INSERT INTO children VALUES(1,1,x'00ff',1.5),(2,2,NULL,-0.0),(3,NULL,x'',1e300);
CREATE TRIGGER t AFTER INSERT ON parents BEGIN UPDATE parents SET name = name || ';'; END;
`

// What is exported, imported and exported again stays the same.
func TestRoundTrip(t *testing.T) {
	srv := d1test.New(t)
	c := emulated(t, srv)
	ctx := t.Context()
	result, err := c.Import(ctx, strings.NewReader(script), ImportOptions{})
	require.NoError(t, err)
	require.True(t, result.Uploaded)
	require.Positive(t, result.NumQueries)
	now, err := c.Bookmark(ctx)
	require.NoError(t, err)
	require.Equal(t, now, result.FinalBookmark)

	var first strings.Builder
	exported, err := c.Export(ctx, &first, ExportOptions{})
	require.NoError(t, err)
	require.EqualValues(t, first.Len(), exported.Bytes)
	require.Equal(t, now, exported.Bookmark)

	cfg, err := d1.ParseDSN(srv.DSNOf(srv.CreateDatabase("second")))
	require.NoError(t, err)
	other, err := Open(*cfg)
	require.NoError(t, err)
	defer other.Close()
	_, err = other.Import(ctx, strings.NewReader(first.String()), ImportOptions{})
	require.NoError(t, err)
	var second strings.Builder
	_, err = other.Export(ctx, &second, ExportOptions{})
	require.NoError(t, err)
	require.Equal(t, first.String(), second.String())
	for _, sql := range []string{
		"SELECT CAST(id AS TEXT), name FROM parents ORDER BY id", "SELECT *, quote(number), quote(data) FROM children ORDER BY id",
		"SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY 1, 2",
	} {
		want, err := c.Raw(ctx, Statement{SQL: sql})
		require.NoError(t, err)
		got, err := other.Raw(ctx, Statement{SQL: sql})
		require.NoError(t, err)
		require.Equal(t, want[0].Rows, got[0].Rows)
		require.NotEmpty(t, got[0].Rows)
	}

	var part strings.Builder
	_, err = c.Export(ctx, &part, ExportOptions{NoData: true, Tables: []string{"parents"}})
	require.NoError(t, err)
	require.Contains(t, part.String(), "parents")
	require.NotContains(t, part.String(), "children")
	require.NotContains(t, part.String(), "INSERT")
	for _, r := range srv.Requests() {
		if strings.Contains(r.Path, "/accounts/") {
			continue
		}
		require.Empty(t, r.Header.Get("Authorization"), "%s %s", r.Method, r.Path)
	}
}

func TestFailedImportChangesNothing(t *testing.T) {
	c := emulated(t, d1test.New(t))
	_, err := c.Import(t.Context(), strings.NewReader("CREATE TABLE a(x); INSERT INTO nowhere VALUES(1);"), ImportOptions{})
	var e *d1.Error
	require.ErrorAs(t, err, &e)
	require.ErrorContains(t, err, "nowhere")
	require.Equal(t, d1.OutcomeRefused, e.Outcome)
	raw, err := c.Raw(t.Context(), Statement{SQL: "SELECT count(*) FROM sqlite_schema WHERE name = 'a'"})
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(0)}}, raw[0].Rows)
}

func TestExportOfVirtualTables(t *testing.T) {
	c := emulated(t, d1test.New(t))
	_, err := c.Raw(t.Context(), Statement{SQL: "CREATE VIRTUAL TABLE f USING fts5(x)"})
	require.NoError(t, err)
	_, err = c.Export(t.Context(), &strings.Builder{}, ExportOptions{})
	require.ErrorContains(t, err, "irtual")
}

func TestTimeTravel(t *testing.T) {
	c := emulated(t, d1test.New(t))
	ctx := t.Context()
	run := func(sql string) [][]any {
		t.Helper()
		raw, err := c.Raw(ctx, Statement{SQL: sql})
		require.NoError(t, err)
		return raw[0].Rows
	}
	run("CREATE TABLE t(x)")
	run("INSERT INTO t VALUES(1)")
	before, err := c.Bookmark(ctx)
	require.NoError(t, err)
	run("INSERT INTO t VALUES(2)")
	after, err := c.Bookmark(ctx)
	require.NoError(t, err)
	require.Less(t, before, after)
	at, err := c.BookmarkAt(ctx, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, after, at)

	back, err := c.Restore(ctx, RestoreOptions{Bookmark: before})
	require.NoError(t, err)
	require.Equal(t, after, back.PreviousBookmark)
	require.NotEmpty(t, back.Bookmark)
	require.Equal(t, [][]any{{int64(1)}}, run("SELECT x FROM t"))
	_, err = c.Restore(ctx, RestoreOptions{Bookmark: back.PreviousBookmark})
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(1)}, {int64(2)}}, run("SELECT x FROM t"))
	_, err = c.Restore(ctx, RestoreOptions{Time: time.Now().Add(time.Minute)})
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(1)}, {int64(2)}}, run("SELECT x FROM t"))

	_, err = c.Restore(ctx, RestoreOptions{Bookmark: "nonsense"})
	require.Error(t, err)
	_, err = c.BookmarkAt(ctx, time.Now().AddDate(-1, 0, 0))
	require.Error(t, err)
	for _, o := range []RestoreOptions{{}, {Bookmark: before, Time: time.Now()}} {
		_, err = c.Restore(ctx, o)
		require.ErrorIs(t, err, d1.ErrArguments)
	}
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_999_999, time.FixedZone("", 3600))
	require.Equal(t, "2026-01-02T02:04:05.006Z", timestamp(at))
}
