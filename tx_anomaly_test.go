package d1_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// history is what a transaction has seen.
type history []int

func (h *history) see(tx *sql.Tx, query string, args ...any) error {
	var n int
	if err := tx.QueryRow(query, args...).Scan(&n); err != nil {
		return err
	}
	*h = append(*h, n)
	return nil
}

// last is the value seen last.
func (h history) last() int { return h[len(h)-1] }

// step is one call of a transaction.
type step func(tx *sql.Tx, h *history) error

func see(query string) step {
	return func(tx *sql.Tx, h *history) error { return h.see(tx, query) }
}

func do(query string, args func(h history) []any) step {
	return func(tx *sql.Tx, h *history) error {
		var list []any
		if args != nil {
			list = args(*h)
		}
		_, err := tx.Exec(query, list...)
		return err
	}
}

var errRollback = errors.New("rolled back as the program wanted")

func rollback(*sql.Tx, *history) error { return errRollback }

const account = "SELECT n FROM account WHERE name="

// anomalies are transactions that interfere: account has x=1 and y=1.
var anomalies = []struct {
	name         string
	transactions [][]step
}{
	{"dirty read", [][]step{
		{do("UPDATE account SET n=7 WHERE name='x'", nil), see(account + "'x'"), rollback},
		{see(account + "'x'"), do("UPDATE account SET n=? WHERE name='y'", func(h history) []any { return []any{h.last()} })},
	}},
	{"lost update", [][]step{
		{see(account + "'x'"), do("UPDATE account SET n=? WHERE name='x'", func(h history) []any { return []any{h.last() + 10} })},
		{see(account + "'x'"), do("UPDATE account SET n=? WHERE name='x'", func(h history) []any { return []any{h.last() + 100} })},
	}},
	{"lost update, seen after a write", [][]step{
		{do("INSERT INTO note VALUES(1)", nil), see(account + "'x'"), do("UPDATE account SET n=? WHERE name='x'", func(h history) []any { return []any{h.last() + 10} })},
		{do("INSERT INTO note VALUES(2)", nil), see(account + "'x'"), do("UPDATE account SET n=? WHERE name='x'", func(h history) []any { return []any{h.last() + 100} })},
	}},
	{"lost update, by RETURNING", [][]step{
		{see("UPDATE account SET n=n+10 WHERE name='x' RETURNING n"), do("UPDATE account SET n=? WHERE name='y'", func(h history) []any { return []any{h.last()} })},
		{see("UPDATE account SET n=n+100 WHERE name='x' RETURNING n"), do("UPDATE account SET n=? WHERE name='y'", func(h history) []any { return []any{h.last()} })},
	}},
	{"non-repeatable read", [][]step{
		{see(account + "'x'"), see(account + "'x'"), see(account + "'y'")},
		{do("UPDATE account SET n=5 WHERE name='x'", nil), do("UPDATE account SET n=6 WHERE name='y'", nil)},
	}},
	{"phantom", [][]step{
		{see("SELECT count(*) FROM account WHERE n>0"), do("INSERT INTO note SELECT count(*) FROM account WHERE n>0", nil), see("SELECT sum(n) FROM account WHERE n>0")},
		{do("INSERT INTO account VALUES('z',1)", nil), do("INSERT INTO account VALUES('w',2)", nil)},
	}},
	{"write skew", [][]step{
		{see("SELECT sum(n) FROM account"), do("UPDATE account SET n=n-? WHERE name='x'", func(h history) []any { return []any{h.last()} })},
		{see("SELECT sum(n) FROM account"), do("UPDATE account SET n=n-? WHERE name='y'", func(h history) []any { return []any{h.last()} })},
	}},
	{"two new rows", [][]step{
		{see("SELECT coalesce(max(x),0) FROM note"), do("INSERT INTO note VALUES(?)", func(h history) []any { return []any{h.last() + 1} })},
		{see("SELECT coalesce(max(x),0) FROM note"), do("INSERT INTO note VALUES(?)", func(h history) []any { return []any{h.last() + 1} })},
	}},
	// Fekete, O'Neil, O'Neil 2004: a withdrawal that pays no fee as it has not
	// seen the deposit, and a reader who has.
	{"read-only", [][]step{
		{do("UPDATE account SET n=n+20 WHERE name='y'", nil)},
		{see("SELECT sum(n) FROM account"), do("UPDATE account SET n=n-10-? WHERE name='x'", func(h history) []any {
			if h.last() < 10 {
				return []any{1}
			}
			return []any{0}
		})},
		{see("SELECT max(n)*1000+min(n) FROM account")},
	}},
}

// interleavings yields every order of the steps of transactions with so many
// steps, as lists of transaction numbers.
func interleavings(steps []int, yield func([]int)) {
	left, order := slices.Clone(steps), []int(nil)
	var next func()
	next = func() {
		done := true
		for i := range left {
			if left[i] == 0 {
				continue
			}
			done = false
			left[i]--
			order = append(order, i)
			next()
			order = order[:len(order)-1]
			left[i]++
		}
		if done {
			yield(order)
		}
	}
	next()
}

// play runs transactions in an order; each has a step more, its Commit. It
// returns who has committed and what they and the database look like then.
func play(t *testing.T, db *sql.DB, transactions [][]step, order []int) (committed []int, outcome string) {
	t.Helper()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, "DELETE FROM account; DELETE FROM note; INSERT INTO account VALUES('x',1),('y',1)")
	require.NoError(t, err)
	n := len(transactions)
	txs, at, ended, histories := make([]*sql.Tx, n), make([]int, n), make([]bool, n), make([]history, n)
	for _, i := range order {
		if txs[i] == nil {
			txs[i], err = db.BeginTx(ctx, nil)
			require.NoError(t, err)
			defer txs[i].Rollback()
		}
		if ended[i] {
			continue
		}
		if at[i] < len(transactions[i]) {
			err = transactions[i][at[i]](txs[i], &histories[i])
			at[i]++
		} else {
			err = txs[i].Commit()
			if ended[i] = true; err == nil {
				committed = append(committed, i)
			}
		}
		if err != nil {
			if err != errRollback {
				require.ErrorIs(t, err, d1.ErrTxConflict, "%v", order)
			}
			ended[i] = true
			_ = txs[i].Rollback()
		}
	}
	slices.Sort(committed)
	var b strings.Builder
	for _, i := range committed {
		fmt.Fprintf(&b, "%d saw %v; ", i, histories[i])
	}
	for _, query := range []string{"SELECT name,n FROM account ORDER BY name", "SELECT x FROM note ORDER BY x"} {
		rows, err := read(db, query)
		require.NoError(t, err)
		fmt.Fprint(&b, rows)
	}
	return committed, b.String()
}

// TestTxAnomalies plays every interleaving: those that have committed have seen
// and done what they would have one after the other, in some order; the others
// got ErrTxConflict, and one of them at least has committed.
func TestTxAnomalies(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE account(name TEXT PRIMARY KEY, n INTEGER)", "CREATE TABLE note(x)")
		for _, a := range anomalies {
			t.Run(a.name, func(t *testing.T) {
				steps := make([]int, len(a.transactions))
				for i, tr := range a.transactions {
					steps[i] = len(tr) + 1
				}
				serial := map[string]map[string]bool{} // by who has committed
				count, conflicts := 0, 0
				interleavings(steps, func(order []int) {
					committed, outcome := play(t, db, a.transactions, order)
					require.NotEmpty(t, committed, "%v", order)
					who := fmt.Sprint(committed)
					if serial[who] == nil {
						serial[who] = serialOutcomes(t, db, a.transactions, steps, committed)
					}
					require.Contains(t, serial[who], outcome, "%v", order)
					count++
					if len(committed) < len(a.transactions) {
						conflicts++
					}
				})
				t.Logf("%d interleavings, not all have committed in %d", count, conflicts)
				require.Greater(t, conflicts, 0)
			})
		}
	})
}

// serialOutcomes plays transactions one after the other, in every order.
func serialOutcomes(t *testing.T, db *sql.DB, transactions [][]step, steps, who []int) map[string]bool {
	outcomes := map[string]bool{}
	one := make([]int, len(who))
	for i := range one {
		one[i] = 1
	}
	interleavings(one, func(order []int) {
		var all []int
		for _, i := range order {
			all = append(all, slices.Repeat([]int{who[i]}, steps[who[i]])...)
		}
		committed, outcome := play(t, db, transactions, all)
		require.Equal(t, who, committed)
		outcomes[outcome] = true
	})
	return outcomes
}
