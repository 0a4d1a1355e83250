package emulator

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// transferAnswer is transferStatus as a client reads it.
type transferAnswer struct {
	Success    bool
	Type       string
	AtBookmark string `json:"at_bookmark"`
	Messages   []string
	Status     string
	Error      string
	Filename   string
	UploadURL  string `json:"upload_url"`
	Result     struct {
		Filename      string
		SignedURL     string `json:"signed_url"`
		NumQueries    int64  `json:"num_queries"`
		FinalBookmark string `json:"final_bookmark"`
		Meta          struct {
			Changes     int64
			RowsWritten int64 `json:"rows_written"`
			SizeAfter   int64 `json:"size_after"`
			ChangedDB   bool  `json:"changed_db"`
		}
	}
}

// transfer makes one call of /export or /import, which must succeed.
func (c *client) transfer(what string, body any) transferAnswer {
	c.t.Helper()
	w := c.send("POST", "/"+c.db+"/"+what, body)
	var a transferAnswer
	require.Empty(c.t, decodeEnvelope(c.t, w, &a), "%v", body)
	require.NotNil(c.t, a.Messages)
	require.Equal(c.t, what, a.Type)
	want := http.StatusOK
	if a.Status == "active" {
		want = http.StatusAccepted
	}
	require.Equal(c.t, want, w.Code)
	return a
}

// finish polls until a transfer is no longer active.
func (c *client) finish(what string, a transferAnswer) transferAnswer {
	c.t.Helper()
	at := a.AtBookmark
	for a.Status == "active" {
		a = c.transfer(what, poll(what, at))
		require.Equal(c.t, at, a.AtBookmark)
	}
	return a
}

func poll(what, bookmark string) m {
	if what == "export" {
		return m{"output_format": "polling", "current_bookmark": bookmark}
	}
	return m{"action": "poll", "current_bookmark": bookmark}
}

// fetch makes a request to a signed URL.
func (c *client) fetch(method, signed string, body string, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(method, signed, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	return w
}

// export gives a dump.
func (c *client) export(options m) string {
	c.t.Helper()
	a := c.finish("export", c.transfer("export", m{"output_format": "polling", "dump_options": options}))
	require.Equal(c.t, "complete", a.Status, a.Error)
	w := c.fetch("GET", a.Result.SignedURL, "")
	require.Equal(c.t, http.StatusOK, w.Code)
	return w.Body.String()
}

func etag(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// upload brings a file to the server, and gives the name it has there.
func (c *client) upload(text string) string {
	c.t.Helper()
	a := c.transfer("import", m{"action": "init", "etag": etag(text)})
	require.True(c.t, a.Success)
	require.Empty(c.t, a.Status)
	w := c.fetch("PUT", a.UploadURL, text)
	require.Equal(c.t, http.StatusOK, w.Code, w.Body)
	require.Equal(c.t, `"`+etag(text)+`"`, w.Header().Get("ETag"))
	return a.Filename
}

// startImport uploads a file and begins to import it.
func (c *client) startImport(text string) transferAnswer {
	c.t.Helper()
	name := c.upload(text)
	return c.transfer("import", m{"action": "ingest", "etag": etag(text), "filename": name})
}

func (c *client) importText(text string) transferAnswer {
	c.t.Helper()
	return c.finish("import", c.startImport(text))
}

const everything = `
CREATE TABLE "quoted ""name" (id INTEGER PRIMARY KEY AUTOINCREMENT, v, n NUMERIC, r REAL, s TEXT, b BLOB, g AS (id + 1), "select" DEFAULT 'x');
CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES "quoted ""name" (id), later REFERENCES zlast (k));
CREATE TABLE plain (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE strict (i INT, r REAL, a ANY) STRICT;
CREATE TABLE zlast (k TEXT PRIMARY KEY);
CREATE TABLE log (line);
CREATE VIEW aview AS SELECT id, s FROM "quoted ""name";
CREATE TRIGGER on_view INSTEAD OF INSERT ON aview BEGIN INSERT INTO log VALUES (NEW.s); END;
CREATE TRIGGER on_child AFTER INSERT ON child BEGIN INSERT INTO log VALUES ('child; ' || NEW.id); END;
CREATE UNIQUE INDEX by_s ON "quoted ""name" (s) WHERE s IS NOT NULL;
CREATE INDEX by_expression ON child (parent + 1);
INSERT INTO "quoted ""name" (v, n, r, s, b) VALUES
	(1, 2, 3, 'it''s', x'00ff27'), (9223372036854775807, -9223372036854775808, 0.1, '', x''), (NULL, NULL, NULL, NULL, NULL),
	(1.0, 1e300, -0.0, char(10), x'0a'), (1e999, -1e999, 5e-324, 'a' || char(0) || 'b', zeroblob(1000)),
	(0.1 + 0.2, 1.7976931348623157e308, 2.2250738585072014e-308, 'line' || char(13,10) || '\n \r é😀', CAST('text' AS BLOB)),
	(CAST(x'ff41' AS TEXT), '12abc', 100000000000000000000, char(9,8,7,1,127,0xfeff), randomblob(3000)),
	('1', '1', '1', 'backslash \ ' || char(10), 1), (9007199254740993, 123456789012345678, 9007199254740993.0, char(13), 'text');
INSERT INTO zlast VALUES ('z');
INSERT INTO child VALUES (10, 1, 'z'), (-5, NULL, NULL);
INSERT INTO plain VALUES (1, 2), ('b', x'00');
INSERT INTO strict VALUES (1, 2, '3'), (NULL, 1.5, x'04');
DELETE FROM "quoted ""name" WHERE id = 9;
ANALYZE`

func TestRoundTrip(t *testing.T) {
	for name, opts := range map[string]Options{"memory": {}, "folder": {Dir: t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			c := newClientOf(t, opts)
			a := c.importText(everything)
			require.Equal(t, "complete", a.Status, a.Error)
			require.Equal(t, c.bookmark(), a.Result.FinalBookmark)
			dump := c.export(nil)
			require.True(t, strings.HasPrefix(dump, "PRAGMA defer_foreign_keys=TRUE;\n"))

			info, err := c.server.CreateDatabase("copy")
			require.NoError(t, err)
			second := &client{t: t, server: c.server, db: info.UUID}
			a = second.importText(dump)
			require.Equal(t, "complete", a.Status, a.Error)
			require.Equal(t, int64(strings.Count(dump, ";\n")), a.Result.NumQueries)
			require.Equal(t, rowsOf(t, c), rowsOf(t, second))
			require.Equal(t, dump, second.export(nil))
		})
	}
}

// rowsOf is what a dump should keep: everything but the places of pages and the order in the schema.
func rowsOf(t *testing.T, c *client) string {
	db := c.database()
	text := queryText(t, db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2")
	for _, query := range queriesOfTables(t, db) {
		text += query + "\n" + queryText(t, db, query)
	}
	return text
}

func TestDumpOptions(t *testing.T) {
	c := newClient(t)
	c.run(`CREATE TABLE a (x); CREATE TABLE "b" (y); INSERT INTO a VALUES (1), (NULL); INSERT INTO "b" VALUES ('it''s');
		CREATE INDEX i ON a (x); CREATE VIEW v AS SELECT 1; CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END`)
	const (
		head = "PRAGMA defer_foreign_keys=TRUE;\n"
		a    = "CREATE TABLE a (x);\n"
		rows = "INSERT INTO \"a\" VALUES(1);\nINSERT INTO \"a\" VALUES(NULL);\n"
		b    = "CREATE TABLE IF NOT EXISTS \"b\" (y);\n"
		row  = "INSERT INTO \"b\" VALUES('it''s');\n"
		rest = "CREATE INDEX i ON a (x);\nCREATE VIEW v AS SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;\n"
	)
	for _, tt := range []struct {
		options m
		want    string
	}{
		{nil, head + a + b + rows + row + rest},
		{m{"no_data": true}, head + a + b + rest},
		{m{"no_schema": true}, head + rows + row},
		{m{"no_schema": true, "no_data": true}, head},
		{m{"tables": []string{}}, head + a + b + rows + row + rest},
		{m{"tables": []string{"b"}}, head + b + row},
		{m{"tables": []string{"a", "i"}, "no_data": true}, head + a + "CREATE INDEX i ON a (x);\n"},
		{m{"tables": []string{"nope"}}, head},
	} {
		require.Equal(t, tt.want, c.export(tt.options), "%v", tt.options)
	}
}

// The counters' table stays when its last AUTOINCREMENT table goes; a dump must not count on it.
func TestDumpAfterAutoincrement(t *testing.T) {
	c, second := newClient(t), newClient(t)
	c.run("CREATE TABLE a (x INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE a; CREATE TABLE b (y)")
	a := second.importText(c.export(nil))
	require.Equal(t, "complete", a.Status, a.Error)
}

func TestDumpOfVirtualTables(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE a (x)")
	c.run("CREATE VIRTUAL TABLE f USING fts5 (x)")
	a := c.finish("export", c.transfer("export", m{"output_format": "polling"}))
	require.Equal(t, "error", a.Status)
	require.False(t, a.Success)
	require.Equal(t, "D1 Export error: cannot export databases with Virtual Tables (fts5)", a.Error)
	require.Contains(t, c.export(m{"tables": []string{"a"}}), "CREATE TABLE a (x);")
}

func TestExportDuringWrites(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (a); INSERT INTO t VALUES (0)")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// Two rows a request: a dump with one of them would be of no state at all. A refusal is fine.
			w := c.send("POST", "/"+c.db+"/raw", batch(stmt("INSERT INTO t VALUES (?1)", fmt.Sprint(i)), stmt("INSERT INTO t VALUES (?1)", fmt.Sprint(i))))
			if w.Code != http.StatusOK && !strings.Contains(w.Body.String(), errBusy.message) {
				panic(w.Body.String())
			}
		}
	}()
	dumps := make(map[string]string) // by bookmark
	last := c.bookmark()
	for range 20 {
		assert.Eventually(t, func() bool { return c.bookmark() > last }, 10*time.Second, time.Millisecond)
		a := c.finish("export", c.transfer("export", m{"output_format": "polling"}))
		if !assert.Equal(t, "complete", a.Status, a.Error) {
			break
		}
		last = a.AtBookmark
		dumps[last] = c.fetch("GET", a.Result.SignedURL, "").Body.String()
	}
	close(stop)
	<-stopped
	require.Equal(t, 20, len(dumps))
	for bookmark, dump := range dumps {
		require.Equal(t, 1, strings.Count(dump, "INSERT")%2, dump)
		c.restore(url.Values{"bookmark": {bookmark}})
		require.True(t, dump == c.export(nil), "the dump is that of the bookmark which names the export")
	}
}

func TestSignedDownloads(t *testing.T) {
	clock := newFakeClock()
	c := newClientOf(t, Options{Clock: clock, Token: "t"})
	c.run("CREATE TABLE t (a)")
	a := c.finish("export", c.transfer("export", m{"output_format": "polling"}))
	signed := a.Result.SignedURL
	require.Contains(t, signed, a.Result.Filename)
	whole := c.fetch("GET", signed, "")
	require.Equal(t, http.StatusOK, whole.Code)
	require.Equal(t, `"`+etag(whole.Body.String())+`"`, whole.Header().Get("ETag"))
	require.Equal(t, fmt.Sprint(whole.Body.Len()), whole.Header().Get("Content-Length"))
	head := c.fetch("HEAD", signed, "")
	require.Equal(t, http.StatusOK, head.Code)
	require.Zero(t, head.Body.Len())
	part := c.fetch("GET", signed, "", "Range", "bytes=7-", "If-Range", whole.Header().Get("ETag"))
	require.Equal(t, http.StatusPartialContent, part.Code)
	require.Equal(t, whole.Body.String()[7:], part.Body.String())

	other := strings.Replace(signed, a.Result.Filename, "other.sql", 1)
	u, err := url.Parse(signed)
	require.NoError(t, err)
	query := u.Query()
	query.Set("expires", "9999999999999")
	u.RawQuery = query.Encode()
	for name, tt := range map[string]struct {
		method, url string
		header      []string
		code        int
		message     string
	}{
		"a token too":      {"GET", signed, []string{"Authorization", "Bearer t"}, 400, "Only one auth mechanism allowed"},
		"another file":     {"GET", other, nil, 403, "SignatureDoesNotMatch"},
		"another method":   {"PUT", signed, nil, 403, "SignatureDoesNotMatch"},
		"another expiry":   {"GET", u.String(), nil, 403, "SignatureDoesNotMatch"},
		"no signature":     {"GET", strings.Split(signed, "?")[0], nil, 403, "SignatureDoesNotMatch"},
		"a range too far":  {"GET", signed, []string{"Range", "bytes=999999-"}, 416, ""},
		"a path like ours": {"GET", "http://x/d1-files/", nil, 404, "7003"},
	} {
		w := c.fetch(tt.method, tt.url, "", tt.header...)
		require.Equal(t, tt.code, w.Code, name)
		require.Contains(t, w.Body.String(), tt.message, name)
	}
	clock.advance(time.Hour - 1)
	require.Equal(t, http.StatusOK, c.fetch("GET", signed, "").Code)
	clock.advance(1)
	expired := c.fetch("GET", signed, "")
	require.Equal(t, http.StatusForbidden, expired.Code)
	require.Contains(t, expired.Body.String(), "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
}

// A RoundTripper may call the handler without any server in between.
func TestSignedURLsWithoutAServer(t *testing.T) {
	c := newClient(t)
	r, err := http.NewRequestWithContext(t.Context(), "POST", "https://fake.test/client/v4/accounts/a/d1/database/"+c.db+"/import",
		strings.NewReader(`{"action":"init","etag":"`+etag("x")+`"}`))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer t")
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	var a transferAnswer
	require.Empty(t, decodeEnvelope(t, w, &a))
	require.True(t, strings.HasPrefix(a.UploadURL, "https://fake.test/d1-files/"), a.UploadURL)
	require.Equal(t, http.StatusOK, c.fetch("PUT", a.UploadURL, "x").Code)
}

func TestSignedURLsFollowTheMount(t *testing.T) {
	c := newClient(t)
	outer := http.StripPrefix("/mock", c.server)
	server := httptest.NewServer(outer)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/mock/client/v4/accounts/a/d1/database/"+c.db+"/import",
		strings.NewReader(`{"action":"init","etag":"`+etag("x")+`"}`))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer t")
	resp, err := server.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	var body struct{ Result transferAnswer }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
	require.True(t, strings.HasPrefix(body.Result.UploadURL, server.URL+"/mock/client/v4/d1-files/"), body.Result.UploadURL)
	put, err := http.NewRequestWithContext(t.Context(), "PUT", body.Result.UploadURL, strings.NewReader("x"))
	require.NoError(t, err)
	resp, err = server.Client().Do(put)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	require.Equal(t, http.StatusOK, resp.StatusCode)
}
