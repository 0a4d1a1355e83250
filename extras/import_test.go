package extras

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// needsUpload answers init with a URL of the store.
func (f *fake) needsUpload(int, importRequest) (int, any) {
	return 200, object{"success": true, "type": "import", "filename": "f.sql", "upload_url": f.URL + "/store/f.sql?signature=secret"}
}

func running(int, importRequest) (int, any) {
	return 202, object{"status": "active", "success": true, "at_bookmark": "b1", "messages": []string{"running"}}
}

func imported(int, importRequest) (int, any) {
	return 200, object{"status": "complete", "success": true, "type": "import", "at_bookmark": "b1", "messages": []string{"finished"},
		"result": object{"final_bookmark": "b2", "num_queries": 7, "meta": object{"rows_written": 5, "duration": 1.5, "timings": object{"sql_duration_ms": 0.5}}}}
}

func says(status int, result any) func(int, importRequest) (int, any) {
	return func(int, importRequest) (int, any) { return status, result }
}

func TestImport(t *testing.T) {
	readers := map[string]func(t *testing.T) io.Reader{
		"seeker": func(*testing.T) io.Reader { return strings.NewReader(dump) },
		"seeker in the middle": func(t *testing.T) io.Reader {
			r := strings.NewReader("-- not this\n" + dump)
			_, err := r.Seek(int64(r.Len()-len(dump)), io.SeekStart)
			require.NoError(t, err)
			return r
		},
		"stream": func(*testing.T) io.Reader { return io.MultiReader(strings.NewReader(dump)) },
		"pipe": func(t *testing.T) io.Reader { // an *os.File that can't seek
			r, w, err := os.Pipe()
			require.NoError(t, err)
			t.Cleanup(func() { r.Close() })
			go func() {
				io.WriteString(w, dump)
				w.Close()
			}()
			return r
		},
	}
	for name, reader := range readers {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.imp = func(n int, r importRequest) (int, any) {
				want := map[int]importRequest{
					1: {Action: "init", ETag: sum(dump)},
					2: {Action: "ingest", ETag: sum(dump), Filename: "f.sql"},
					3: {Action: "poll", CurrentBookmark: "b1"},
					4: {Action: "poll", CurrentBookmark: "b1"},
				}
				if want[n] != r {
					t.Errorf("step %d: %+v", n, r)
				}
				return sequence(f.needsUpload, running, says(202, object{}), imported)(n, r)
			}
			var got string
			f.put = stored(&got)
			temp := t.TempDir()
			var lines []string
			var phases []Phase
			result, err := f.client().Import(t.Context(), reader(t), ImportOptions{TempDir: temp, Progress: func(p Progress) {
				lines = append(lines, p.Messages...)
				if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
					phases = append(phases, p.Phase)
				}
			}})
			require.NoError(t, err)
			require.Equal(t, dump, got)
			require.Equal(t, "init PUT ingest poll poll", f.log())
			require.Equal(t, []string{"running", "finished"}, lines)
			require.Equal(t, []Phase{PhasePrepare, PhaseUpload, PhaseImport}, phases)
			require.EqualValues(t, 5, result.Meta.RowsWritten)
			require.Equal(t, 1500*time.Microsecond, result.Meta.Duration)
			require.Equal(t, 500*time.Microsecond, result.Meta.SQLDuration)
			result.Meta = Meta{}
			require.Equal(t, &ImportResult{Bytes: int64(len(dump)), Filename: "f.sql", Uploaded: true, NumQueries: 7, FinalBookmark: "b2"}, result)
			require.Empty(t, entries(t, temp))
		})
	}
}

func entries(t *testing.T, dir string) []os.DirEntry {
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	return list
}

// A dump that D1 has already is not uploaded again.
func TestImportAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		imp  func(int, importRequest) (int, any)
		log  string
	}{
		{"go on", sequence(says(200, object{"filename": "f.sql", "success": true}), imported), "init ingest"},
		{"begun", sequence(running, imported), "init poll"},
		{"begun, says the bookmark", sequence(says(200, object{"filename": "f.sql", "at_bookmark": "b1"}), imported), "init poll"},
		{"over", imported, "init"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.imp = tt.imp
			result, err := f.client().Import(t.Context(), strings.NewReader(dump), ImportOptions{})
			require.NoError(t, err)
			require.False(t, result.Uploaded)
			require.EqualValues(t, 7, result.NumQueries)
			require.Equal(t, tt.log, f.log())
		})
	}
}

func TestUploadRecovers(t *testing.T) {
	var got string
	// breaks reads a part of the body and breaks the connection.
	breaks := func(_ int, _ http.ResponseWriter, r *http.Request) {
		io.CopyN(io.Discard, r.Body, 1000)
		panic(http.ErrAbortHandler)
	}
	unread := func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) } // while the body is on its way
	for _, tt := range []struct {
		name string
		put  func(int, http.ResponseWriter, *http.Request)
		log  string
	}{
		{"cut", responses(breaks, breaks, stored(&got)), "init PUT PUT PUT ingest"},
		{"500, 429", responses(status(500, ""), status(429, ""), stored(&got)), "init PUT PUT PUT ingest"},
		{"answered early", responses(unread, stored(&got)), "init PUT PUT ingest"},
		{"stalls", nil, "init PUT PUT ingest"},
		{"URL expired", responses(status(403, ""), stored(&got)), "init PUT init PUT ingest"},
		{"URL expired later", responses(breaks, status(403, ""), breaks, stored(&got)), "init PUT PUT init PUT PUT ingest"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.imp = func(n int, r importRequest) (int, any) {
				if r.Action == "init" {
					return f.needsUpload(n, r)
				}
				return imported(n, r)
			}
			f.put, got = tt.put, ""
			if f.put == nil {
				f.put = responses(func(_ int, _ http.ResponseWriter, r *http.Request) {
					io.CopyN(io.Discard, r.Body, 1000)
					<-f.over
				}, stored(&got))
			}
			c := f.client()
			c.timing.stall = 500 * time.Millisecond
			result, err := c.Import(t.Context(), strings.NewReader(strings.Repeat(dump, 10)), ImportOptions{})
			require.NoError(t, err)
			require.True(t, result.Uploaded)
			require.Equal(t, strings.Repeat(dump, 10), got)
			require.Equal(t, tt.log, f.log())
		})
	}
}

func TestImportFails(t *testing.T) {
	var got string
	other := func(n int, w http.ResponseWriter, r *http.Request) {
		stored(&got)(n, w, r)
		w.Header().Set("ETag", `"`+sum("something else")+`"`)
	}
	withURL := func(url string) func(int, importRequest) (int, any) {
		return says(200, object{"filename": "f.sql", "upload_url": url})
	}
	tests := []struct {
		name string
		imp  []func(int, importRequest) (int, any) // after needsUpload, unless there is init
		init func(int, importRequest) (int, any)
		put  func(int, http.ResponseWriter, *http.Request) // nil: stores
		want string
		log  string

		outcome d1.Outcome
	}{
		{name: "init refused", init: says(400, "no"), want: "no", log: "init", outcome: d1.OutcomeUnknown},
		{name: "init without filename", init: says(200, object{}), want: "no filename", log: "init"},
		{name: "init says error", init: says(200, object{"status": "error", "error": "busy"}), want: "import failed: busy", log: "init", outcome: d1.OutcomeRefused},
		{name: "init lost", init: says(500, "lost"), want: "lost", log: "init", outcome: d1.OutcomeUnknown}, // it may begin to run a dump that is there
		{name: "upload not https", init: withURL("http://example.com/?signature=secret"), want: "not https", log: "init"},
		{name: "upload refused", put: status(403, ""), want: "has expired", log: "init PUT init PUT"},
		{name: "upload not possible", put: status(400, ""), want: "HTTP 400", log: "init PUT"},
		{name: "upload fails for ever", put: status(500, ""), want: "HTTP 500", log: "init PUT PUT PUT"},
		{name: "redirect", put: func(_ int, w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // else the connection may break before the answer is read
			http.Redirect(w, r, "/store/elsewhere", http.StatusTemporaryRedirect)
		}, want: "HTTP 307", log: "init PUT"},
		{name: "other ETag", put: other, want: "another text was stored", log: "init PUT"},
		{name: "no ETag", put: status(200, ""), want: "no ETag", log: "init PUT"},
		{name: "not stored", put: status(202, ""), want: "202", log: "init PUT"},
		{name: "ingest refused", imp: []func(int, importRequest) (int, any){says(400, "no such file")}, want: "no such file", log: "init PUT ingest", outcome: d1.OutcomeUnknown},
		{name: "ingest lost", imp: []func(int, importRequest) (int, any){says(0, nil)}, want: "no response", log: "init PUT ingest", outcome: d1.OutcomeUnknown},
		{name: "ingest fails", imp: []func(int, importRequest) (int, any){says(500, "internal")}, want: "internal", log: "init PUT ingest", outcome: d1.OutcomeUnknown},
		{name: "SQL error", imp: []func(int, importRequest) (int, any){running, says(200, object{"status": "error", "error": "no such table: x: SQLITE_ERROR"})},
			want: "import failed: no such table: x: SQLITE_ERROR", log: "init PUT ingest poll", outcome: d1.OutcomeRefused},
		{name: "poll when there is nothing", imp: []func(int, importRequest) (int, any){running, says(200, object{"success": false, "error": "Not currently importing anything."})},
			want: "Not currently importing", log: "init PUT ingest poll", outcome: d1.OutcomeUnknown},
		{name: "poll refused", imp: []func(int, importRequest) (int, any){running, says(404, "gone")}, want: "gone", log: "init PUT ingest poll", outcome: d1.OutcomeUnknown},
		{name: "no bookmark", imp: []func(int, importRequest) (int, any){says(202, object{"status": "active"})}, want: "no bookmark", log: "init PUT ingest", outcome: d1.OutcomeUnknown},
		{name: "unknown status", imp: []func(int, importRequest) (int, any){says(200, object{"status": "x"})}, want: "unknown status", log: "init PUT ingest", outcome: d1.OutcomeUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			init := tt.init
			if init == nil {
				init = f.needsUpload
			}
			steps := 0
			f.imp = func(n int, r importRequest) (int, any) {
				if r.Action == "init" {
					return init(n, r)
				}
				steps++
				return tt.imp[min(steps, len(tt.imp))-1](n, r)
			}
			if f.put = tt.put; f.put == nil {
				f.put = stored(&got)
			}
			temp := t.TempDir()
			_, err := f.client().Import(t.Context(), io.MultiReader(strings.NewReader(dump)), ImportOptions{TempDir: temp})
			var e *d1.Error
			require.ErrorAs(t, err, &e)
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, tt.outcome, e.Outcome, err)
			require.Equal(t, tt.outcome == d1.OutcomeUnknown, errors.Is(err, d1.ErrOutcomeUnknown))
			require.Equal(t, 1, strings.Count(err.Error(), "d1: "), err)
			for _, secret := range []string{"signature", "secret", fakeToken} {
				require.NotContains(t, err.Error(), secret)
			}
			require.Equal(t, tt.log, f.log())
			require.Empty(t, entries(t, temp))
		})
	}
}

// TestImportErrorCodes: an import that fails for its SQL has the codes of SQLite,
// as a query has.
func TestImportErrorCodes(t *testing.T) {
	db := openDB(t, d1test.New(t).DSN())
	c, err := FromDB(db)
	require.NoError(t, err)
	_, err = db.Exec("CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(1)")
	require.NoError(t, err)
	for script, want := range map[string]d1.ErrorCode{
		"INSERT INTO t VALUES(2); INSERT INTO t VALUES(1);":    d1.ConstraintUnique,
		"INSERT INTO t VALUES(2); INSERT INTO nope VALUES(1);": d1.CodeError,
		"PRAGMA journal_mode=off;":                             d1.CodeAuth,
	} {
		_, err := c.Import(t.Context(), strings.NewReader(script), ImportOptions{})
		require.ErrorIs(t, err, want, script)
		require.ErrorContains(t, err, "import failed: ", script)
	}
	_, err = c.Import(t.Context(), strings.NewReader("-- nothing"), ImportOptions{})
	var e *d1.Error
	require.ErrorAs(t, err, &e)
	require.Zero(t, e.Code)
}

func TestImportCanceled(t *testing.T) {
	for _, tt := range []struct {
		phase   Phase
		unknown bool
		log     string
	}{
		{PhasePrepare, false, ""},
		{PhaseUpload, false, "init PUT"},
		{PhaseImport, true, "init PUT ingest"},
	} {
		t.Run(string(tt.phase), func(t *testing.T) {
			f := newFake(t)
			f.imp = sequence(f.needsUpload, running)
			var got string
			f.put = stored(&got)
			ctx, cancel := context.WithCancel(t.Context())
			temp := t.TempDir()
			_, err := f.client().Import(ctx, io.MultiReader(strings.NewReader(strings.Repeat(dump, 20))), ImportOptions{TempDir: temp, Progress: func(p Progress) {
				if p.Phase == tt.phase {
					cancel()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, tt.unknown, errors.Is(err, d1.ErrOutcomeUnknown), err)
			require.True(t, strings.HasPrefix(tt.log, f.log()), f.log()) // the PUT may end before the server sees it
			require.Empty(t, entries(t, temp))
		})
	}
}

func TestImportGivesUp(t *testing.T) {
	f := newFake(t)
	f.imp = sequence(f.needsUpload, running, says(500, "for ever"))
	var got string
	f.put = stored(&got)
	_, err := f.client().Import(t.Context(), strings.NewReader(dump), ImportOptions{})
	require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "for ever")
}

// changing is a dump that is shorter when it is read again, or fails.
type changing struct {
	*strings.Reader
	then   io.Reader
	rewind bool
}

func (c *changing) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		c.rewind = true
	}
	return c.Reader.Seek(offset, whence)
}

func (c *changing) Read(p []byte) (int, error) {
	if c.rewind {
		return c.then.Read(p)
	}
	return c.Reader.Read(p)
}

func (c *changing) WriteTo(w io.Writer) (int64, error) { panic("not used") }

func TestImportOfChangingDump(t *testing.T) {
	broken := errors.New("bad sector")
	for _, tt := range []struct {
		name string
		then io.Reader
		want string
	}{
		{"shorter", strings.NewReader(dump[:1000]), "become shorter"},
		{"other", strings.NewReader(strings.ToLower(dump)), "another text was stored"},
		{"unreadable", io.MultiReader(strings.NewReader(dump[:1000]), errorReader{broken}), "bad sector"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.imp = f.needsUpload
			var got string
			f.put = stored(&got)
			_, err := f.client().Import(t.Context(), &changing{Reader: strings.NewReader(dump), then: tt.then}, ImportOptions{})
			require.ErrorContains(t, err, tt.want)
			require.NotErrorIs(t, err, d1.ErrOutcomeUnknown)
			require.NotContains(t, f.log(), "ingest")
		})
	}
	t.Run("unreadable at once", func(t *testing.T) {
		temp := t.TempDir()
		_, err := newFake(t).client().Import(t.Context(), io.MultiReader(strings.NewReader("x"), errorReader{broken}), ImportOptions{TempDir: temp})
		require.ErrorIs(t, err, broken)
		require.Empty(t, entries(t, temp))
	})
	_, err := newFake(t).client().ImportFile(t.Context(), filepath.Join(t.TempDir(), "none"), ImportOptions{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

type errorReader struct{ error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.error }

func TestImportOfNothing(t *testing.T) {
	f := newFake(t)
	f.imp = sequence(f.needsUpload, imported)
	got := "something"
	f.put = stored(&got)
	_, err := f.client().Import(t.Context(), strings.NewReader(""), ImportOptions{})
	require.NoError(t, err)
	require.Empty(t, got)
}
