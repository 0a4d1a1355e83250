package d1_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// loser is a server that runs requests and loses some of the answers.
type loser struct {
	lose    atomic.Int64 // how many answers from now on
	writes  atomic.Int64 // requests that carry the test's own writes
	handler http.Handler
}

func (l *loser) wrap(next http.Handler) http.Handler {
	l.handler = next
	return l
}

func (l *loser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if strings.Contains(string(body), "INTO t") {
		l.writes.Add(1)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if l.lose.Add(-1) < 0 {
		l.handler.ServeHTTP(w, r)
		return
	}
	l.handler.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// losing opens a database with a ledger behind a loser.
func losing(t *testing.T, options ...string) (*sql.DB, *loser) {
	l := &loser{}
	db := open(t, d1test.New(t, d1test.Wrap(l.wrap)).DSN(), append(options, "ledger=true")...)
	_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE); CREATE TABLE log (n); " +
		"CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END")
	require.NoError(t, err)
	l.writes.Store(0)
	return db, l
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRow(query).Scan(&n))
	return n
}

// TestLedgerIsUnseen: with the ledger every result is what it is without, in
// every kind of request, on both engines.
func TestLedgerIsUnseen(t *testing.T) {
	type numbers struct {
		changes, lastID int64
		rows            string
	}
	script := func(t *testing.T, db *sql.DB) (all []numbers) {
		add := func(r sql.Result, err error) {
			t.Helper()
			require.NoError(t, err)
			n := numbers{}
			n.changes, err = r.RowsAffected()
			require.NoError(t, err)
			n.lastID, err = r.LastInsertId()
			require.NoError(t, err)
			all = append(all, n)
		}
		add(db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)"))
		add(db.Exec("CREATE TABLE log (n)"))
		add(db.Exec("CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id), (new.id); END"))
		add(db.Exec("INSERT INTO t (v) VALUES (?), (?)", "a", "b"))
		add(db.Exec("UPDATE t SET v = 'c'"))
		add(db.Exec("INSERT INTO t (id) VALUES (70); DELETE FROM t WHERE id = 1; SELECT 1"))
		add(db.Exec("PRAGMA foreign_keys=ON"))
		add(db.Exec("CREATE VIRTUAL TABLE f USING fts5(x)"))
		batch := (&d1.Batch{}).Add("INSERT INTO t (id) VALUES (?)", 80).Add("SELECT * FROM t").
			Add("WITH x(a) AS (SELECT 90) INSERT INTO t (id) SELECT a FROM x").
			Add("INSERT INTO log VALUES (changes())").Add("INSERT INTO log VALUES (last_insert_rowid())").
			Add("UPDATE t SET v = total_changes() - total_changes()").Add("DELETE FROM log")
		results, err := batch.Exec(t.Context(), db)
		require.NoError(t, err)
		for _, r := range results {
			add(r, nil)
		}
		for _, mode := range []d1.TxMode{d1.TxLazy, d1.TxEager} {
			tx, err := db.BeginTx(d1.WithTxMode(t.Context(), mode), nil)
			require.NoError(t, err)
			one, err := tx.Exec("INSERT INTO t (v) VALUES ('tx')")
			add(one, err) // asked before Commit, so that it is guarded
			two, err := tx.Exec("UPDATE t SET v = v || 'x'")
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
			add(two, nil)
			add(one, nil)
		}
		rows, err := db.Query("INSERT INTO t (v) VALUES (7), (8) RETURNING id, v")
		require.NoError(t, err)
		for rows.Next() {
			var id, v int64
			require.NoError(t, rows.Scan(&id, &v))
			all = append(all, numbers{rows: fmt.Sprint(id, v)})
		}
		require.NoError(t, rows.Err())
		rows, err = batch.Query(t.Context(), db)
		require.Error(t, err, "the key 80 is there already")
		require.Nil(t, rows)
		rows, err = db.Query("DELETE FROM t WHERE v = 8")
		require.NoError(t, err)
		require.False(t, rows.Next())
		require.NoError(t, rows.Close())
		return append(all, numbers{changes: int64(count(t, db, "SELECT count(*) FROM t"))})
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			without := script(t, open(t, e.dsn(t)))
			db := open(t, e.dsn(t), "ledger=true")
			require.Equal(t, without, script(t, db))
			// One entry for each request that wrote, all of them applied.
			require.Equal(t, 13, count(t, db, "SELECT count(*) FROM _d1_ledger"))
			require.Zero(t, count(t, db, "SELECT count(*) FROM _d1_ledger WHERE record IS NULL"))
		})
	}
}

// TestLedgerLostAnswer: a write whose answer is lost is applied once and has its
// result all the same.
func TestLedgerLostAnswer(t *testing.T) {
	for _, lost := range []int64{0, 1, 2, 5, 9} { // of four attempts, and then of the questions
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			t.Run("Exec", func(t *testing.T) {
				db, l := losing(t)
				l.lose.Store(lost)
				r, err := db.Exec("INSERT INTO t (id, v) VALUES (41, 'a'), (42, 'b')")
				require.NoError(t, err)
				id, err := r.LastInsertId()
				require.NoError(t, err)
				require.EqualValues(t, 42, id)
				n, err := r.RowsAffected()
				require.NoError(t, err)
				require.EqualValues(t, 4, n, "2 rows, and 2 by the trigger")
				require.Equal(t, 2, count(t, db, "SELECT count(*) FROM log"))
				require.LessOrEqual(t, l.writes.Load(), int64(4))
			})
			t.Run("several", func(t *testing.T) {
				db, l := losing(t)
				l.lose.Store(lost)
				r, err := db.Exec("INSERT INTO t (id) VALUES (41); DELETE FROM log; UPDATE t SET v = 1")
				require.NoError(t, err)
				n, err := r.RowsAffected()
				require.NoError(t, err)
				require.EqualValues(t, 4, n)
			})
			t.Run("Batch", func(t *testing.T) {
				db, l := losing(t)
				l.lose.Store(lost)
				var metas []d1.Meta
				ctx := d1.WithMeta(t.Context(), func(m d1.Meta) { metas = append(metas, m) })
				results, err := (&d1.Batch{}).Add("SELECT 1").Add("INSERT INTO t (id) VALUES (9)").Add("/* c */ SELECT 1").
					Add("-- name: SaveChanges :exec\nDELETE FROM log").Add("INSERT INTO t (v) VALUES (NULL)").Exec(ctx, db)
				require.NoError(t, err)
				var changes, ids []int64
				for _, r := range results {
					n, err := r.RowsAffected()
					require.NoError(t, err)
					id, err := r.LastInsertId()
					require.NoError(t, err)
					changes, ids = append(changes, n), append(ids, id)
				}
				require.Equal(t, []int64{0, 2, 0, 1, 2}, changes)
				require.Equal(t, []int64{0, 9, 9, 9, 10}, ids)
				require.Len(t, metas, 5)
				for i, m := range metas {
					require.Equal(t, lost > 0, m.FromLedger)
					require.Equal(t, changes[i], m.Changes)
					require.Equal(t, ids[i], m.LastRowID)
				}
			})
			t.Run("transaction", func(t *testing.T) {
				db, l := losing(t)
				tx, err := db.Begin()
				require.NoError(t, err)
				r, err := tx.Exec("INSERT INTO t (id) VALUES (33)")
				require.NoError(t, err)
				l.lose.Store(lost)
				require.NoError(t, tx.Commit())
				id, err := r.LastInsertId()
				require.NoError(t, err)
				require.EqualValues(t, 33, id)
				require.Equal(t, 1, count(t, db, "SELECT count(*) FROM t"))
			})
			t.Run("rows", func(t *testing.T) {
				db, l := losing(t)
				l.lose.Store(lost)
				var id int
				err := db.QueryRow("INSERT INTO t (id) VALUES (9) RETURNING id").Scan(&id)
				if lost == 0 {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, d1.ErrResultLost)
					require.NotErrorIs(t, err, d1.ErrOutcomeUnknown)
					var e *d1.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, d1.OutcomeApplied, e.Outcome)
					require.False(t, e.SafeToRetry())
				}
				require.Equal(t, 1, count(t, db, "SELECT count(*) FROM t"))
			})
			t.Run("Query without rows", func(t *testing.T) {
				db, l := losing(t)
				l.lose.Store(lost)
				rows, err := db.Query("INSERT INTO t (id) VALUES (9)")
				require.NoError(t, err)
				require.NoError(t, rows.Close())
				require.Equal(t, 1, count(t, db, "SELECT count(*) FROM t"))
			})
		})
	}
}

// TestLedgerUsesChanges: what the ledger could not note without being seen is an
// error, not a guess.
func TestLedgerUsesChanges(t *testing.T) {
	db, l := losing(t)
	batch := (&d1.Batch{}).Add("SELECT 1").Add("INSERT INTO t (id) VALUES (1), (2)").Add("INSERT INTO log SELECT changes()").Add("DELETE FROM t WHERE id = 1")
	l.lose.Store(1)
	results, err := batch.Exec(t.Context(), db)
	require.NoError(t, err)
	require.Len(t, results, 4)
	for i, want := range []int64{0, -1, -1, 1} {
		n, err := results[i].RowsAffected()
		if want < 0 {
			require.ErrorIs(t, err, d1.ErrResultLost)
			_, err = results[i].LastInsertId()
			require.ErrorIs(t, err, d1.ErrResultLost)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	require.Equal(t, 2, count(t, db, "SELECT n FROM log ORDER BY rowid DESC LIMIT 1"), "changes() is that of the statement before")
}

// TestLedgerRefused: an error of the engine after an attempt whose answer was
// lost is known to have had no effect, and says why.
func TestLedgerRefused(t *testing.T) {
	var n atomic.Int64
	db := open(t, d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n.Add(-1) == 0 {
				panic(http.ErrAbortHandler) // not run
			}
			next.ServeHTTP(w, r)
		})
	})).DSN(), "ledger=true")
	_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
	require.NoError(t, err)
	n.Store(1)
	_, err = db.Exec("INSERT INTO t VALUES (1)")
	require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
	require.NotErrorIs(t, err, d1.ErrOutcomeUnknown)
	var e *d1.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, d1.OutcomeRefused, e.Outcome)

	n.Store(1)
	_, err = db.Exec("INSERT INTO t VALUES (2)")
	require.NoError(t, err, "repeated")
	require.Equal(t, 2, count(t, db, "SELECT count(*) FROM t"))
}

// TestLedgerLateCopy: a request that arrives after the driver has given it up is
// not applied any more.
func TestLedgerLateCopy(t *testing.T) {
	late := make(chan func() int, 1)
	db := open(t, d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			if !strings.Contains(string(body), "INSERT INTO t") {
				next.ServeHTTP(w, r)
				return
			}
			copied := r.Clone(context.Background())
			copied.Body = io.NopCloser(strings.NewReader(string(body)))
			late <- func() int {
				w := httptest.NewRecorder()
				next.ServeHTTP(w, copied)
				return w.Code
			}
			panic(http.ErrAbortHandler)
		})
	})).DSN(), "ledger=true", "max_attempts=1")
	_, err := db.Exec("CREATE TABLE t (id)")
	require.NoError(t, err)
	_, err = db.Exec("INSERT INTO t VALUES (1)")
	require.NotErrorIs(t, err, d1.ErrOutcomeUnknown)
	var e *d1.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, d1.OutcomeNotRun, e.Outcome)
	require.True(t, e.SafeToRetry())
	require.Equal(t, http.StatusBadRequest, (<-late)())
	require.Zero(t, count(t, db, "SELECT count(*) FROM t"))
}

// TestLedgerCanceled: a context that ends while a write is under way does not
// leave its outcome unknown.
func TestLedgerCanceled(t *testing.T) {
	for _, run := range []bool{true, false} {
		t.Run(fmt.Sprint("applied=", run), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			db := open(t, d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					copied := r.Clone(context.Background())
					copied.Body = io.NopCloser(strings.NewReader(string(body)))
					if !strings.Contains(string(body), "INSERT INTO t") {
						next.ServeHTTP(w, copied)
						return
					}
					if run {
						next.ServeHTTP(httptest.NewRecorder(), copied)
					}
					cancel()
					<-r.Context().Done()
				})
			})).DSN(), "ledger=true")
			_, err := db.Exec("CREATE TABLE t (id)")
			require.NoError(t, err)
			_, err = db.ExecContext(ctx, "INSERT INTO t VALUES (1)")
			if run {
				require.NoError(t, err)
				require.Equal(t, 1, count(t, db, "SELECT count(*) FROM t"))
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			var e *d1.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, d1.OutcomeNotRun, e.Outcome)
		})
	}
}

// TestLedgerCannotBeAsked: what nobody can know is still said to be unknown.
func TestLedgerCannotBeAsked(t *testing.T) {
	var denied atomic.Bool
	db := open(t, d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if denied.Load() {
				http.Error(w, `{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"result":null}`, http.StatusUnauthorized)
				return
			}
			denied.Store(true)
			panic(http.ErrAbortHandler)
		})
	})).DSN(), "ledger=true", "max_attempts=1")
	_, err := db.Exec("INSERT INTO t VALUES (1)")
	require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
	require.ErrorContains(t, err, "the ledger could not be asked")
	require.ErrorContains(t, err, "Authentication error")
}

// TestLedgerPrunes: old entries go, new ones stay.
func TestLedgerPrunes(t *testing.T) {
	db := open(t, d1test.New(t).DSN(), "ledger=true")
	_, err := db.Exec("CREATE TABLE t (id)")
	require.NoError(t, err)
	_, err = db.Exec("INSERT INTO _d1_ledger (id, at, record) VALUES ('old', unixepoch() - 3700, '0 0'), ('young', unixepoch() - 3500, '0 0')")
	require.NoError(t, err)
	for range 2000 { // of which each removes old entries with a probability of 1 in 64
		_, err = db.Exec("INSERT INTO t VALUES (1)")
		require.NoError(t, err)
		if count(t, db, "SELECT count(*) FROM _d1_ledger WHERE id = 'old'") == 0 {
			require.Equal(t, 1, count(t, db, "SELECT count(*) FROM _d1_ledger WHERE id = 'young'"))
			return
		}
	}
	t.Fatal("nothing was removed")
}

// TestLedgerDrop: the table can be dropped like any other, as by what drops all
// tables, and is made again by the next write.
func TestLedgerDrop(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		drop := "DROP TABLE IF EXISTS _d1_ledger"
		for _, run := range []func() error{
			func() error { _, err := db.Exec(`DROP TABLE "_D1_Ledger"`); return err },
			func() error { _, err := db.Exec("DELETE FROM t; DROP TABLE _d1_ledger"); return err },
			func() error { _, err := new(d1.Batch).Add("DELETE FROM t").Add(drop).Exec(t.Context(), db); return err },
			func() error {
				return d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error { _, err := tx.Exec(drop); return err })
			},
			func() error {
				rows, err := db.Query(drop)
				if err != nil {
					return err
				}
				return rows.Close()
			},
		} {
			_, err := db.Exec("CREATE TABLE IF NOT EXISTS t (a)")
			require.NoError(t, err)
			require.Equal(t, 1, count(t, db, "SELECT count(*) FROM _d1_ledger"))
			require.NoError(t, run())
			require.Zero(t, count(t, db, "SELECT count(*) FROM sqlite_schema WHERE name = '_d1_ledger'"))
		}
	}, "ledger=true", "coalesce=1ms")
}

// TestLedgerCost is what docs/reliability.md says of rows written, as the real
// engine counts them.
func TestLedgerCost(t *testing.T) {
	written := func(db *sql.DB, batch *d1.Batch) (n int64) {
		trace := int64(0)
		_, err := batch.Exec(d1.WithMeta(t.Context(), func(m d1.Meta) { trace += m.RowsWritten }), db)
		require.NoError(t, err)
		return trace
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			dsn := e.dsn(t)
			cfg, err := d1.ParseDSN(dsn)
			require.NoError(t, err)
			var total atomic.Int64
			cfg.Ledger = true
			cfg.Trace = &d1.Trace{End: func(_ context.Context, _ d1.TraceRequest, r d1.TraceResult) { total.Add(r.Meta.RowsWritten) }}
			connector, err := d1.NewConnector(*cfg)
			require.NoError(t, err)
			db := sql.OpenDB(connector)
			defer func() { require.NoError(t, db.Close()) }()
			_, err = db.Exec("CREATE TABLE t (a)")
			require.NoError(t, err)
			total.Store(0)
			own := written(db, (&d1.Batch{}).Add("INSERT INTO t VALUES (1)").Add("SELECT 1").Add("INSERT INTO t VALUES (2)"))
			require.EqualValues(t, 2, own)
			require.EqualValues(t, 1+2, total.Load()-own, "an entry, and a record of each write; another row when the entry is removed")
		})
	}
}
