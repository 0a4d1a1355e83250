package d1_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// serve opens a database whose API is handler.
func serve(t *testing.T, handler http.HandlerFunc, options ...string) *sql.DB {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	dsn := fmt.Sprintf("d1://acc:%s@%s?max_attempts=1&endpoint=%s", testToken, testUUID, url.QueryEscape(server.URL))
	return open(t, dsn, options...)
}

// body answers every request with the same response.
func body(status int, contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// TestBadResponses: each is a typed error for a read and for a write, at once or
// from rows.Err, and for a write it says whether it may have been applied.
func TestBadResponses(t *testing.T) {
	const head = `{"result":[{"results":{"columns":["a"],"rows":[[1],[2]`
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
		is      error
		outcome d1.Outcome // of a write
	}{
		{"not JSON", body(200, "text/plain", "hello"), "", nil, d1.OutcomeUnknown},
		{"empty", body(200, "application/json", ""), "", nil, d1.OutcomeUnknown},
		{"502 page", body(502, "text/html", "<html><title>Bad gateway</title>"+strings.Repeat("x", 1<<20)), "502", nil, d1.OutcomeUnknown},
		{"200 success false", body(200, "application/json", `{"success":false,"errors":[{"code":7500,"message":"no such table: t: SQLITE_ERROR"}],"result":[]}`),
			"no such table: t", d1.CodeError, d1.OutcomeRefused},
		{"200 success false after the rows", body(200, "application/json", head+`]},"success":true,"meta":{}}],"errors":[{"code":7500,"message":"odd"}],"success":false}`),
			"odd", nil, d1.OutcomeUnknown},
		{"truncated", body(200, "application/json", head), "cut off", io.ErrUnexpectedEOF, d1.OutcomeUnknown},
		{"truncated after the rows", body(200, "application/json", head+`]},"success":true,"meta":{}}],"success":true`), "cut off", io.ErrUnexpectedEOF, d1.OutcomeUnknown},
		{"no result", body(200, "application/json", `{"result":[],"success":true,"errors":[],"messages":[]}`), "no result", nil, d1.OutcomeUnknown},
		{"wrong token", body(401, "application/json", `{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"result":null}`),
			"Authentication error", d1.ErrUnauthorized, d1.OutcomeNotRun},
		{"database gone", body(404, "application/json", `{"success":false,"errors":[{"code":7404,"message":"The database was not found"}],"result":null}`),
			"not found", d1.ErrDatabaseNotFound, d1.OutcomeNotRun},
		{"rate limit", body(429, "application/json", `{"success":false,"errors":[{"code":7429,"message":"Too many requests"}],"result":null}`),
			"", d1.ErrRateLimited, d1.OutcomeNotRun},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusTemporaryRedirect)
		},
			"redirect", nil, d1.OutcomeUnknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := serve(t, test.handler)
			check := func(err error) {
				t.Helper()
				require.Error(t, err)
				require.True(t, strings.HasPrefix(err.Error(), "d1: "), err.Error())
				require.ErrorContains(t, err, test.want)
				require.NotContains(t, err.Error(), testToken)
				require.Less(t, len(err.Error()), 2000)
				var e *d1.Error
				require.ErrorAs(t, err, &e)
				if test.is != nil {
					require.ErrorIs(t, err, test.is)
				}
			}
			rows, err := db.Query("SELECT a FROM t")
			if err == nil {
				for rows.Next() {
				}
				err = rows.Err()
				require.NoError(t, rows.Close())
			}
			check(err)
			require.NotErrorIs(t, err, d1.ErrOutcomeUnknown, "a read applies nothing")

			_, err = db.Exec("DELETE FROM t")
			check(err)
			var e *d1.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.outcome, e.Outcome, err.Error())
			require.Equal(t, test.outcome != d1.OutcomeUnknown, e.SafeToRetry())
			if test.outcome == d1.OutcomeUnknown {
				require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
			}
		})
	}
}

// TestMissingResults: a response with fewer results than statements were sent is
// an error.
func TestMissingResults(t *testing.T) {
	db := serve(t, body(200, "application/json",
		`{"result":[{"results":{"columns":["a"],"rows":[[1]]},"success":true,"meta":{}}],"success":true,"errors":[],"messages":[]}`))
	_, err := db.Exec("DELETE FROM t; DELETE FROM u")
	require.ErrorContains(t, err, "another number of results")
	require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
	rows, err := db.Query("SELECT 1; SELECT 2")
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.False(t, rows.Next())
	require.False(t, rows.NextResultSet())
	require.ErrorContains(t, rows.Err(), "another number of results")
	require.NoError(t, rows.Close())
}

// TestCutAtEveryByte: whatever arrives of a response, rows that end without an
// error are all the rows.
func TestCutAtEveryByte(t *testing.T) {
	const whole = `{"result":[{"results":{"columns":["a","b"],"rows":[[1,"x"],[2,"y\u00e9"],[null,[1,2]]]},"success":true,"meta":{"changes":0}}],"success":true,"errors":[],"messages":[]}`
	var n atomic.Int64
	db := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body(200, "application/json", whole[:n.Load()])(w, r)
	})
	for i := range len(whole) + 1 {
		n.Store(int64(i))
		count := 0
		rows, err := db.Query("SELECT a, b FROM t")
		if err == nil {
			for rows.Next() {
				count++
			}
			err = rows.Err()
			require.NoError(t, rows.Close())
		}
		if i == len(whole) {
			require.NoError(t, err)
			require.Equal(t, 3, count)
			continue
		}
		require.Error(t, err, "a response cut after %d bytes passed for %d rows", i, count)
	}
}

func TestWrongArguments(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (a, b)")
		require.NoError(t, err)
		for _, test := range []struct {
			name, query string
			args        []any
			want        string
		}{
			{"empty", "", nil, "no SQL statement"},
			{"only a comment", "-- nothing\n/* at all */ ;", nil, "no SQL statement"},
			{"too few", "INSERT INTO t VALUES (?, ?)", []any{1}, "none is left for placeholder ?2"},
			{"too few, named", "INSERT INTO t VALUES (:x, :y)", []any{sql.Named("x", 1)}, "none is left for placeholder :y"},
			{"too many", "INSERT INTO t VALUES (?, ?)", []any{1, 2, 3}, "2 arguments wanted, 3 given"},
			{"unknown name", "INSERT INTO t VALUES (:x, 1)", []any{sql.Named("z", 1), sql.Named("x", 1)}, `"z": no placeholder`},
			{"too few over two statements", "INSERT INTO t VALUES (?, ?); DELETE FROM t WHERE a = ?", []any{1, 2}, "none is left"},
			{"invalid UTF-8", "INSERT INTO t VALUES (?, ?)", []any{"ok", "a\xff"}, "argument 2: string is not valid UTF-8"},
			{"huge uint64", "INSERT INTO t VALUES (?, ?)", []any{uint64(1) << 63, 1}, "uint64 9223372036854775808 does not fit"},
			{"long string", "INSERT INTO t VALUES (?, ?)", []any{strings.Repeat("x", 2_000_001), 1}, "argument 1: string of 2000001 bytes"},
			{"long blob", "INSERT INTO t VALUES (?, ?)", []any{make([]byte, 2_000_001), 1}, "argument 1: []byte of 2000001 bytes"},
			{"unsupported type", "INSERT INTO t VALUES (?, ?)", []any{struct{ A int }{1}, 1}, "unsupported type"},
		} {
			t.Run(test.name, func(t *testing.T) {
				_, err := db.Exec(test.query, test.args...)
				require.ErrorContains(t, err, test.want)
				rows, err := db.Query(test.query, test.args...)
				require.ErrorContains(t, err, test.want)
				require.Nil(t, rows)
			})
		}
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
		require.Zero(t, n, "nothing must have been sent")
	})
}

func TestWrongCredentials(t *testing.T) {
	server := d1test.New(t)
	dsn := func(account, token, database string) string {
		return fmt.Sprintf("d1://%s:%s@%s?endpoint=%s", account, token, database, url.QueryEscape(server.URL))
	}
	for _, test := range []struct {
		name, dsn string
		is        error
	}{
		{"token", dsn(server.AccountID, "wrong-"+testToken, server.DatabaseID), d1.ErrUnauthorized},
		{"token with a name", dsn(server.AccountID, "wrong-"+testToken, server.DatabaseName), d1.ErrUnauthorized},
		{"database name", dsn(server.AccountID, server.Token, "d1tes"), d1.ErrDatabaseNotFound},
		{"database UUID", dsn(server.AccountID, server.Token, testUUID), d1.ErrDatabaseNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := open(t, test.dsn)
			err := db.Ping()
			require.ErrorIs(t, err, test.is)
			require.NotContains(t, err.Error(), testToken)
			_, err = db.Exec("CREATE TABLE t (a)")
			require.ErrorIs(t, err, test.is)
			var e *d1.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, d1.OutcomeNotRun, e.Outcome)
		})
	}
}

// TestContext: a context that ends before, during or after the response shows as
// what it is, and gives connections back.
func TestContext(t *testing.T) {
	const rows = `{"result":[{"results":{"columns":["a"],"rows":[[1],[2]`
	entered := make(chan struct{}, 16)
	hang := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if strings.HasSuffix(r.URL.RawQuery, "stream") || r.Header.Get("X-Stream") != "" {
			return
		}
		entered <- struct{}{}
		<-r.Context().Done()
	}
	t.Run("before", func(t *testing.T) {
		db := serve(t, hang)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := db.ExecContext(ctx, "DELETE FROM t")
		require.ErrorIs(t, err, context.Canceled)
		_, err = db.QueryContext(ctx, "SELECT 1")
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, entered, "nothing must be sent")
	})
	t.Run("during a write", func(t *testing.T) {
		db := serve(t, hang)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-entered; cancel() }()
		_, err := db.ExecContext(ctx, "DELETE FROM t")
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
	})
	t.Run("during a read", func(t *testing.T) {
		db := serve(t, hang)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-entered; cancel() }()
		_, err := db.QueryContext(ctx, "SELECT 1")
		require.ErrorIs(t, err, context.Canceled)
	})
	t.Run("between rows", func(t *testing.T) {
		db := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, rows)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := db.QueryContext(ctx, "SELECT a FROM t")
		require.NoError(t, err)
		require.True(t, r.Next(), "the first row is there before the last byte: %v", r.Err())
		cancel()
		for r.Next() {
		}
		require.ErrorIs(t, r.Err(), context.Canceled)
		require.NoError(t, r.Close())
		require.Zero(t, db.Stats().InUse)
	})
	t.Run("after", func(t *testing.T) {
		db := open(t, d1test.New(t).DSN())
		ctx, cancel := context.WithCancel(t.Context())
		_, err := db.ExecContext(ctx, "CREATE TABLE t (a)")
		require.NoError(t, err)
		cancel()
		require.NoError(t, db.Ping())
		require.Zero(t, db.Stats().InUse)
	})
}
