package d1_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// faults are what can go wrong with a request. before and after tell whether it
// reached the database.
var faults = []struct {
	name   string
	inject func(w http.ResponseWriter, r *http.Request, next http.Handler)
}{
	{"connection cut before", func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }},
	{"connection cut after", func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}},
	{"response cut in the middle", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}},
	{"response ends in the middle", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
	}},
	{"502 after", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		http.Error(w, "bad gateway", http.StatusBadGateway)
	}},
	{"reset", func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"result":[],"success":false,"errors":[{"code":7500,"message":"D1 DB reset because its code was updated."}],"messages":[]}`))
	}},
	{"rate limit", func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"result":null,"success":false,"errors":[{"code":10000,"message":"too many requests"}],"messages":[]}`))
	}},
	{"empty response after", func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r)
	}},
}

// TestTxFaults injects a fault at every request of a transaction of every kind of
// question: afterwards the data is as before or as after, and the caller was told
// which, or ErrOutcomeUnknown.
func TestTxFaults(t *testing.T) {
	const dump = "SELECT id,v FROM t UNION ALL SELECT id,t_id FROM child ORDER BY 1,2"
	program := func(tx *sql.Tx) error {
		if _, err := read(tx, "SELECT v FROM t WHERE id=1"); err != nil {
			return err
		}
		r, err := tx.Exec("INSERT INTO t(v) VALUES('three')")
		if err != nil {
			return err
		}
		id, err := r.LastInsertId()
		if err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO child(t_id) VALUES(?)", id); err != nil {
			return err
		}
		for _, text := range []string{"SELECT * FROM t", "INSERT INTO t(v) VALUES('four') RETURNING id", "UPDATE t SET v=v||'!' RETURNING *"} {
			if _, err := read(tx, text); err != nil {
				return err
			}
		}
		return tx.Commit()
	}
	for i, fault := range faults {
		for _, attempts := range []int{1, 3} {
			if attempts > 1 && i > 1 {
				continue // repetition is the same for all, and takes its pauses
			}
			t.Run(fmt.Sprintf("%s, %d attempts", fault.name, attempts), func(t *testing.T) {
				var count, at atomic.Int64
				srv := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if count.Add(1) == at.Load() {
							fault.inject(w, r, next)
							return
						}
						next.ServeHTTP(w, r)
					})
				}))
				var before, after []string
				var commit int64           // the number of Commit's request
				for n := int64(0); ; n++ { // 0: no fault
					id := srv.CreateDatabase(fmt.Sprint("db", n))
					db := open(t, srv.DSNOf(id), fmt.Sprint("max_attempts=", attempts), "prepare=lazy")
					at.Store(-1)
					run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "CREATE TABLE child(id INTEGER PRIMARY KEY, t_id REFERENCES t(id))",
						"INSERT INTO t(v) VALUES('one'),('two')")
					if n == 0 {
						before, _ = read(db, dump)
					}
					count.Store(0)
					at.Store(n)
					tx, err := db.BeginTx(t.Context(), nil)
					require.NoError(t, err)
					err = program(tx)
					_ = tx.Rollback()
					last := count.Load()
					at.Store(-1)
					now, readErr := read(db, dump)
					require.NoError(t, readErr)
					if n == 0 {
						require.NoError(t, err)
						after, commit = now, last
						require.NotEqual(t, before, after)
						continue
					}
					switch {
					case err == nil:
						require.Equal(t, after, now, "request %d", n)
					case errors.Is(err, d1.ErrOutcomeUnknown):
						require.Contains(t, [][]string{before, after}, now, "request %d: %v", n, err)
						require.Equal(t, commit, n, "request %d is not Commit's: %v", n, err)
					default:
						require.Equal(t, before, now, "request %d: %v", n, err)
						var e *d1.Error
						require.ErrorAs(t, err, &e)
						require.True(t, e.SafeToRetry(), "request %d: %v", n, err)
					}
					if last < n {
						return
					}
				}
			})
		}
	}
}
