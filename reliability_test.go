package d1_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// failingTransport fails every request but those to the ledger, which it answers
// with: nothing there.
type failingTransport struct {
	fail    func(r *http.Request) (*http.Response, error)
	sent    int // requests that failed
	lookups int
}

func (f *failingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody != nil {
		return nil, errors.New("a transport could repeat the request by itself")
	}
	text := ""
	body := r.Body
	r.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
		n, err := body.Read(p)
		text += string(p[:n])
		return n, err
	}))
	resp, err := f.fail(r)
	if text == "" || !strings.Contains(text, "SELECT record FROM _d1_ledger") {
		f.sent++
		return resp, err
	}
	f.lookups++
	const none = `{"results":{"columns":[],"rows":[]},"success":true,"meta":{}},`
	return response(200, `{"result":[`+none+none+`{"results":{"columns":["record"],"rows":[[null]]},"success":true,"meta":{}}],"success":true,"errors":[]}`)(r)
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// response answers with a status and a body.
func response(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		header := http.Header{"Content-Type": {"application/json"}}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

// message answers with an error of the API.
func message(status int, code, text string) func(*http.Request) (*http.Response, error) {
	return response(status, `{"success":false,"errors":[{"code":`+code+`,"message":"`+text+`"}],"result":[],"messages":[]}`)
}

// before fails without having sent anything, after with the request sent.
func before(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func after(err error) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		return nil, err
	}
}

// TestReliabilityTable: docs/reliability.md says what becomes of each failure.
func TestReliabilityTable(t *testing.T) {
	type failures = []func(*http.Request) (*http.Response, error)
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	scenarios := map[string]failures{
		"no connection":                              {before(refused)},
		"no such host, certificate not trusted":      {before(&net.DNSError{Err: "no such host", IsNotFound: true}), before(x509.UnknownAuthorityError{})},
		"429 (after Retry-After)":                    {message(429, "7429", "Too many requests"), response(429, "")},
		"connection lost after the request was sent": {after(io.EOF), after(syscall.ECONNRESET)},
		"answer cut off":                             {response(200, `{"result":[{"results":{"columns":["a"],`), response(200, "")},
		"5xx, 408":                                   {response(500, ""), response(502, "<h1>Bad gateway</h1>"), response(503, ""), response(504, ""), response(522, "error code: 522"), response(408, "")},
		"internal error; reference = …, Network connection lost. and the like": {
			message(500, "7500", "internal error; reference = e_1"), message(400, "7500", "Network connection lost."),
			message(500, "7500", "D1 DB reset because its code was updated.")},
		"D1 DB is overloaded…, timeout, memory or CPU time exceeded": {
			message(500, "7500", "D1 DB is overloaded. Too many requests queued."), message(429, "7429", "D1 DB is overloaded. Requests queued for too long."),
			message(500, "7500", "D1 DB storage operation exceeded timeout which caused object to be reset."),
			message(500, "7500", "D1 DB's isolate exceeded its memory limit and was reset."), message(400, "7500", "D1 DB exceeded its CPU time limit and was reset.")},
		"Currently processing a long-running import/export.":             {message(400, "7500", "Currently processing a long-running import/export.")},
		"answer that is not what D1 documents":                           {response(200, "<p>Please log in</p>"), response(200, `{"result":[],"success":true}`), response(307, "")},
		"SQL error":                                                      {message(400, "7500", "no such table: t: SQLITE_ERROR")},
		"a message that the driver does not know, without SQLite's code": {message(400, "7500", "D1 DB moved to another place.")},
		"wrong token, no such database":                                  {message(401, "10000", "Authentication error"), message(404, "7404", "not found")},
		"context ended after the request was sent":                       {after(context.Canceled)},
	}
	for _, row := range tableRows(t, "docs/reliability.md", "What is repeated") {
		t.Run(row[0], func(t *testing.T) {
			list, ok := scenarios[row[0]]
			require.True(t, ok, "no failure for this row")
			delete(scenarios, row[0])
			for _, fail := range list {
				canceled := strings.HasPrefix(row[0], "context ended")
				require.Equal(t, row[1:], []string{
					fate(t, fail, canceled, false, "SELECT 1"), fate(t, fail, canceled, false, "INSERT INTO t VALUES (1)"), fate(t, fail, canceled, true, "INSERT INTO t VALUES (1)"),
				})
			}
		})
	}
	require.Empty(t, scenarios)
}

// fate runs a statement of which every attempt fails and tells what the driver
// makes of it, in the words of the document.
func fate(t *testing.T, fail func(*http.Request) (*http.Response, error), canceled, ledger bool, query string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	transport := &failingTransport{fail: fail}
	if canceled {
		transport.fail = func(r *http.Request) (*http.Response, error) {
			cancel()
			return fail(r)
		}
	}
	connector, err := d1.NewConnector(d1.Config{AccountID: "acc", APIToken: testToken, Database: testUUID,
		Ledger: ledger, RateLimit: d1.RateLimitOff, MaxAttempts: 2, Transport: transport})
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer func() { require.NoError(t, db.Close()) }()
	var e *d1.Error
	if strings.HasPrefix(query, "SELECT") {
		var n int
		require.ErrorAs(t, db.QueryRowContext(ctx, query).Scan(&n), &e)
		require.NotErrorIs(t, e, d1.ErrOutcomeUnknown)
		if transport.sent == 1 {
			return "–"
		}
	} else {
		_, err = db.ExecContext(ctx, query)
		require.ErrorAs(t, err, &e)
	}
	if ledger {
		require.NotErrorIs(t, e, d1.ErrOutcomeUnknown)
		require.True(t, e.SafeToRetry())
	}
	switch {
	case transport.sent == 2:
		return "repeated"
	case transport.sent > 2:
		return "repeated too often"
	case transport.lookups > 0:
		return "looked up"
	case errors.Is(e, d1.ErrOutcomeUnknown):
		return "unknown"
	}
	return "not applied"
}

// rate_limit=auto knows Cloudflare's API however its URL is written.
func TestRateLimitAuto(t *testing.T) {
	for endpoint, limited := range map[string]bool{
		d1.DefaultEndpoint:                         true,
		d1.DefaultEndpoint + "/":                   true,
		"https://API.Cloudflare.com/client/v4":     true,
		"https://api.cloudflare.com:443/client/v4": true,
		"https://proxy.example.com/client/v4":      false,
	} {
		sent := 0
		answer := response(200, `{"result":[{"results":{"columns":["1"],"rows":[[1]]},"success":true,"meta":{}}],"success":true,"errors":[]}`)
		connector, err := d1.NewConnector(d1.Config{AccountID: "acc", APIToken: rand.Text(), Database: testUUID, Endpoint: endpoint,
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				sent++
				return answer(r)
			})})
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		for err == nil && sent <= 1200 {
			err = db.PingContext(ctx)
		}
		cancel()
		require.NoError(t, db.Close())
		if limited {
			require.ErrorIs(t, err, d1.ErrRateLimited, endpoint)
			require.Equal(t, 1200, sent, endpoint)
		} else {
			require.NoError(t, err, endpoint)
		}
	}
}

// tableRows returns the cells of the table under a heading, code marks removed,
// without the head.
func tableRows(t *testing.T, file, heading string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, ok, "%s has no heading %q", file, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		line = strings.Trim(strings.ReplaceAll(line, "`", ""), "| \n")
		row := strings.Split(line, "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		rows = append(rows, row)
	}
	require.Greater(t, len(rows), 1)
	return rows[1:]
}
