package d1_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// A group is sent when it has 100 statements, so tests that run a multiple of
// that need not wait for the time to pass.
const (
	fullGroup  = 100
	longWindow = "coalesce=1s"
)

// concurrently calls fn(0) … fn(n-1) at once and waits for all.
func concurrently(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

// readNumber asks for n.
func readNumber(ctx context.Context, db *sql.DB, n int) (got int, err error) {
	err = db.QueryRowContext(ctx, "SELECT ?", n).Scan(&got)
	return got, err
}

// TestCoalescedReads: everybody gets the answer to the own question, with a
// hundredth of the requests.
func TestCoalescedReads(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, srv.DSN(), longWindow)
	const reads = 1000
	got, errs := make([]int, reads), make([]error, reads)
	concurrently(reads, func(i int) { got[i], errs[i] = readNumber(t.Context(), db, i) })
	for i := range reads {
		require.NoError(t, errs[i])
		require.Equal(t, i, got[i])
	}
	require.Len(t, srv.Requests(), reads/fullGroup)
}

// TestCoalescedKinds: what a caller sees is the same as without coalescing.
func TestCoalescedKinds(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t (v) VALUES ('a"ü'), (x'0102'), (1.5), (NULL)`)
		require.NoError(t, err)
		stmt, err := db.Prepare("SELECT v AS \"the v\" FROM t WHERE id = ?")
		require.NoError(t, err)
		defer stmt.Close()
		want := []any{`a"ü`, []byte{1, 2}, 1.5, nil}
		concurrently(len(want)*5, func(i int) {
			var metas []d1.Meta
			ctx := d1.WithMeta(t.Context(), func(m d1.Meta) { metas = append(metas, m) })
			rows, err := stmt.QueryContext(ctx, i%len(want)+1)
			if err != nil {
				t.Error(err)
				return
			}
			defer rows.Close()
			var v any
			columns, _ := rows.Columns()
			if !rows.Next() || rows.Scan(&v) != nil || rows.Next() || rows.Err() != nil {
				t.Error("want one row")
			}
			if fmt.Sprint(columns) != "[the v]" || fmt.Sprintf("%#v", v) != fmt.Sprintf("%#v", want[i%len(want)]) {
				t.Errorf("row %d: %v %#v", i, columns, v)
			}
			if len(metas) != 1 || metas[0].RowsRead != 1 {
				t.Errorf("Meta %+v", metas)
			}
		})
	}, "coalesce=20ms")
}

// TestCoalescedReadFails: the statement that fails gets its own error, the
// others their answers.
func TestCoalescedReadFails(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, srv.DSN(), longWindow)
	const bad = 42
	got, errs := make([]int, fullGroup), make([]error, fullGroup)
	concurrently(fullGroup, func(i int) {
		if i == bad {
			_, errs[i] = db.QueryContext(t.Context(), "SELECT * FROM missing")
			return
		}
		got[i], errs[i] = readNumber(t.Context(), db, i)
	})
	for i := range fullGroup {
		if i == bad {
			require.ErrorIs(t, errs[i], d1.CodeError)
			require.ErrorContains(t, errs[i], "no such table: missing")
			continue
		}
		require.NoError(t, errs[i])
		require.Equal(t, i, got[i])
	}
	require.LessOrEqual(t, len(srv.Requests()), 16, "one, and two for each halving")
}

// TestCoalescedWrites: each write is applied exactly once or fails with its own
// error, and has its own result.
func TestCoalescedWrites(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, u INTEGER UNIQUE)")
		require.NoError(t, err)
		ids, errs := make([]int64, fullGroup), make([]error, fullGroup)
		concurrently(fullGroup, func(i int) {
			u := i
			if i == 30 || i == 60 {
				u = 90 // one of the three gets in
			}
			r, err := db.ExecContext(t.Context(), "INSERT INTO t (u) VALUES (?)", u)
			if errs[i] = err; err != nil {
				return
			}
			ids[i], _ = r.LastInsertId()
			if n, _ := r.RowsAffected(); n != 1 {
				t.Errorf("insert %d: %d rows affected", i, n)
			}
		})
		failed := 0
		for i, err := range errs {
			if err != nil {
				require.Contains(t, []int{30, 60, 90}, i)
				require.ErrorIs(t, err, d1.ConstraintUnique)
				failed++
				continue
			}
			var u int
			require.NoError(t, db.QueryRow("SELECT u FROM t WHERE id = ?", ids[i]).Scan(&u))
			if i != 30 && i != 60 {
				require.Equal(t, i, u)
			}
		}
		require.Equal(t, 2, failed)
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
		require.Equal(t, fullGroup-2, n)
	}, "coalesce=5ms")
}

// TestCoalescedWriteUnknown: writes whose answer got lost are not repeated, and
// everybody is told.
func TestCoalescedWriteUnknown(t *testing.T) {
	srv := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	}))
	db := open(t, srv.DSN(), longWindow)
	errs := make([]error, fullGroup)
	concurrently(fullGroup, func(i int) { _, errs[i] = db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", i) })
	for _, err := range errs {
		require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
	}
	require.Len(t, srv.Requests(), 1)
}

// TestCoalescedReadCut: reads whose answer breaks off run again, as nobody has seen
// a row of it.
func TestCoalescedReadCut(t *testing.T) {
	for _, withLength := range []bool{true, false} {
		t.Run(fmt.Sprint("length=", withLength), func(t *testing.T) {
			var requests atomic.Int64
			srv := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if requests.Add(1) > 1 {
						next.ServeHTTP(w, r)
						return
					}
					answer := httptest.NewRecorder()
					next.ServeHTTP(answer, r)
					if withLength { // without, the answer is whole for HTTP
						w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
					}
					_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()-5])
				})
			}))
			read := func(db *sql.DB) (failed int64) {
				var n atomic.Int64
				concurrently(fullGroup, func(i int) {
					got, err := readNumber(t.Context(), db, i)
					if err != nil {
						n.Add(1)
					} else if got != i {
						t.Errorf("read %d: %d", i, got)
					}
				})
				return n.Load()
			}
			require.Zero(t, read(open(t, srv.DSN(), longWindow)))
			require.EqualValues(t, 3, requests.Swap(0))
			require.EqualValues(t, fullGroup, read(open(t, srv.DSN(), longWindow, "max_attempts=1")))
			require.EqualValues(t, 1, requests.Load())
		})
	}
}

// TestCoalescedSharedFailure: a failure that is nobody's fault is not tried once
// for each.
func TestCoalescedSharedFailure(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, strings.Replace(srv.DSN(), srv.Token, "wrong", 1), longWindow)
	errs := make([]error, fullGroup)
	concurrently(fullGroup, func(i int) { _, errs[i] = readNumber(t.Context(), db, i) })
	for _, err := range errs {
		require.ErrorIs(t, err, d1.ErrUnauthorized)
	}
	require.Len(t, srv.Requests(), 1)
}

// TestCoalescedDeadlines: a wait that would outlast the deadlines of all callers
// fails at once, as it does for one alone, and is no write of unknown outcome.
func TestCoalescedDeadlines(t *testing.T) {
	srv := d1test.New(t, d1test.Wrap(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "29")
			body(http.StatusTooManyRequests, "application/json", `{"success":false,"errors":[{"code":7429,"message":"Too many requests"}]}`)(w, r)
		})
	}))
	db := open(t, srv.DSN(), longWindow)
	concurrently(fullGroup, func(i int) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(10+i%10)*time.Second)
		defer cancel()
		_, err := db.ExecContext(ctx, "INSERT INTO t VALUES (?)", i)
		var e *d1.Error
		if !errors.Is(err, d1.ErrRateLimited) || !errors.As(err, &e) || e.RetryAfter != 29*time.Second || e.Outcome != d1.OutcomeNotRun {
			t.Error(err)
		}
	})
	require.Len(t, srv.Requests(), 1)
}

// TestCoalescedCancelLedger: a caller whose context has ended waits for the ledger
// as long as one alone would, and not for what the others wait for.
func TestCoalescedCancelLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := sql.OpenDB(silent(t, func(c *d1.Config) { c.Ledger, c.Coalesce = true, time.Millisecond }))
		defer db.Close()
		others, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := db.ExecContext(others, "INSERT INTO t VALUES (1)")
			ended <- err
		}()
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		began := time.Now()
		_, err := db.ExecContext(ctx, "INSERT INTO t VALUES (2)")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
		require.Equal(t, 31*time.Second, time.Since(began))
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// silent is a Connector to a server that never answers.
func silent(t *testing.T, configure func(*d1.Config)) *d1.Connector {
	cfg := d1.Config{AccountID: "acc", APIToken: testToken, Database: testUUID, RateLimit: d1.RateLimitOff}
	cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	configure(&cfg)
	c, err := d1.NewConnector(cfg)
	require.NoError(t, err)
	return c
}

// TestCoalescedCancelBefore: a statement whose caller has left is not sent.
func TestCoalescedCancelBefore(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, srv.DSN(), longWindow)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(ctx, "INSERT INTO missing VALUES (?)", 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, d1.ErrOutcomeUnknown, "it was not sent")
	_, err = db.QueryContext(ctx, "SELECT 'left'")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = readNumber(t.Context(), db, 1)
	require.NoError(t, err)
	require.Len(t, srv.Requests(), 1)
	require.Equal(t, "SELECT ~~?", srv.Requests()[0].Statements[0].SQL)
}

// held is a server that holds requests back until they are let go.
func held(t *testing.T) (srv *d1test.Server, arrived chan *http.Request, let chan struct{}) {
	arrived, let = make(chan *http.Request, 1), make(chan struct{})
	srv = d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrived <- r
			select {
			case <-let:
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		})
	}))
	return srv, arrived, let
}

// TestCoalescedCancelDuring: a caller leaves a request under way without
// disturbing the others.
func TestCoalescedCancelDuring(t *testing.T) {
	srv, arrived, let := held(t)
	db := open(t, srv.DSN(), longWindow)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	left := make(chan error, 1)
	go func() {
		_, err := readNumber(ctx, db, -1)
		left <- err
	}()
	go func() {
		<-arrived
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the one who left: %v", err)
		}
		close(let)
	}()
	concurrently(fullGroup-1, func(i int) {
		if got, err := readNumber(t.Context(), db, i); err != nil || got != i {
			t.Errorf("read %d: %d, %v", i, got, err)
		}
	})
	require.Len(t, srv.Requests(), 1)
}

// TestCoalescedCancelAll: when all callers have left, the request ends; of a
// write that had been sent nobody knows.
func TestCoalescedCancelAll(t *testing.T) {
	srv, arrived, _ := held(t)
	db := open(t, srv.DSN(), longWindow)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		r := <-arrived
		cancel()
		<-r.Context().Done()
		close(ended)
	}()
	concurrently(fullGroup, func(i int) {
		_, err := db.ExecContext(ctx, "INSERT INTO t VALUES (?)", i)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, d1.ErrOutcomeUnknown) {
			t.Error(err)
		}
	})
	<-ended
}

// TestCoalescedLarge: a large result is read apart, as a stream, and its text
// travels alone from then on.
func TestCoalescedLarge(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, srv.DSN(), longWindow)
	large := func() {
		var n int
		rows, err := db.QueryContext(t.Context(), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20000) SELECT i, 'some text' FROM n")
		if err != nil {
			t.Error(err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			n++
		}
		if rows.Err() != nil || n != 20_000 {
			t.Errorf("%d rows, %v", n, rows.Err())
		}
	}
	concurrently(fullGroup, func(i int) {
		if i == 0 {
			large()
		} else if got, err := readNumber(t.Context(), db, i); err != nil || got != i {
			t.Errorf("read %d: %d, %v", i, got, err)
		}
	})
	require.Len(t, srv.Requests(), 2)
	large()
	require.Len(t, srv.Requests(), 3)
	require.False(t, srv.Requests()[2].Batch)
}

// TestCoalescedClose: statements that wait when the database is closed are
// answered all the same.
func TestCoalescedClose(t *testing.T) {
	srv := d1test.New(t)
	db, err := sql.Open("d1", srv.DSN()+"&coalesce=200ms")
	require.NoError(t, err)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	answered := make(chan error, 1)
	go func() {
		var n int
		answered <- conn.QueryRowContext(t.Context(), "SELECT 1").Scan(&n)
	}()
	require.NoError(t, db.Close())
	if err := <-answered; err != nil {
		require.ErrorIs(t, err, sql.ErrConnDone) // Close came first
	}
	_ = conn.Close()
}

// TestNotCoalesced: transactions, batches, DDL and several statements are
// requests of their own, even at the same time.
func TestNotCoalesced(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, srv.DSN(), longWindow)
	_, err := db.Exec("CREATE TABLE t (a)")
	require.NoError(t, err)
	for _, test := range []struct {
		name string
		run  func(i int) error
	}{
		{"DDL", func(i int) error { _, err := db.Exec(fmt.Sprintf("CREATE TABLE t%d (a)", i)); return err }},
		{"several statements", func(i int) error { _, err := db.Exec("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"); return err }},
		{"batch", func(i int) error {
			_, err := new(d1.Batch).Add("INSERT INTO t VALUES (3)").Exec(t.Context(), db)
			return err
		}},
		{"write for its rows", func(i int) error { return db.QueryRow("INSERT INTO t VALUES (4) RETURNING a").Scan(new(int)) }},
		{"transaction", func(i int) error {
			return d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error {
				_, err := tx.Exec("INSERT INTO t VALUES (5)")
				return err
			})
		}},
		{"Ping", func(int) error { return db.Ping() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv.Reset()
			const n = 3
			errs := make([]error, n)
			concurrently(n, func(i int) { errs[i] = test.run(i) })
			require.NoError(t, errors.Join(errs...))
			require.Len(t, srv.Requests(), n)
		})
	}
}
