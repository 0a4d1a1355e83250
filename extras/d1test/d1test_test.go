package d1test_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/d1go/d1/extras/d1test"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// post sends a body to /raw of a database and gives the answer's text.
func post(t *testing.T, srv *d1test.Server, database, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST",
		srv.URL+"/accounts/"+srv.AccountID+"/d1/database/"+database+"/raw", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+srv.Token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(answer)
}

func TestDSN(t *testing.T) {
	srv := d1test.New(t)
	dsn, err := url.Parse(srv.DSN())
	require.NoError(t, err)
	require.Equal(t, "d1", dsn.Scheme)
	require.Equal(t, srv.AccountID, dsn.User.Username())
	token, _ := dsn.User.Password()
	require.Equal(t, srv.Token, token)
	require.Equal(t, srv.DatabaseID, dsn.Host)
	require.Equal(t, url.Values{"endpoint": {srv.URL}}, dsn.Query())
	require.True(t, strings.HasPrefix(srv.URL, "http://127.0.0.1:"))
	require.True(t, strings.HasSuffix(srv.URL, "/client/v4"))
	require.Contains(t, srv.DSNOf("my-db"), "@my-db?")
}

func TestDatabasesAreSeparate(t *testing.T) {
	one, two := d1test.New(t), d1test.New(t)
	other := one.CreateDatabase("other")
	status, text := post(t, one, one.DatabaseID, `{"sql":"CREATE TABLE t (a)"}`)
	require.Equal(t, 200, status, text)
	status, text = post(t, one, other, `{"sql":"SELECT * FROM t"}`)
	require.Equal(t, 400, status)
	require.Contains(t, text, "no such table: t")
	status, _ = post(t, two, two.DatabaseID, `{"sql":"SELECT * FROM t"}`)
	require.Equal(t, 400, status)
	status, _ = post(t, two, one.DatabaseID, `{"sql":"SELECT 1"}`)
	require.Equal(t, 404, status)
}

func TestRequests(t *testing.T) {
	srv := d1test.New(t)
	require.Empty(t, srv.Requests())
	post(t, srv, srv.DatabaseID, `{"sql":"SELECT ?, ?, ?","params":[9007199254740993,null,"x"]}`)
	post(t, srv, srv.DatabaseID, `{"batch":[{"sql":"SELECT 1"},{"sql":"SELECT ?","params":[[1]]}]}`)
	post(t, srv, srv.DatabaseID, `oops`)
	requests := srv.Requests()
	require.Len(t, requests, 3)

	require.Equal(t, "POST", requests[0].Method)
	require.Equal(t, "/client/v4/accounts/"+srv.AccountID+"/d1/database/"+srv.DatabaseID+"/raw", requests[0].Path)
	require.Equal(t, "Bearer "+srv.Token, requests[0].Header.Get("Authorization"))
	require.Equal(t, []d1test.Statement{
		{SQL: "SELECT ?, ?, ?", Params: []any{json.Number("9007199254740993"), nil, "x"}},
	}, requests[0].Statements)
	require.False(t, requests[0].Batch)

	require.True(t, requests[1].Batch)
	require.Equal(t, []d1test.Statement{
		{SQL: "SELECT 1"}, {SQL: "SELECT ?", Params: []any{[]any{json.Number("1")}}},
	}, requests[1].Statements)

	require.Nil(t, requests[2].Statements)
	require.Equal(t, "oops", string(requests[2].Body))

	srv.Reset()
	require.Empty(t, srv.Requests())
}

func TestWrap(t *testing.T) {
	var order []string
	mark := func(name string) d1test.Option {
		return d1test.Wrap(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				order = append(order, name)
				next.ServeHTTP(w, r)
			})
		})
	}
	unavailable := d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				next.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		})
	})
	srv := d1test.New(t, mark("first"), mark("second"), unavailable)
	status, _ := post(t, srv, srv.DatabaseID, `{"sql":"SELECT 1"}`)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, []string{"first", "second"}, order)
	require.Len(t, srv.Requests(), 1)

	w := httptest.NewRecorder()
	srv.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/client/v4/accounts/x/d1/database", nil))
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Len(t, srv.Requests(), 2)
}
