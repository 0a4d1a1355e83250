package d1

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// stmt is a prepared statement: a parsed text. D1 keeps nothing for it.
type stmt struct {
	conn  *conn
	query *value.Query
}

var (
	_ driver.Stmt              = (*stmt)(nil)
	_ driver.StmtExecContext   = (*stmt)(nil)
	_ driver.StmtQueryContext  = (*stmt)(nil)
	_ driver.NamedValueChecker = (*stmt)(nil)
)

// Close does nothing, as there is nothing to give back.
func (s *stmt) Close() error { return nil }

// NumInput is -1: the driver checks the arguments itself, as a named one may
// stand for several placeholders, and its error names the one that is missing.
func (s *stmt) NumInput() int { return -1 }

func (s *stmt) CheckNamedValue(nv *driver.NamedValue) error { return s.conn.CheckNamedValue(nv) }

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.exec(ctx, s.query, args)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.query(ctx, s.query, args)
}

// Exec is ExecContext without a context.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), namedValues(args))
}

// Query is QueryContext without a context.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), namedValues(args))
}

func namedValues(args []driver.Value) []driver.NamedValue {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return named
}

// check lets the engine check the SQL of a prepared statement: EXPLAIN tells bad
// from good without running it. The outcome is kept per text and Connector.
func (c *Connector) check(ctx context.Context, q *value.Query, tx *tx) error {
	if len(q.Statements) == 0 {
		return argumentError(errors.New("no SQL statement: the text is empty or only a comment"))
	}
	if c.cfg.Prepare != PrepareEager {
		return nil
	}
	if tx != nil && tx.hasDDL() {
		return nil // the engine does not know the tables made in the transaction
	}
	key := q.Text
	if len(q.Statements) == 1 {
		key = q.Statements[0].SQL // without comments, which may be others each time
	}
	if _, ok := c.checked.Get(key); ok {
		return nil
	}
	batch, texts := explain(q)
	if len(batch) == 0 {
		return nil
	}
	// A failure is not kept: the table that is missing may be created next.
	err := c.each(context.WithValue(ctx, metaKey{}, nil), batch, true, func(int, Meta) {})
	if err == nil {
		c.checked.Put(key, struct{}{})
	}
	if e, ok := asError(err); ok {
		e.Message, _ = programsOffset(e.Message, texts)
	}
	return err
}

const explainPrefix = "EXPLAIN "

// explain returns EXPLAIN statements for those of q that can be checked alone:
// up to the first that changes the schema, since what follows may need it.
// Placeholders are given NULL.
func explain(q *value.Query) (batch []wire.Statement, texts []sentText) {
	add := func(s *value.Statement, params string) {
		sql := explainPrefix + s.SQL
		batch = append(batch, wire.Statement{SQL: sql, Params: []byte(params)})
		texts = append(texts, sentText{sql, func(at int) (int, string, bool) { return s.PlaceAsWritten(at - len(explainPrefix)) }, 0})
	}
	for _, s := range q.Statements {
		switch s.Verb {
		case sqltext.Select, sqltext.Values, sqltext.Insert, sqltext.Replace, sqltext.Update, sqltext.Delete:
		case sqltext.Create, sqltext.Alter, sqltext.Drop:
			add(s, "")
			return batch, texts
		case sqltext.Unknown:
			// A misspelled verb: the engine says so.
		default:
			continue // PRAGMA acts even under EXPLAIN; the others are not worth a request
		}
		if s.NumParams > value.MaxParams || s.Calls("sqlite_version") {
			continue
		}
		add(s, strings.TrimSuffix(strings.Repeat("null,", s.NumParams), ","))
	}
	return batch, texts
}
