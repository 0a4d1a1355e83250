package d1

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/d1go/d1/internal/value"
)

// Batch is a list of statements sent as one request, which D1 runs as one
// transaction: all of it is applied, or nothing. The zero value is an empty
// batch. It may be run again, and by several goroutines once it is complete.
//
// D1 limits a request to 30 seconds in all, and each statement to 100,000 bytes
// (https://developers.cloudflare.com/d1/platform/limits/). If a statement fails,
// D1 does not say which one: Error.Statement, counted as results are, is 0 then,
// except where the message tells, for what the driver refuses itself, and in a
// transaction.
type Batch struct {
	items []batchItem
}

type batchItem struct {
	query string
	args  []any
}

// Add appends a statement, or several separated by semicolons, and returns the
// batch. Arguments, of any type that the driver takes, sql.Named included, are
// read when the batch runs. Mistakes show then, too.
func (b *Batch) Add(query string, args ...any) *Batch {
	b.items = append(b.items, batchItem{query, args})
	return b
}

// Len is the number of texts added.
func (b *Batch) Len() int { return len(b.items) }

// Execer is what Batch.Exec runs on: a *sql.DB, *sql.Conn or *sql.Tx opened with
// this driver, or what wraps one.
type Execer interface {
	// ExecContext is that of database/sql.
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// Queryer is what Batch.Query runs on: a *sql.DB, *sql.Conn or *sql.Tx opened
// with this driver, or what wraps one.
type Queryer interface {
	// QueryContext is that of database/sql.
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// batchText is the SQL text beside the *Batch argument. A driver that does not
// know *Batch refuses it.
const batchText = "-- d1.Batch"

// Exec runs the batch and returns one result per statement, in order: more than
// Len if a text holds several. In a transaction the statements join its log.
// WithMeta gives the Meta of each. Wrappers of drivers must pass arguments on as
// they are; one that does not makes it fail with "unsupported type".
func (b *Batch) Exec(ctx context.Context, on Execer) ([]sql.Result, error) {
	run := &batchRun{Batch: b}
	if _, err := on.ExecContext(ctx, batchText, run); err != nil {
		return nil, err
	}
	return run.results, nil
}

// Query runs the batch and returns the rows of the statements that have any: the
// first such result is current, sql.Rows.NextResultSet goes to the next. Rows
// are streamed. All statements have run when Query returns, so that the rows of
// a write may be left unread.
func (b *Batch) Query(ctx context.Context, on Queryer) (*sql.Rows, error) {
	return on.QueryContext(ctx, batchText, &batchRun{Batch: b})
}

// batchRun carries a batch through database/sql and its results back.
type batchRun struct {
	*Batch
	results []sql.Result
}

// batchArg returns the batch if that is what args are.
func batchArg(args []driver.NamedValue) *batchRun {
	if len(args) != 1 {
		return nil
	}
	b, _ := args[0].Value.(*batchRun)
	return b
}

// bind binds all statements of the batch.
func (c *conn) bindBatch(b *Batch) ([]value.Bound, error) {
	var all []value.Bound
	for i, item := range b.items {
		q := c.connector.parse(item.query)
		fail := func(err error) ([]value.Bound, error) { return nil, batchError(q, i, len(all), err) }
		args := make([]driver.NamedValue, len(item.args))
		for j, a := range item.args {
			nv := driver.NamedValue{Ordinal: j + 1, Value: a}
			if named, ok := a.(sql.NamedArg); ok {
				nv.Name, nv.Value = named.Name, named.Value
			}
			if err := c.CheckNamedValue(&nv); err == driver.ErrSkip {
				nv.Value, err = driver.DefaultParameterConverter.ConvertValue(nv.Value)
				if err != nil {
					return fail(argumentOf(nv, err))
				}
			} else if err != nil {
				return fail(argumentOf(nv, err))
			}
			args[j] = nv
		}
		for _, s := range q.Statements {
			if s.TxControl() {
				return fail(unsupported("a batch is a transaction already; it takes no " + s.Describe()))
			}
		}
		bound, err := c.bind(q, args)
		if err != nil {
			return fail(err)
		}
		all = append(all, bound...)
	}
	if len(all) == 0 {
		return nil, argumentError(errors.New("the batch has no statement"))
	}
	return all, nil
}

// argumentOf says which argument an error is about, as database/sql does for other
// calls.
func argumentOf(nv driver.NamedValue, err error) error {
	return argumentError(&value.ArgError{Ordinal: nv.Ordinal, Name: nv.Name, Reason: trimPrefix(err)})
}

// batchError notes which statement of a batch failed, counted as results are: one
// of text q, which has the index i, and before which there are so many statements.
func batchError(q *value.Query, i, before int, err error) error {
	e, ok := asError(err)
	if !ok {
		return err
	}
	numbered, n := *e, e.Statement
	if n == 0 && len(q.Statements) <= 1 {
		n = 1
	}
	switch {
	case n == 0:
		numbered.Message = fmt.Sprintf("text %d of the batch: %s", i+1, e.Message)
	case n <= len(q.Statements):
		numbered.text = q.Statements[n-1].Describe()
		fallthrough
	default:
		numbered.Statement = before + n
	}
	return &numbered
}

func (c *conn) execBatch(ctx context.Context, b *batchRun) (driver.Result, error) {
	bound, err := c.bindBatch(b.Batch)
	if err != nil {
		return nil, err
	}
	results := make([]sql.Result, 0, len(bound))
	if c.tx != nil {
		each, err := c.tx.execEach(ctx, bound)
		if err != nil {
			return nil, err
		}
		for _, r := range each {
			results = append(results, r)
		}
	} else {
		for range bound {
			results = append(results, lostResult{})
		}
		err = c.connector.each(ctx, statements(bound), readOnly(bound), func(i int, m Meta) {
			results[i] = result{lastInsertID: m.lastRowID, rowsAffected: m.Changes}
		})
		if err != nil {
			return nil, explained(err, statements(bound), bound)
		}
	}
	b.results = results
	return results[len(results)-1], nil
}

func (c *conn) queryBatch(ctx context.Context, b *batchRun) (driver.Rows, error) {
	bound, err := c.bindBatch(b.Batch)
	if err != nil {
		return nil, err
	}
	if c.tx != nil {
		return c.tx.query(ctx, bound)
	}
	r, err := c.connector.queryBound(ctx, bound)
	if err != nil {
		return nil, explained(err, statements(bound), bound)
	}
	return r, nil
}
