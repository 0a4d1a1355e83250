package workerd_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/workerd"
)

// reply is a response of the API, with the parts the tests look at.
type reply struct {
	status int
	header http.Header
	body   string
	Errors []struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"errors"`
	Result json.RawMessage `json:"result"`
}

func send(t *testing.T, s *workerd.Server, method, path, token, body string) reply {
	t.Helper()
	address := s.URL + "/accounts/" + s.AccountID + "/d1/database" + path
	req, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	r := reply{status: resp.StatusCode, header: resp.Header, body: string(text)}
	require.NoError(t, json.Unmarshal(text, &r), "%s", text)
	return r
}

// database returns the id of a new database.
func database(t *testing.T, s *workerd.Server) string {
	t.Helper()
	u, err := url.Parse(s.NewDatabase(t))
	require.NoError(t, err)
	return u.Host
}

// rows returns the rows of every statement of a /raw request, as the engine wrote them.
func rows(t *testing.T, s *workerd.Server, id, body string) string {
	t.Helper()
	r := send(t, s, http.MethodPost, "/"+id+"/raw", s.Token, body)
	require.Equal(t, http.StatusOK, r.status, r.body)
	var results []struct {
		Results struct {
			Rows json.RawMessage `json:"rows"`
		} `json:"results"`
	}
	require.NoError(t, json.Unmarshal(r.Result, &results))
	var all []byte
	for i, result := range results {
		if i > 0 {
			all = append(all, ' ')
		}
		all = append(all, result.Results.Rows...)
	}
	return string(all)
}

func TestQueryEndpoints(t *testing.T) {
	s := workerd.Shared(t)
	tests := []struct {
		name, body, want string
	}{
		{"one statement", `{"sql":"SELECT 1, 'a', NULL, x'0102', 1.5"}`, `[[1,"a",null,[1,2],1.5]]`},
		{"params", `{"sql":"SELECT typeof(?), typeof(?), typeof(?)","params":[1,"a",null]}`, `[["real","text","null"]]`},
		{"booleans are text", `{"sql":"SELECT ?, ?","params":[true,false]}`, `[["true","false"]]`},
		{"infinity arrives", `{"sql":"SELECT CAST(? AS TEXT)","params":[1e999]}`, `[["Inf"]]`},
		{"bytes", `{"sql":"SELECT typeof(?1), hex(?1)","params":[[1,255]]}`, `[["blob","01FF"]]`},
		{"several statements", `{"sql":"SELECT 1; SELECT ';' AS a /* ; */; -- ;\n SELECT 3"}`, `[[1]] [[";"]] [[3]]`},
		{"batch", `{"batch":[{"sql":"SELECT 1; SELECT 2"},{"sql":"SELECT ?","params":["3"]}]}`, `[[1]] [[2]] [["3"]]`},
		{
			"trigger",
			`{"sql":"CREATE TABLE t(a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u VALUES(NEW.a); SELECT 1; END; CREATE TABLE u(a); INSERT INTO t VALUES(7); SELECT a FROM u"}`,
			`[] [] [] [] [[7]]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, rows(t, s, database(t, s), tt.body))
		})
	}
}

func TestQueryReturnsObjects(t *testing.T) {
	s := workerd.Shared(t)
	r := send(t, s, http.MethodPost, "/"+database(t, s)+"/query", s.Token, `{"sql":"SELECT 1 AS a, 'x' AS b"}`)
	require.Equal(t, http.StatusOK, r.status, r.body)
	require.Contains(t, r.body, `"results":[{"a":1,"b":"x"}]`)
}

func TestBatchIsOneTransaction(t *testing.T) {
	s := workerd.Shared(t)
	id := database(t, s)
	r := send(t, s, http.MethodPost, "/"+id+"/raw", s.Token, `{"batch":[{"sql":"CREATE TABLE t(a)"},{"sql":"SELECT nope"}]}`)
	require.Equal(t, http.StatusBadRequest, r.status, r.body)
	require.Equal(t, "no such column: nope at offset 7: SQLITE_ERROR", r.Errors[0].Message)
	require.Equal(t, `[[0]]`, rows(t, s, id, `{"sql":"SELECT count(*) FROM sqlite_schema WHERE name = 't'"}`))
}

func TestErrorEnvelope(t *testing.T) {
	s := workerd.Shared(t)
	id := database(t, s)
	const unknown = "/00000000-0000-4000-8000-000000000000"
	tests := []struct {
		name, method, path, token, body string
		status, code                    int
		message                         string
	}{
		{"engine", http.MethodPost, "/" + id + "/raw", s.Token, `{"sql":"selec"}`, 400, 7500, `near "selec": syntax error at offset 0: SQLITE_ERROR`},
		{"token", http.MethodPost, "/" + id + "/raw", "wrong", `{"sql":"SELECT 1"}`, 401, 10000, "Authentication error"},
		{"body", http.MethodPost, "/" + id + "/raw", s.Token, `{"sql":1}`, 400, 7400, "Invalid property: sql => expected string"},
		{"param", http.MethodPost, "/" + id + "/raw", s.Token, `{"sql":"SELECT ?","params":[{}]}`, 400, 7400, "Invalid property: params => 0 => expected a scalar"},
		{"database", http.MethodPost, unknown + "/raw", s.Token, `{"sql":"SELECT 1"}`, 404, 7404, "The database could not be found"},
		{"name taken by none", http.MethodPost, "", s.Token, `{}`, 400, 7400, "Invalid property: name => Required"},
		{"route", http.MethodPost, "/" + id + "/raw/more", s.Token, `{}`, 404, 7003, "Could not route to"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := send(t, s, tt.method, tt.path, tt.token, tt.body)
			require.Equal(t, tt.status, r.status, r.body)
			require.Len(t, r.Errors, 1)
			require.Equal(t, tt.code, r.Errors[0].Code)
			require.Contains(t, r.Errors[0].Message, tt.message)
			if tt.name == "engine" {
				require.Equal(t, "err=7500", r.header.Get("cf-d1"))
				require.Equal(t, `{"messages":[],"result":[],"success":false,"errors":[{"code":7500,"message":"near \"selec\": syntax error at offset 0: SQLITE_ERROR"}]}`, r.body)
			}
		})
	}
}

func TestDatabasesAreIsolated(t *testing.T) {
	s := workerd.Shared(t)
	for range 100 { // several hundred per process are usual
		require.Equal(t, `[] []`, rows(t, s, database(t, s), `{"sql":"CREATE TABLE t(a); INSERT INTO t VALUES(1)"}`))
	}
}

func TestDatabaseEndpoints(t *testing.T) {
	s := workerd.Shared(t)
	id, err := s.CreateDatabase(t.Context(), "by-name")
	require.NoError(t, err)
	_, err = s.CreateDatabase(t.Context(), "by-name")
	require.ErrorContains(t, err, "7502")

	got := send(t, s, http.MethodGet, "/"+id, s.Token, "")
	require.Equal(t, http.StatusOK, got.status)
	list := send(t, s, http.MethodGet, "?name=y-nam", s.Token, "")
	require.Equal(t, http.StatusOK, list.status)
	require.JSONEq(t, "["+string(got.Result)+"]", string(list.Result))
	require.Contains(t, list.body, `"result_info":{"page":1,"per_page":100,"count":1,"total_count":1}`)

	require.NoError(t, s.DeleteDatabase(t.Context(), id))
	require.Equal(t, http.StatusNotFound, send(t, s, http.MethodGet, "/"+id, s.Token, "").status)
	require.JSONEq(t, "[]", string(send(t, s, http.MethodGet, "?name=by-name", s.Token, "").Result))
}

func TestDSN(t *testing.T) {
	s := workerd.Shared(t)
	u, err := url.Parse(s.NewDatabase(t))
	require.NoError(t, err)
	token, _ := u.User.Password()
	require.Equal(t, "d1", u.Scheme)
	require.Equal(t, s.AccountID, u.User.Username())
	require.Equal(t, s.Token, token)
	require.Equal(t, url.Values{"endpoint": {s.URL}}, u.Query())
	require.Equal(t, http.StatusOK, send(t, s, http.MethodGet, "/"+u.Host, s.Token, "").status)
}
