package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/extras"
	"github.com/d1go/d1/extras/d1test"
)

// without removes a key from all objects of a JSON list.
func without(t *testing.T, text, key string) string {
	var list []map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	for _, o := range list {
		delete(o, key)
	}
	out, err := json.Marshal(list)
	require.NoError(t, err)
	return string(out)
}

const script = "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);\nINSERT INTO t VALUES(1,'one'),(2,'two');\n"

func TestImportExport(t *testing.T) {
	sh, srv := onServer(t)
	_, log := sh.run("import", write(t, script))
	require.Contains(t, log, "uploading\n")
	require.Contains(t, log, "D1 runs the dump\n")
	require.Contains(t, log, "2 statements; ")
	out, log := sh.run("export")
	require.Contains(t, out, "INSERT INTO")
	require.Contains(t, log, "downloading\n")
	_, _ = sh.run("export", "dump.sql")
	text, err := os.ReadFile("dump.sql")
	require.NoError(t, err)
	require.Equal(t, out, string(text))

	t.Setenv("D1_DSN", srv.DSNOf(srv.CreateDatabase("second")))
	sh.stdin = out
	_, log = sh.run("import", "--quiet", "-")
	require.Empty(t, log)
	again, log := sh.run("export", "--quiet", "-")
	require.Equal(t, out, again)
	require.Empty(t, log)

	sh.run("query", "CREATE TABLE \"a,b\"(x); INSERT INTO \"a,b\" VALUES(5)")
	out, _ = sh.run("export", "--table", "a,b", "--no-schema")
	require.NotContains(t, out, "CREATE")
	require.Contains(t, out, "VALUES(5)")
	require.NotContains(t, out, "one")
}

func TestFailedTransfers(t *testing.T) {
	sh, _ := onServer(t)
	_, _, err := sh.try("import", write(t, "INSERT INTO nowhere VALUES(1)"))
	require.ErrorContains(t, err, "nowhere")
	require.Equal(t, exitFailed, exitCode(err))
	_, _, err = sh.try("import", "no-such-file")
	require.ErrorContains(t, err, "no-such-file")
	sh.run("query", "CREATE VIRTUAL TABLE f USING fts5(x)")
	_, _, err = sh.try("export", "dump.sql")
	require.Error(t, err)
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, files)
}

// Ctrl-C while a dump is downloaded leaves no file.
func TestInterruptedExport(t *testing.T) {
	sh := newShell(t)
	ctx, cancel := context.WithCancel(t.Context())
	srv := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/accounts/") {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte("PRAGMA"))
			w.(http.Flusher).Flush()
			cancel()
			<-r.Context().Done()
		})
	}))
	err := run(ctx, []string{"d1", "export", "--dsn", srv.DSN(), "dump.sql"}, &bytes.Buffer{}, &bytes.Buffer{})
	require.Equal(sh, exitInterrupted, exitCode(err), err)
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, files)
}

func TestDisplay(t *testing.T) {
	steps := []extras.Progress{
		{Phase: extras.PhaseExport, Messages: []string{"Generating\x1b[31m"}},
		{Phase: extras.PhaseExport},
		{Phase: extras.PhaseDownload, Bytes: 1, Total: 4000}, {Phase: extras.PhaseDownload, Bytes: 2100, Total: 4000}, {Phase: extras.PhaseDownload, Bytes: 4000, Total: 4000},
	}
	var w bytes.Buffer
	d := &display{w: &w}
	for _, p := range steps {
		d.progress(p)
	}
	d.end()
	require.Equal(t, "D1 writes the dump\n  Generating\\x1b[31m\ndownloading\n  2.1 kB of 4.0 kB\n  4.0 kB of 4.0 kB\n", w.String())

	w.Reset()
	d = &display{w: &w, terminal: true}
	for _, p := range steps {
		d.progress(p)
	}
	d.end()
	require.Contains(t, w.String(), "downloading")
	require.NotContains(t, w.String(), "\x1b[31m")

	for bytes, want := range map[int64]string{-1: "?", 0: "0 B", 999: "999 B", 1000: "1.0 kB", 1_500_000: "1.5 MB", 5_000_000_000: "5.0 GB", 5e15: "5000.0 TB"} {
		require.Equal(t, want, size(bytes))
	}
}
