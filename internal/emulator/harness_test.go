package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client talks to one server without a network.
type client struct {
	t      testing.TB
	server *Server
	db     string // UUID
}

func newClient(t testing.TB) *client {
	t.Helper()
	return newClientOf(t, Options{})
}

func newClientOf(t testing.TB, opts Options) *client {
	t.Helper()
	s, err := New(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	info, err := s.CreateDatabase("test")
	require.NoError(t, err)
	return &client{t: t, server: s, db: info.UUID}
}

// send makes one request with a token; body is text, or something to encode as JSON.
func (c *client) send(method, path string, body any) *httptest.ResponseRecorder {
	c.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(c.t, err)
		reader = strings.NewReader(string(text))
	}
	r := httptest.NewRequest(method, BasePath+"/accounts/a/d1/database"+path, reader)
	r.Header.Set("Authorization", "Bearer t")
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	return w
}

type m = map[string]any

// stmt is a request body.
func stmt(sql string, params ...any) m {
	if params == nil {
		return m{"sql": sql}
	}
	return m{"sql": sql, "params": params}
}

func batch(statements ...m) m { return m{"batch": statements} }

type result struct {
	Results json.RawMessage
	Success bool
	Meta    struct {
		Changes     int64   `json:"changes"`
		LastRowID   int64   `json:"last_row_id"`
		ChangedDB   bool    `json:"changed_db"`
		SizeAfter   int64   `json:"size_after"`
		RowsRead    int64   `json:"rows_read"`
		RowsWritten int64   `json:"rows_written"`
		Duration    float64 `json:"duration"`
		ServedBy    string  `json:"served_by"`
	}
}

// rows is the text of the rows of a /raw result.
func (r result) rows(t testing.TB) string {
	t.Helper()
	var raw struct{ Rows json.RawMessage }
	require.NoError(t, json.Unmarshal(r.Results, &raw))
	return string(raw.Rows)
}

func decodeEnvelope(t testing.TB, w *httptest.ResponseRecorder, result any) (errors []message) {
	t.Helper()
	var e struct {
		Result   json.RawMessage
		Errors   []message
		Messages []message
		Success  bool
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e), w.Body.String())
	require.NotNil(t, e.Errors)
	require.NotNil(t, e.Messages)
	require.Equal(t, len(e.Errors) == 0, e.Success)
	require.Equal(t, e.Success, w.Code < 300)
	if result != nil && e.Success {
		require.NoError(t, json.Unmarshal(e.Result, result), w.Body.String())
	}
	return e.Errors
}

// raw runs a body through /raw, which must succeed.
func (c *client) raw(body m) []result {
	c.t.Helper()
	w := c.send("POST", "/"+c.db+"/raw", body)
	var results []result
	require.Empty(c.t, decodeEnvelope(c.t, w, &results), "%v", body)
	return results
}

// run is the last result of SQL text without parameters.
func (c *client) run(sql string) result {
	c.t.Helper()
	results := c.raw(stmt(sql))
	return results[len(results)-1]
}

// fails runs a body through /raw, which must fail as a query error, and gives its message.
func (c *client) fails(body m) string {
	c.t.Helper()
	w := c.send("POST", "/"+c.db+"/raw", body)
	errors := decodeEnvelope(c.t, w, nil)
	require.Len(c.t, errors, 1, "%v succeeded", body)
	require.Equal(c.t, 7500, errors[0].Code, errors[0].Message)
	require.Equal(c.t, http.StatusBadRequest, w.Code)
	require.Equal(c.t, "err=7500", w.Header().Get("cf-d1"))
	return errors[0].Message
}

// database is the open database behind the client.
func (c *client) database() *database {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.server.databases[c.db]
}

func decodeJSON(t testing.TB, text []byte, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, v), string(text))
}

// ownText is the first value that SQL of the emulator itself gives, as text.
func (db *database) ownText(sql string) (string, error) {
	stmt, err := db.prepareOwn(sql)
	if err != nil {
		return "", err
	}
	defer stmt.Finalize()
	db.gate.trusted = true
	defer func() { db.gate.trusted = false }()
	_, err = stmt.Step()
	return string(stmt.ColumnText(0)), err
}
