package d1

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
)

// savepoint is a place in the log to which ROLLBACK TO returns.
type savepoint struct {
	name string
	at   int // length of the log
}

// control handles transaction control written as SQL: SAVEPOINT, RELEASE and
// ROLLBACK TO in a transaction, and BEGIN, COMMIT and ROLLBACK on a pinned
// connection, as some migration tools send them. D1 itself refuses all of them.
func (c *conn) control(ctx context.Context, q *value.Query, args []driver.NamedValue) (handled bool, err error) {
	if !slices.ContainsFunc(q.Statements, (*value.Statement).TxControl) {
		return false, nil
	}
	if len(q.Statements) > 1 {
		return true, unsupported("transaction control among other statements in one string, but for BEGIN …; COMMIT outside a transaction; send each alone, or use a Batch, which is a transaction by itself")
	}
	s := q.Statements[0]
	if s.Err != nil {
		message, _ := programsOffset(s.Err.Error(), []sentText{{s.SQL, s.PlaceAsWritten, 0}})
		return true, &Error{Code: CodeError, ExtendedCode: CodeError, Message: message, cause: s.Err}
	}
	if len(args) > 0 {
		return true, argumentError(&value.ArgError{Reason: "transaction control takes no arguments"})
	}
	if s.Verb == sqltext.Begin {
		t, err := c.begin(ctx, sql.LevelSerializable, false)
		if err != nil {
			return true, err
		}
		// The context of BEGIN ends with BEGIN.
		t.text, t.ctx = true, context.WithoutCancel(ctx)
		return true, nil
	}
	if c.tx == nil {
		return true, unsupported(s.Describe() + " outside a transaction: begin one with DB.BeginTx, or with BEGIN on a sql.Conn, which pins the connection")
	}
	return true, c.tx.control(ctx, s)
}

// withoutBrackets returns q without the BEGIN and COMMIT around statements in it, as
// dumps and migrations have them: outside a transaction, one string is one request,
// which is atomic already. It returns q itself if there are none, if they do not
// match, or if there is other transaction control.
func (c *conn) withoutBrackets(q *value.Query) *value.Query {
	if c.tx != nil || len(q.Statements) < 3 || !slices.ContainsFunc(q.Statements, (*value.Statement).TxControl) {
		return q
	}
	open, rest := false, value.Query{Text: q.Text}
	for _, s := range q.Statements {
		switch {
		case !s.TxControl():
			rest.Statements = append(rest.Statements, s)
		case s.Err == nil && s.Verb == sqltext.Begin && !open, s.Err == nil && s.Verb == sqltext.Commit && open:
			open = !open
		default:
			return q
		}
	}
	if open || len(rest.Statements) == 0 {
		return q
	}
	return &rest
}

func (t *tx) control(ctx context.Context, s *value.Statement) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := s.SavepointName()
	switch s.Verb {
	case sqltext.Commit, sqltext.Rollback:
		if !t.text {
			return unsupported(s.Describe() + " as SQL in a transaction of database/sql: use the methods of sql.Tx")
		}
		if s.Verb == sqltext.Rollback {
			return t.rollback()
		}
		return t.commit(ctx)
	case sqltext.Savepoint:
		t.savepoints = append(t.savepoints, savepoint{name, len(t.log)})
		return nil
	}
	i := t.findSavepoint(name)
	if i < 0 {
		return &Error{Code: CodeError, ExtendedCode: CodeError, Message: "no such savepoint: " + name}
	}
	switch s.Verb {
	case sqltext.Release:
		if t.failed != nil {
			return t.admit(value.Bound{Source: s})
		}
		t.savepoints = t.savepoints[:i]
	case sqltext.RollbackTo:
		t.rollbackTo(i)
	}
	return nil
}

// findSavepoint is the innermost savepoint of a name, which SQLite compares
// without case, or -1.
func (t *tx) findSavepoint(name string) int {
	for i := len(t.savepoints) - 1; i >= 0; i-- {
		if strings.EqualFold(t.savepoints[i].name, name) {
			return i
		}
	}
	return -1
}

// rollbackTo cuts the log back to savepoint i, which stays. Reads that did not
// depend on what is cut off remain to be checked at Commit, since the program
// has seen them.
func (t *tx) rollbackTo(i int) {
	at := t.savepoints[i].at
	t.savepoints = t.savepoints[:i+1]
	for at < len(t.log) && !t.log[at].write {
		at++
	}
	if t.failedAt >= at {
		t.failed = nil // what failed is cut off
	}
	t.abandonResults(at)
	t.log = t.log[:at]
	t.checked = min(t.checked, at)
}
