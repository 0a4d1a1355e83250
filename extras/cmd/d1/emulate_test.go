package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// emulateForTest runs the command until stop is called; dsn is the one it printed.
func emulateForTest(t *testing.T, args ...string) (dsn *url.URL, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"d1", "emulate", "--addr", "127.0.0.1:0"}, args...), w, io.Discard)
		w.CloseWithError(io.EOF)
		done <- err
	}()
	var output bytes.Buffer
	buf := make([]byte, 4096)
	for !strings.Contains(output.String(), "Ctrl-C") {
		n, err := stdout.Read(buf)
		require.NoError(t, err, output.String())
		output.Write(buf[:n])
	}
	for line := range strings.Lines(output.String()) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "d1://") {
			var err error
			dsn, err = url.Parse(line)
			require.NoError(t, err)
			require.Contains(t, output.String(), `sql.Open("d1", "`+line+`")`)
		}
	}
	require.NotNil(t, dsn, output.String())
	return dsn, func() {
		cancel()
		require.NoError(t, <-done)
	}
}

// list asks the server of a DSN for its databases.
func list(t *testing.T, dsn *url.URL, token string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET",
		dsn.Query().Get("endpoint")+"/accounts/"+dsn.User.Username()+"/d1/database", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestEmulate(t *testing.T) {
	dsn, stop := emulateForTest(t)
	defer stop()
	require.Equal(t, "my-db", dsn.Host)
	status, text := list(t, dsn, "anything")
	require.Equal(t, 200, status)
	require.Contains(t, text, `"name":"my-db"`)
}

func TestEmulateToken(t *testing.T) {
	dsn, stop := emulateForTest(t, "--token", "s3cret/@", "--account", "acc", "--db", "other")
	defer stop()
	token, _ := dsn.User.Password()
	require.Equal(t, "s3cret/@", token)
	require.Equal(t, "acc", dsn.User.Username())
	status, text := list(t, dsn, token)
	require.Equal(t, 200, status)
	require.Contains(t, text, `"name":"other"`)
	status, _ = list(t, dsn, "wrong")
	require.Equal(t, 401, status)
}

// The DSN works on this machine, whatever else can reach the server.
func TestEmulateOnAllAddresses(t *testing.T) {
	dsn, stop := emulateForTest(t, "--addr", ":0", "--allow-remote")
	defer stop()
	sh := newShell(t)
	out, _ := sh.run("query", "--dsn", dsn.String(), "SELECT 'here'")
	require.Contains(t, out, "here")
}

func TestEmulateKeepsDirectory(t *testing.T) {
	dir := t.TempDir()
	dsn, stop := emulateForTest(t, "--dir", dir)
	_, before := list(t, dsn, "x")
	stop()
	dsn, stop = emulateForTest(t, "--dir", dir)
	defer stop()
	_, after := list(t, dsn, "x")
	require.Equal(t, before, after)
}

func TestEmulateRefuses(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr", ":8787"}, "--allow-remote"},
		{[]string{"--addr", "0.0.0.0:8787"}, "--allow-remote"},
		{[]string{"--addr", "192.0.2.1:8787"}, "--allow-remote"},
		{[]string{"--addr", "[::]:8787"}, "--allow-remote"},
		{[]string{"--addr", "127.0.0.1"}, "missing port"},
		{[]string{"--db", "not a name"}, "name"},
		{[]string{"--nope"}, "nope"},
	} {
		err := run(t.Context(), append([]string{"d1", "emulate"}, tt.args...), io.Discard, io.Discard)
		require.ErrorContains(t, err, tt.want, "%v", tt.args)
	}
}

func TestLoopback(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:1", "[::1]:1", "localhost:1", "127.8.8.8:1"} {
		require.NoError(t, checkLoopback(addr), addr)
	}
}
