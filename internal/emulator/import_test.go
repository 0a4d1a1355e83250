package emulator

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	lib "modernc.org/sqlite/lib"
	"pgregory.net/rapid"
)

func TestImport(t *testing.T) {
	c := newClient(t)
	const script = "-- a comment\nCREATE TABLE t (a);\n;\n/* another; */ INSERT INTO t VALUES (1), (2);\nSELECT * FROM t; -- the end"
	before := c.bookmark()
	a := c.importText(script)
	require.Equal(t, "complete", a.Status, a.Error)
	require.True(t, a.Success)
	require.Equal(t, before, a.AtBookmark)
	require.Greater(t, a.Result.FinalBookmark, before)
	require.Equal(t, c.bookmark(), a.Result.FinalBookmark)
	require.Equal(t, int64(3), a.Result.NumQueries)
	require.Equal(t, int64(2), a.Result.Meta.Changes)
	require.True(t, a.Result.Meta.ChangedDB)
	require.Positive(t, a.Result.Meta.SizeAfter)
	require.Contains(t, a.Messages, "Processed 3 queries.")
	require.Equal(t, "[[1],[2]]", c.run("SELECT a FROM t").rows(t))

	again := c.transfer("import", poll("import", a.AtBookmark))
	require.Equal(t, a.Result, again.Result, "polled after completion")
	require.Empty(t, again.Messages, "each line is told once")
}

func TestImportOfAFileThatIsThere(t *testing.T) {
	const script = "INSERT INTO t VALUES (1)"
	c := newClient(t)
	c.run("CREATE TABLE t (a)")
	name := c.upload(script)
	count := func(want int) {
		t.Helper()
		require.Equal(t, fmt.Sprintf("[[%d]]", want), c.run("SELECT count(*) FROM t").rows(t))
	}
	count(0)
	// Without an upload_url the import has begun, as wrangler expects.
	a := c.transfer("import", m{"action": "init", "etag": etag(script)})
	require.Empty(t, a.UploadURL)
	require.Equal(t, name, a.Filename)
	require.Equal(t, "complete", c.finish("import", a).Status)
	count(1)
	// Who goes on to ingest joins it.
	ingest := m{"action": "ingest", "etag": etag(script), "filename": name}
	a = c.finish("import", c.transfer("import", ingest))
	require.Equal(t, "complete", a.Status)
	require.Equal(t, c.bookmark(), a.Result.FinalBookmark)
	count(1)
	// Asking twice imports twice.
	require.Equal(t, "complete", c.finish("import", c.transfer("import", ingest)).Status)
	count(2)
}

func TestImportFailures(t *testing.T) {
	for name, tt := range map[string]struct{ script, want string }{
		"syntax":      {"CREATE TABLE new (a); INSERT INTO t VALUES (2); selec;", `near "selec": syntax error at offset 1: SQLITE_ERROR`},
		"constraint":  {"INSERT INTO t VALUES (2); INSERT INTO t VALUES (1);", "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)"},
		"foreign key": {"PRAGMA defer_foreign_keys=TRUE; INSERT INTO c VALUES (5);", "FOREIGN KEY constraint failed"},
		"transaction": {"BEGIN TRANSACTION; INSERT INTO t VALUES (2); COMMIT;", "To execute a transaction, please use"},
		"refused":     {"INSERT INTO t VALUES (2); PRAGMA journal_mode = off;", "not authorized: SQLITE_AUTH"},
		"parameter":   {"INSERT INTO t VALUES (?);", "Wrong number of parameter bindings for SQL query."},
		"too long":    {"INSERT INTO t VALUES (2); INSERT INTO t VALUES ('" + strings.Repeat("x", maxSQLBytes) + "');", "statement too long: SQLITE_TOOBIG"},
		"incomplete":  {"INSERT INTO t VALUES (2); INSERT INTO t VALUES (3", "incomplete input: SQLITE_ERROR"},
		"NUL":         {"INSERT INTO t VALUES (2);\x00 INSERT INTO t VALUES (3);", "The file has a NUL character outside of a statement."},
		"empty":       {"", "No SQL statements detected."},
		"comment":     {"-- nothing", "No SQL statements detected."},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			c.run("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1); CREATE TABLE c (a REFERENCES t (a))")
			before, content := c.bookmark(), c.content()
			a := c.importText(tt.script)
			require.Equal(t, "error", a.Status)
			require.False(t, a.Success)
			require.Contains(t, a.Error, tt.want)
			require.Equal(t, before, c.bookmark())
			require.Equal(t, content, c.content())
			a = c.importText("INSERT INTO t VALUES (7)")
			require.Equal(t, "complete", a.Status, a.Error)
		})
	}
}

// Statements lie anywhere across the windows in which a file is read.
func TestImportOfALargeFile(t *testing.T) {
	c := newClient(t)
	var script strings.Builder
	script.WriteString("CREATE TABLE t (n INTEGER, s TEXT);")
	total, rows := 0, 0
	for script.Len() < 3*scriptWindow {
		n := (rows * 7919) % 90_000
		fmt.Fprintf(&script, "\nINSERT INTO t VALUES (%d, '%s;'); -- ;", n, strings.Repeat("é", n/2))
		total += n / 2
		rows++
	}
	require.Greater(t, script.Len(), spoolMemory*3/4)
	a := c.importText(script.String())
	require.Equal(t, "complete", a.Status, a.Error)
	require.Equal(t, int64(rows+1), a.Result.NumQueries)
	require.Equal(t, fmt.Sprintf("[[%d,%d]]", rows, total+rows), c.run("SELECT count(*), sum(length(s)) FROM t").rows(t))
	require.Len(t, c.export(nil), len(c.export(nil)))
}

// unending makes an import that runs until it is cancelled.
const unending = "CREATE TABLE new (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO new SELECT i FROM n WHERE i < 0"

func TestWhileATransferRuns(t *testing.T) {
	clock := newFakeClock()
	c := newClientOf(t, Options{Clock: clock})
	c.server.pollWait = 0
	c.run("CREATE TABLE t (a)")
	before := c.bookmark()
	a := c.startImport(unending)
	require.Equal(t, "active", a.Status)
	require.Equal(t, before, a.AtBookmark)
	require.Equal(t, "Currently processing a long-running import/export.", c.fails(stmt("SELECT 1")))
	for path, body := range map[string]m{
		"export":                                 {"output_format": "polling"},
		"time_travel/restore?bookmark=" + before: nil,
		"query":                                  stmt("SELECT 1"),
	} {
		w := c.send("POST", "/"+c.db+"/"+path, body)
		require.Equal(t, []message{{7500, errBusy.message}}, decodeEnvelope(t, w, nil), path)
	}
	require.Equal(t, before, c.bookmark(), "bookmarks can be had")
	other := c.transfer("export", poll("export", before))
	require.Equal(t, "Not currently exporting anything.", other.Error)

	// As long as it is polled, it goes on.
	for range 5 {
		clock.advance(pollTimeout - 1)
		require.Equal(t, "active", c.transfer("import", poll("import", before)).Status)
	}
	clock.advance(pollTimeout)
	c.server.pollWait = time.Minute // for the interrupt to arrive
	a = c.transfer("import", poll("import", before))
	require.Equal(t, "error", a.Status)
	require.Equal(t, "Cancelled due to no poll() received in 15000ms.", a.Error)
	require.Equal(t, before, c.bookmark())
	require.Equal(t, "[[0]]", c.run("SELECT count(*) FROM sqlite_schema WHERE name = 'new'").rows(t))
	clock.advance(24 * time.Hour)
	require.Equal(t, a.Error, c.transfer("import", poll("import", before)).Error, "and stays so")
}

// An export that waits for its turn can be cancelled too; a query ahead of it isn't refused.
func TestTransferThatWaits(t *testing.T) {
	clock := newFakeClock()
	c := newClientOf(t, Options{Clock: clock})
	db := c.database()
	_, release, err := db.acquire(t.Context())
	require.NoError(t, err)
	done := make(chan transferAnswer)
	go func() { done <- c.transfer("export", m{"output_format": "polling"}) }()
	require.Eventually(t, func() bool {
		clock.mu.Lock()
		defer clock.mu.Unlock()
		return len(clock.timers) == 1
	}, 10*time.Second, time.Millisecond)
	require.False(t, db.busy.Load())
	clock.advance(pollTimeout)
	a := <-done
	release()
	require.Equal(t, "active", a.Status)
	require.Equal(t, "[[1]]", c.run("SELECT 1").rows(t))
}

func TestCloseEndsTransfers(t *testing.T) {
	for name, end := range map[string]func(*client){
		"close":  func(c *client) { require.NoError(c.t, c.server.Close()) },
		"delete": func(c *client) { require.Empty(c.t, decodeEnvelope(c.t, c.send("DELETE", "/"+c.db, nil), nil)) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			c.server.pollWait = 0
			require.Equal(t, "active", c.startImport(unending).Status)
			end(c)
		})
	}
}

func TestTransferRefusals(t *testing.T) {
	c := newClient(t)
	name := c.upload("SELECT 1")
	for _, tt := range []struct{ path, body, want string }{
		{"export", `{}`, "Invalid property: output_format => Required"},
		{"export", `{"output_format":"file"}`, `Invalid property: output_format => Invalid literal value, expected "polling"`},
		{"export", `{"output_format":"polling","dump_options":{"no_data":"yes"}}`, "Invalid property: dump_options.no_data => Invalid input, received string"},
		{"export", `{"output_format":"polling","dump_options":{"tables":"t"}}`, "Invalid property: dump_options.tables => Invalid input, received string"},
		{"export", ``, "The request is malformed: Unexpected end of JSON input"},
		{"import", `{}`, "Invalid property: action => Invalid discriminator value. Expected 'init' | 'ingest' | 'poll'"},
		{"import", `{"action":5}`, "Invalid property: action => Invalid input, received number"},
		{"import", `{"action":"init"}`, "Invalid property: etag => Required"},
		{"import", `{"action":"init","etag":"abc"}`, "Invalid property: etag => Invalid"},
		{"import", `{"action":"ingest","etag":"` + etag("x") + `"}`, "Invalid property: filename => Required"},
		{"import", `{"action":"ingest","etag":"` + etag("x") + `","filename":"nope"}`, "Invalid property: filename => No file was uploaded as nope"},
		{"import", `{"action":"ingest","etag":"` + etag("x") + `","filename":"` + name + `"}`, "Invalid property: etag => The uploaded file has the ETag " + etag("SELECT 1")},
		{"import", `{"action":"poll"}`, "Invalid property: current_bookmark => Required"},
	} {
		w := c.send("POST", "/"+c.db+"/"+tt.path, tt.body)
		require.Equal(t, []message{{7400, tt.want}}, decodeEnvelope(t, w, nil), tt.body)
		require.Equal(t, http.StatusBadRequest, w.Code)
	}
	for _, path := range []string{"export", "import"} {
		w := c.send("POST", "/nope/"+path, m{})
		require.Equal(t, 7404, decodeEnvelope(t, w, nil)[0].Code)
	}
	a := c.transfer("import", poll("import", "x"))
	require.False(t, a.Success)
	require.Equal(t, "Not currently importing anything.", a.Error)
}

func TestUploads(t *testing.T) {
	clock := newFakeClock()
	c := newClientOf(t, Options{Clock: clock})
	a := c.transfer("import", m{"action": "init", "etag": etag("SELECT 1")})
	require.Equal(t, `"`+etag("SELECT 2")+`"`, c.fetch("PUT", a.UploadURL, "SELECT 2").Header().Get("ETag"), "of what came")
	require.NotEmpty(t, c.transfer("import", m{"action": "init", "etag": etag("SELECT 1")}).UploadURL, "another file isn't this one")
	require.Equal(t, http.StatusForbidden, c.fetch("GET", a.UploadURL, "").Code)
	require.Equal(t, http.StatusBadRequest, c.fetch("PUT", a.UploadURL, "SELECT 1", "Authorization", "Bearer t").Code)
	clock.advance(urlLifetime)
	require.Equal(t, http.StatusForbidden, c.fetch("PUT", a.UploadURL, "SELECT 1").Code)
	w := c.send("POST", "/"+c.db+"/import", m{"action": "ingest", "etag": etag("SELECT 2"), "filename": a.Filename})
	require.Equal(t, 7400, decodeEnvelope(t, w, nil)[0].Code, "uploads expire")

	large := "SELECT 1; -- " + strings.Repeat("x", 2*spoolMemory)
	c.upload(large)
	clock.advance(3 * urlLifetime)
	c.upload("SELECT 3")
	require.Len(t, c.database().files.named, 1, "the others are gone")
}

// SQLite reads back every literal of a dump as the value it was made from.
func TestLiterals(t *testing.T) {
	c := newClient(t)
	db := c.database()
	d := &dumper{db: db}
	var err error
	d.same, err = db.prepareOwn(sameFloat)
	require.NoError(t, err)
	defer d.same.Finalize()
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a\\nr'\n\r]{0,8}`), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	bits := rapid.Map(rapid.Uint64(), math.Float64frombits)
	rapid.Check(t, func(rt *rapid.T) {
		s := text.Draw(rt, "text")
		literal := string(appendLiteral(nil, []byte(s)))
		stmt, err := db.prepareOwn("SELECT " + literal)
		require.NoError(rt, err)
		defer stmt.Finalize()
		_, err = stmt.Step()
		require.NoError(rt, err)
		require.Equal(rt, int32(lib.SQLITE_TEXT), stmt.ColumnType(0))
		require.Equal(rt, s, string(stmt.ColumnText(0)), literal)
		f := bits.Draw(rt, "float")
		if math.IsNaN(f) {
			return // can't be stored
		}
		d.buf = d.buf[:0]
		require.NoError(rt, d.float(f))
		number, err := db.prepareOwn("SELECT " + string(d.buf))
		require.NoError(rt, err)
		defer number.Finalize()
		_, err = number.Step()
		require.NoError(rt, err)
		require.Equal(rt, int32(lib.SQLITE_FLOAT), number.ColumnType(0))
		require.Equal(rt, math.Float64bits(f), math.Float64bits(number.ColumnFloat(0)), "%s", d.buf)
	})
}
