package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// endless runs until it is interrupted.
const endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

func TestAuthentication(t *testing.T) {
	s, err := New(Options{AccountID: "acc", Token: "secret"})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	for _, tt := range []struct {
		authorization, path string
		status, code        int
	}{
		{"Bearer secret", "/client/v4/accounts/acc/d1/database", 200, 0},
		{"bearer secret", "/accounts/acc/d1/database", 200, 0},
		{"Bearer other", "/client/v4/accounts/acc/d1/database", 401, 10000},
		{"Basic secret", "/client/v4/accounts/acc/d1/database", 401, 10000},
		{"", "/client/v4/accounts/acc/d1/database", 401, 10000},
		{"Bearer secret", "/client/v4/accounts/other/d1/database", 403, 7403},
		{"Bearer secret", "/client/v4/accounts/acc/d1/database/nope", 404, 7404},
		{"Bearer secret", "/client/v4/accounts/acc/d1/nope", 404, 7003},
		{"Bearer secret", "/client/v4/zones", 404, 7003},
		{"Bearer secret", "/client/v4", 404, 7003},
	} {
		r := httptest.NewRequest("GET", tt.path, nil)
		r.Header.Set("Authorization", tt.authorization)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.Equal(t, tt.status, w.Code, "%+v: %s", tt, w.Body)
		errors := decodeEnvelope(t, w, nil)
		if tt.code == 0 {
			require.Empty(t, errors)
			continue
		}
		require.Equal(t, tt.code, errors[0].Code)
		require.Empty(t, w.Header().Get("cf-d1"))
	}
}

func TestMalformedQueries(t *testing.T) {
	c := newClient(t)
	for body, want := range map[string]string{
		``:                                    "The request is malformed: Unexpected end of JSON input",
		`{`:                                   "The request is malformed: unexpected EOF",
		`{"sql":"SELECT 1"} x`:                "The request is malformed: Unexpected non-whitespace character after JSON",
		`[]`:                                  "Invalid property: body => Expected object, received array",
		`null`:                                "Invalid property: sql => Required",
		`{"SQL":"SELECT 1"}`:                  "Invalid property: sql => Required",
		`{"sql":5}`:                           "Invalid property: sql => Expected string, received number",
		`{"sql":null}`:                        "Invalid property: sql => Expected string, received null",
		`{"sql":"SELECT 1","params":null}`:    "Invalid property: params => Expected array, received null",
		`{"sql":"SELECT 1","params":{}}`:      "Invalid property: params => Expected array, received object",
		`{"sql":"SELECT ?","params":[true]}`:  "Invalid property: params.0 => Invalid input",
		`{"sql":"SELECT ?","params":[{}]}`:    "Invalid property: params.0 => Invalid input",
		`{"sql":"SELECT ?","params":[["a"]]}`: "Invalid property: params.0 => Invalid input",
		`{"batch":5}`:                         "Invalid property: batch => Expected array, received number",
		`{"batch":[{"sql":"SELECT 1"},{}]}`:   "Invalid property: batch.1.sql => Required",
	} {
		w := c.send("POST", "/"+c.db+"/query", body)
		require.Equal(t, []message{{7400, want}}, decodeEnvelope(t, w, nil), body)
		require.Equal(t, http.StatusBadRequest, w.Code)
	}
}

func TestErrorBody(t *testing.T) {
	c := newClient(t)
	w := c.send("POST", "/"+c.db+"/query", stmt("selec <&>"))
	require.JSONEq(t, `{"messages":[],"result":[],"success":false,"errors":[
		{"code":7500,"message":"near \"selec\": syntax error at offset 0: SQLITE_ERROR"}]}`, w.Body.String())
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
}

func TestCancelInterrupts(t *testing.T) {
	c := newClient(t)
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{})
	done := make(chan error)
	go func() {
		close(started)
		_, err := c.database().execute(ctx, []statement{{SQL: "CREATE TABLE t (a)"}, {SQL: endless}}, formatArrays)
		done <- err
	}()
	<-started
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Equal(t, `[[0]]`, c.run("SELECT count(*) FROM sqlite_schema WHERE name = 't'").rows(t))
}

// Whenever the context ends, the next request finds the database in order and sees all or nothing.
func TestCancelAnywhere(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (a)")
	const rows = 2000
	insert := fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO t SELECT i FROM n", rows/2)
	began := time.Now()
	c.raw(batch(stmt(insert), stmt(insert)))
	took := time.Since(began)
	committed := rows
	for i := range 60 { // the later ones have twice the time they need
		ctx, cancel := context.WithTimeout(t.Context(), took*time.Duration(i)/30)
		_, err := c.database().execute(ctx, []statement{{SQL: insert}, {SQL: insert}}, formatArrays)
		cancel()
		if err == nil {
			committed += rows
		} else {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.Equal(t, fmt.Sprintf("[[%d]]", committed), c.run("SELECT count(*) FROM t").rows(t))
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	c := newClient(t)
	db := c.database()
	_, release, err := db.acquire(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.execute(ctx, []statement{{SQL: "SELECT 1"}}, formatArrays)
	require.ErrorIs(t, err, context.Canceled)
	release()
	require.Equal(t, `[[1]]`, c.run("SELECT 1").rows(t))
}

func TestCloseInterrupts(t *testing.T) {
	s, err := New(Options{})
	require.NoError(t, err)
	info, err := s.CreateDatabase("test")
	require.NoError(t, err)
	db := s.databases[info.UUID]
	done := make(chan error)
	go func() {
		_, err := db.execute(context.Background(), []statement{{SQL: endless}}, formatArrays)
		done <- err
	}()
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-done, errClosed)
	_, err = s.CreateDatabase("other")
	require.ErrorIs(t, err, errClosed)
	require.NoError(t, s.Close())
}

func TestConcurrentRequests(t *testing.T) {
	c := newClient(t)
	c.run("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprintf("db-%d", i)
			w := c.send("POST", "", m{"name": name})
			require.Equal(t, 200, w.Code)
			for range 20 {
				c.run("UPDATE t SET n = n + 1")
			}
		})
	}
	wg.Wait()
	require.Equal(t, `[[160]]`, c.run("SELECT n FROM t").rows(t))
}

// A body that is cut or changed anywhere must give an answer, never a panic.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		`{"sql":"SELECT ?","params":[1]}`, `{"batch":[{"sql":"CREATE TABLE t (a)"},{"sql":"INSERT INTO t VALUES (1)"}]}`,
		`{"sql":"SELECT 1; SELECT 2;"}`, `{"sql":"PRAGMA table_list"}`, `{"sql":"\u0000"}`, `[]`,
	} {
		f.Add(seed)
	}
	c := newClient(f)
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(strings.ToLower(body), "recursive") {
			return // may run forever
		}
		c := &client{t: t, server: c.server, db: c.db}
		w := c.send("POST", "/"+c.db+"/raw", body)
		require.True(t, json.Valid(w.Body.Bytes()))
		require.False(t, c.database().conn.InTransaction())
	})
}
