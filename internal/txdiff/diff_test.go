package txdiff

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(workerd.Main{M: m}) }

// modes are when the driver asks.
var modes = []d1.TxMode{d1.TxEager, d1.TxLazy}

// tally counts what was compared, so that the test cannot pass by comparing
// nothing.
type tally struct{ calls, failures, refusals int }

// TestEmulator compares thousands of statements.
func TestEmulator(t *testing.T) {
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			srv := d1test.New(t)
			var sum tally
			n := 0
			rapid.Check(t, func(rt *rapid.T) {
				n++
				id := srv.CreateDatabase("db" + strconv.Itoa(n))
				compare(rt, srv.DSNOf(id), mode, program.Draw(rt, "program"), &sum)
			})
			sum.require(t, 100)
		})
	}
}

// TestWorkerd compares some hundred statements with the real engine.
func TestWorkerd(t *testing.T) {
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			var sum tally
			for seed := range 12 {
				compare(t, workerd.Shared(t).NewDatabase(t), mode, program.Example(seed), &sum)
			}
			sum.require(t, 100)
		})
	}
}

func (s tally) require(t *testing.T, calls int) {
	t.Logf("%d calls, %d of them failed on both sides, %d were refused", s.calls, s.failures, s.refusals)
	require.Greater(t, s.calls, calls)
	require.Greater(t, s.failures, calls/100)
	require.Less(t, s.refusals, s.calls/10)
}

// testingT is a *testing.T or a *rapid.T.
type testingT interface {
	require.TestingT
	Helper()
	Logf(string, ...any)
}

// compare runs a program through both drivers.
func compare(t testingT, dsn string, mode d1.TxMode, program []transaction, sum *tally) {
	native := openBoth(t, "sqlite", ":memory:")
	defer native.Close()
	ours := openBoth(t, "d1", dsn+"&parse_time=false&tx="+string(mode))
	defer ours.Close()
	for _, tr := range program {
		p := &pair{testingT: t, mode: mode, sum: sum}
		p.transaction(native, ours, tr)
	}
	want, err := dump(native)
	require.NoError(t, err)
	got, err := dump(ours)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func openBoth(t testingT, driver, dsn string) *sql.DB {
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec("PRAGMA foreign_keys=ON")
	require.NoError(t, err)
	tx, err := db.BeginTx(d1.WithTxMode(context.Background(), d1.TxLazy), nil)
	require.NoError(t, err)
	for _, text := range schema {
		_, err := tx.Exec(text)
		require.NoError(t, err, text)
	}
	require.NoError(t, tx.Commit())
	return db
}

// pair is one transaction on both sides.
type pair struct {
	testingT
	mode         d1.TxMode
	sum          *tally
	native, ours *sql.Tx
}

func (p *pair) transaction(native, ours *sql.DB, tr transaction) {
	var err error
	p.native, err = native.Begin()
	require.NoError(p, err)
	p.ours, err = ours.Begin()
	require.NoError(p, err)
	for _, o := range tr.ops {
		if !p.call(o) {
			tr.commit = false
			break
		}
	}
	if !tr.commit {
		require.NoError(p, p.native.Rollback())
		require.NoError(p, p.ours.Rollback())
		return
	}
	want, got := p.native.Commit(), p.ours.Commit()
	if want != nil { // deferred foreign keys
		// workerd resets the database then, which its HTTP server answers with
		// no more than status 500.
		require.True(p, sameError(want, got) || errors.Is(got, d1.ErrOutcomeUnknown), "commit: %v\n    got: %v", want, got)
		_, err := native.Exec("ROLLBACK") // sql.Tx has ended, SQLite's transaction has not
		require.NoError(p, err)
		return
	}
	require.NoError(p, got)
}

// call makes one call on both sides. It returns false if the transaction can only
// be rolled back.
func (p *pair) call(o op) bool {
	p.Logf("%s %v", o.sql, o.args)
	before := p.total()
	got, result := run(p.ours, o)
	require.NotErrorIs(p, got.err, d1.ErrTxConflict, o.sql)
	p.sum.calls++
	if errors.Is(got.err, d1.ErrTxUnanswered) {
		p.Logf("refused: %v", got.err)
		p.sum.refusals++
		return true
	}
	want, nativeResult := run(p.native, o)
	if want.err != nil {
		p.sum.failures++
		return p.failed(want.err, got.err, result)
	}
	require.NoError(p, got.err, o.sql)
	require.Equal(p, want.columns, got.columns, o.sql)
	require.Equal(p, want.rows, got.rows, o.sql)
	if o.ask {
		p.results(o, before, nativeResult, result)
	}
	return true
}

// failed compares errors, and returns to a savepoint where the transaction cannot
// go on.
func (p *pair) failed(want, got error, result sql.Result) bool {
	fatal := got == nil
	if fatal {
		require.Equal(p, d1.TxLazy, p.mode, "no error, want %v", want)
		if result != nil {
			_, got = result.RowsAffected()
		}
		if got == nil { // no rows to count, or RETURNING that was answered
			var out outcome
			out, _ = run(p.ours, op{sql: "SELECT 1", rows: true})
			got = out.err
		}
	}
	require.True(p, sameError(want, got), "want: %v\n got: %v", want, got)
	return !fatal || p.rollbackTo()
}

// rollbackTo returns to any savepoint that is open.
func (p *pair) rollbackTo() bool {
	for _, name := range []string{"s2", `"S 1"`, "s1"} {
		if _, err := p.native.Exec("ROLLBACK TO " + name); err == nil {
			_, err := p.ours.Exec("ROLLBACK TO " + name)
			require.NoError(p, err)
			return true
		}
	}
	return false
}

// results compares what the statement changed.
func (p *pair) results(o op, before int64, native, ours sql.Result) {
	changes, err := ours.RowsAffected()
	if errors.Is(err, d1.ErrTxUnanswered) {
		p.sum.refusals++
		return
	}
	require.NoError(p, err, o.sql)
	require.Equal(p, p.total()-before, changes, o.sql)
	want, err := native.LastInsertId()
	require.NoError(p, err)
	got, err := ours.LastInsertId()
	require.NoError(p, err)
	// A statement that inserts nothing leaves the id of the one before, which may
	// be of a transaction that was rolled back; native connections keep it.
	direct, err := native.RowsAffected()
	require.NoError(p, err)
	if direct > 0 && strings.HasPrefix(o.sql, "INSERT") && !strings.Contains(o.sql, "CONFLICT") && !strings.Contains(o.sql, "keyed") {
		require.Equal(p, want, got, o.sql)
	}
}

// total counts the changed rows as D1 does, triggers and cascades included.
func (p *pair) total() (n int64) {
	require.NoError(p, p.native.QueryRow("SELECT total_changes()").Scan(&n))
	return n
}
