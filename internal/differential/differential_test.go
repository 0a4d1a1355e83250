package differential

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// arguments fills a text's placeholders: the first with values[i], the others
// with values at some distance.
func arguments(text string, i int) (forNative, forDriver []any) {
	for n := range strings.Count(text, "?") {
		v := values[(i+n*(7+i/len(values)))%len(values)]
		forNative, forDriver = append(forNative, native(v)), append(forDriver, any(v))
	}
	return forNative, forDriver
}

// comparison counts checks and reports what differs.
type comparison struct {
	pair
	checks, unanswered int
	reported           int
}

// check compares one statement; on is the driver's side.
func (c *comparison) check(t *testing.T, how string, on queryer, text string, forNative, forDriver []any) {
	t.Helper()
	want, err := run(t.Context(), c.native, text, forNative)
	require.NoError(t, err, "%s: %s", how, text)
	c.compare(t, how, want, on, text, forDriver)
}

func (c *comparison) compare(t *testing.T, how string, want outcome, on queryer, text string, forDriver []any) {
	t.Helper()
	c.checks++
	got, err := run(t.Context(), on, text, forDriver)
	if errors.Is(err, d1.ErrTxUnanswered) {
		c.unanswered++
		return
	}
	if want = allowed(want); err == nil && (equal(want, got) || allowedFailure(how, got.Message)) {
		return
	}
	if c.reported++; c.reported > 10 {
		t.Fatal("more differences than anyone reads")
	}
	t.Errorf("%s: %s\n%s\nnative: %s\ndriver: %s %v", how, text, short(forDriver[:min(len(forDriver), 8)]), short(want), short(got), err)
}

// short keeps a report readable.
func short(v any) string {
	text := fmt.Sprintf("%#v", v)
	if len(text) > 600 {
		text = text[:600] + "…"
	}
	return text
}

// prepared runs every query as a prepared statement.
type prepared struct{ db *sql.DB }

func (p prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	return stmt.QueryContext(ctx, args...)
}

// onEngines runs a test over each engine.
func onEngines(t *testing.T, test func(t *testing.T, e engine, c *comparison)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			c := &comparison{pair: newPair(t, e, schema...)}
			test(t, e, c)
			t.Logf("%d checks, %d not answered inside a transaction", c.checks, c.unanswered)
			require.Greater(t, c.checks, 100)
			require.Less(t, c.unanswered*20, c.checks, "refused answers")
		})
	}
}

// TestReads runs every context with every value, placeholders written in every
// way, directly and prepared.
func TestReads(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine, c *comparison) {
		n := 0
		for _, text := range reads {
			for i := range values {
				n++
				if n%e.sample != 0 {
					continue
				}
				s := styles[n/e.sample%len(styles)]
				forNative, forDriver := arguments(text, i)
				styled, forNative := s.apply(text, forNative)
				_, forDriver = s.apply(text, forDriver)
				if n/e.sample%3 == 0 {
					c.check(t, s.name+" prepared", prepared{c.driver}, styled, forNative, forDriver)
				} else {
					c.check(t, s.name, c.driver, styled, forNative, forDriver)
				}
			}
		}
	})
}

// TestReadsInTransaction asks inside a transaction, before a write and behind one,
// when the answer comes from a dry run.
func TestReadsInTransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine, c *comparison) {
		n := 0
		for _, text := range reads {
			for i := 0; i < len(values); i++ {
				n++
				if n%(3*e.sample+3) != 0 {
					continue
				}
				forNative, forDriver := arguments(text, i)
				want, err := run(t.Context(), c.native, text, forNative)
				require.NoError(t, err)
				tx, err := c.driver.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				how := "in a transaction"
				if n%2 == 0 {
					how = "behind a write"
					_, err = tx.ExecContext(t.Context(), `INSERT INTO noted VALUES (?, ?, ?)`, "a", 1, nil)
					require.NoError(t, err)
				}
				c.compare(t, how, want, tx, text, forDriver)
				require.NoError(t, tx.Rollback())
			}
		}
	})
}

// TestWrites runs every write with every value, looks at what it did, and undoes
// it.
func TestWrites(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine, c *comparison) {
		n := 0
		sample := min(e.sample, 7)
		for _, w := range writes {
			for i := range values {
				n++
				if n%sample != 0 {
					continue
				}
				s := styles[n/sample%len(styles)]
				forNative, forDriver := arguments(w.text, i)
				styled, forNative := s.apply(w.text, forNative)
				_, forDriver = s.apply(w.text, forDriver)
				c.check(t, s.name, c.driver, styled, forNative, forDriver)
				c.check(t, "look behind "+styled, c.driver, w.look, nil, nil)
				c.undo(t)
			}
		}
	})
}

// undo brings both sides' tables back.
func (c *comparison) undo(t *testing.T) {
	t.Helper()
	text := strings.Join(undo, ";")
	for _, db := range []*sql.DB{c.native, c.driver} {
		_, err := db.ExecContext(t.Context(), text)
		require.NoError(t, err)
	}
}

// TestPlans checks that rewritten placeholders use the indices that bound ones
// use.
func TestPlans(t *testing.T) {
	onEngines := func(test func(t *testing.T, p pair)) {
		for _, e := range engines {
			t.Run(e.name, func(t *testing.T) { test(t, newPair(t, e, schema...)) })
		}
	}
	onEngines(func(t *testing.T, p pair) {
		for _, text := range []string{
			`SELECT * FROM aff WHERE id = ?`, `SELECT * FROM aff WHERE id IN (?, ?)`, `SELECT * FROM aff WHERE id > ? AND id < ?`, `SELECT * FROM aff WHERE rowid = ?`,
			`SELECT * FROM aff WHERE t = ?`, `SELECT * FROM aff WHERE t IN (?, ?)`, `SELECT * FROM aff WHERE t BETWEEN ? AND ?`, `SELECT * FROM aff WHERE t > ? ORDER BY t`,
			`SELECT * FROM aff WHERE n = ? AND x = ?`, `SELECT * FROM aff WHERE n = ? AND x > ?`, `SELECT * FROM aff WHERE (n, x) > (?, ?)`, `SELECT * FROM aff WHERE lower(t) = ?`,
			`SELECT * FROM aff WHERE t = ? OR id = ?`, `SELECT * FROM up WHERE k = ?`, `UPDATE aff SET x = ? WHERE t = ?`, `DELETE FROM aff WHERE n = ?`, `SELECT * FROM aff a JOIN aff b ON a.t = b.n WHERE b.id = ?`,
		} {
			for _, v := range []any{int64(5), 5.5, "5", []byte("5"), nil} {
				for _, s := range styles {
					args := make([]any, strings.Count(text, "?"))
					for i := range args {
						args[i] = v
					}
					styled, args := s.apply(text, args)
					plan := func(db *sql.DB) (details []any) {
						o, err := run(t.Context(), db, "EXPLAIN QUERY PLAN "+styled, args)
						require.NoError(t, err)
						require.Zero(t, o.Code, "%s: %s", styled, o.Message)
						for _, row := range o.Rows {
							details = append(details, row[3])
						}
						return details
					}
					require.Equal(t, plan(p.native), plan(p.driver), "%s with %T", styled, v)
				}
			}
		}
	})
}
