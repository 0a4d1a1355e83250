package d1_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/chaos"
)

var (
	chaosOps  = flag.Int("chaos.ops", 1000, "operations of each chaos test")
	chaosSeed = flag.Uint64("chaos.seed", 1, "schedule of the chaos tests")
)

const (
	chaosWorkers  = 32
	chaosRate     = 0.25 // of requests meet a fault
	chaosAccounts = 200
	chaosBalance  = 1000 // of each account at the start
)

// verdict is what the driver said of an operation.
type verdict int

const (
	done verdict = iota
	failed
	unknown
	verdicts
)

// operation is one that writes a row with a number of its own.
type operation struct {
	id      int64
	kind    string
	verdict verdict
	rowID   int64 // what the driver said; 0 if nothing
	err     error
}

// TestChaos: whatever breaks on the way, the driver tells the truth. What it
// says is done is there exactly once, what it says has failed is not there, and
// of what it says is unknown one or the other holds; with the ledger, nothing is.
func TestChaos(t *testing.T) {
	for _, test := range []struct {
		ledger   bool
		coalesce time.Duration
	}{{false, 0}, {true, 0}, {true, time.Millisecond}} {
		t.Run(fmt.Sprintf("ledger=%t,coalesce=%s", test.ledger, test.coalesce), func(t *testing.T) {
			w := newChaosWorld(t, test.ledger, test.coalesce)
			started := time.Now()
			w.run(t)
			w.chaos.Stop()
			took := time.Since(started)
			counts := w.verify(t)
			t.Logf("seed %d, %d operations in %s: done %d, failed %d, unknown %d; reads %d, of which %d failed",
				*chaosSeed, len(w.operations), took.Round(time.Millisecond), counts[done], counts[failed], counts[unknown],
				w.reads.Load(), w.readErrors.Load())
			t.Logf("faults: %s", w.chaos)
			require.Positive(t, counts[done])
			require.Positive(t, counts[failed])
			if test.ledger {
				for _, o := range w.operations {
					if o.verdict == unknown {
						t.Errorf("%s with the ledger: %v", o.kind, o.err)
					}
				}
			} else {
				require.Positive(t, counts[unknown])
			}
			for f := chaos.None; f <= chaos.FailedAfter; f++ {
				require.Positive(t, w.chaos.Count(f), "no fault of the kind %s", f)
			}
		})
	}
}

// chaosWorld is a bank behind a bad network.
type chaosWorld struct {
	chaos *chaos.Chaos
	db    *sql.DB // over the network
	calm  *sql.DB // past it

	next              atomic.Int64
	reads, readErrors atomic.Int64
	mu                sync.Mutex
	operations        []operation
}

func newChaosWorld(t *testing.T, ledger bool, coalesce time.Duration) *chaosWorld {
	w := &chaosWorld{chaos: chaos.New(*chaosSeed, chaosRate)}
	var stormy atomic.Bool
	server := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		faulty := w.chaos.Handler(next)
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if stormy.Load() {
				faulty.ServeHTTP(rw, r)
			} else {
				next.ServeHTTP(rw, r)
			}
		})
	}))
	w.calm = open(t, server.DSN())
	_, err := w.calm.Exec("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER); CREATE TABLE op (id INTEGER, source INTEGER, target INTEGER, amount INTEGER); "+
		"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO account SELECT i, ? FROM n", chaosAccounts, chaosBalance)
	require.NoError(t, err)
	stormy.Store(true)

	cfg, err := d1.ParseDSN(server.DSN())
	require.NoError(t, err)
	transport := &http.Transport{DialContext: w.chaos.DialContext, MaxIdleConnsPerHost: chaosWorkers}
	t.Cleanup(transport.CloseIdleConnections)
	cfg.Transport, cfg.Ledger, cfg.Coalesce = transport, ledger, coalesce
	connector, err := d1.NewConnector(*cfg)
	require.NoError(t, err)
	w.db = sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, w.db.Close()) })
	w.db.SetMaxOpenConns(24)
	w.db.SetConnMaxLifetime(50 * time.Millisecond)
	return w
}

// run lets all workers run operations until there have been enough.
func (w *chaosWorld) run(t *testing.T) {
	quiet := log.Writer() // net/http complains of what the proxy does on purpose
	log.SetOutput(io.Discard)
	defer log.SetOutput(quiet)
	var workers sync.WaitGroup
	for n := range chaosWorkers {
		random := rand.New(rand.NewPCG(*chaosSeed, uint64(n)+1e9))
		workers.Go(func() {
			for {
				id := w.next.Add(1)
				if id > int64(*chaosOps) {
					return
				}
				w.step(t, random, id)
			}
		})
	}
	workers.Wait()
}

// step runs one operation, now and then with a context that ends meanwhile.
func (w *chaosWorld) step(t *testing.T, random *rand.Rand, id int64) {
	ctx := t.Context()
	if random.IntN(20) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(30_000))*time.Microsecond)
		defer cancel()
	}
	o := operation{id: id}
	source, target, amount := 1+random.IntN(chaosAccounts), 1+random.IntN(chaosAccounts-1), 1+random.IntN(9)
	if target >= source {
		target++
	}
	switch random.IntN(10) { // transactions are few, as their guards take SQLite's parser long
	case 0, 1:
		w.read(ctx, t)
		return
	case 2, 3, 4:
		o.kind = "insert"
		o.rowID, o.err = w.insert(ctx, t, id)
	case 5, 6:
		o.kind = "returning"
		o.err = w.db.QueryRowContext(ctx, "INSERT INTO op (id) VALUES (?) RETURNING rowid", id).Scan(&o.rowID)
	case 7, 8:
		o.kind = "batch"
		o.err = w.batch(ctx, t, id, source, target, amount)
	case 9:
		o.kind = "transaction"
		o.err = w.transfer(ctx, id, source, target, amount)
	}
	switch {
	case o.err == nil, errors.Is(o.err, d1.ErrResultLost):
		o.verdict = done
	case errors.Is(o.err, d1.ErrOutcomeUnknown):
		o.verdict = unknown
	default:
		o.verdict = failed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.operations = append(w.operations, o)
}

// read reads what is the same at every moment.
func (w *chaosWorld) read(ctx context.Context, t *testing.T) {
	w.reads.Add(1)
	var sum, n int
	err := w.db.QueryRowContext(ctx, "SELECT sum(balance), count(*) FROM account").Scan(&sum, &n)
	if err != nil {
		w.readErrors.Add(1)
		if errors.Is(err, d1.ErrOutcomeUnknown) {
			t.Errorf("a read whose outcome is unknown: %v", err)
		}
		return
	}
	if n != chaosAccounts || sum != chaosAccounts*chaosBalance {
		t.Errorf("read %d in %d accounts", sum, n)
	}
}

func (w *chaosWorld) insert(ctx context.Context, t *testing.T, id int64) (rowID int64, err error) {
	r, err := w.db.ExecContext(ctx, "INSERT INTO op (id) VALUES (?)", id)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	if err != nil || n != 1 {
		t.Errorf("RowsAffected: %d, %v", n, err)
	}
	rowID, err = r.LastInsertId()
	if err != nil {
		t.Errorf("LastInsertId: %v", err)
	}
	return rowID, nil
}

func (w *chaosWorld) batch(ctx context.Context, t *testing.T, id int64, source, target, amount int) error {
	results, err := (&d1.Batch{}).
		Add("UPDATE account SET balance = balance - ? WHERE id = ?", amount, source).
		Add("INSERT INTO op VALUES (?, ?, ?, ?)", id, source, target, amount).
		Add("UPDATE account SET balance = balance + ? WHERE id = ?", amount, target).
		Exec(ctx, w.db)
	for _, r := range results {
		if n, err := r.RowsAffected(); err != nil || n != 1 {
			t.Errorf("RowsAffected: %d, %v", n, err)
		}
	}
	return err
}

// transfer computes the balances here, so that a lost update would show.
func (w *chaosWorld) transfer(ctx context.Context, id int64, source, target, amount int) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for account, add := range map[int]int{source: -amount, target: amount} {
		var balance int
		if err := tx.QueryRow("SELECT balance FROM account WHERE id = ?", account).Scan(&balance); err != nil {
			return notCommitted(err)
		}
		if _, err := tx.Exec("UPDATE account SET balance = ? WHERE id = ?", balance+add, account); err != nil {
			return notCommitted(err)
		}
	}
	if _, err := tx.Exec("INSERT INTO op VALUES (?, ?, ?, ?)", id, source, target, amount); err != nil {
		return notCommitted(err)
	}
	return tx.Commit()
}

// notCommitted is a failure before Commit: it must not claim to be unknown.
func notCommitted(err error) error {
	if errors.Is(err, d1.ErrOutcomeUnknown) {
		panic(fmt.Sprintf("unknown before Commit: %v", err))
	}
	return err
}

// verify compares what the driver said with what is there.
func (w *chaosWorld) verify(t *testing.T) (counts [verdicts]int) {
	t.Helper()
	there := map[int64][]int64{} // rowids by operation
	balance := map[int]int{}
	rows, err := w.calm.Query("SELECT id, rowid, source, target, amount FROM op")
	require.NoError(t, err)
	for rows.Next() {
		var id, rowID int64
		var source, target, amount sql.NullInt64
		require.NoError(t, rows.Scan(&id, &rowID, &source, &target, &amount))
		there[id] = append(there[id], rowID)
		balance[int(source.Int64)] -= int(amount.Int64)
		balance[int(target.Int64)] += int(amount.Int64)
	}
	require.NoError(t, rows.Err())
	for _, o := range w.operations {
		counts[o.verdict]++
		n := len(there[o.id])
		switch o.verdict {
		case done:
			require.Equal(t, 1, n, "%s %d was reported as done (%v), and is there %d times", o.kind, o.id, o.err, n)
			if o.rowID != 0 {
				require.Equal(t, there[o.id][0], o.rowID, "%s %d", o.kind, o.id)
			}
		case failed:
			require.Zero(t, n, "%s %d was reported as failed, and is there %d times: %v", o.kind, o.id, n, o.err)
		default:
			require.LessOrEqual(t, n, 1, "%s %d is there %d times: %v", o.kind, o.id, n, o.err)
		}
	}
	rows, err = w.calm.Query("SELECT id, balance FROM account")
	require.NoError(t, err)
	for rows.Next() {
		var id, n int
		require.NoError(t, rows.Scan(&id, &n))
		require.Equal(t, chaosBalance+balance[id], n, "account %d", id)
	}
	require.NoError(t, rows.Err())
	return counts
}
