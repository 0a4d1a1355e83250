package d1

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// entry is a line of a transaction's log: a statement to be committed, or a
// question whose answer the program has seen.
type entry struct {
	bound value.Bound
	write bool

	question *dryrun.Question // of a read
	answer   *dryrun.Answer   // what the program saw of it

	result    txResult          // of a write
	counters  *dryrun.Counters  // what the program saw of it
	returning *dryrun.Returning // of a write whose returned rows the program saw
	rows      []string          // those rows
	identity  bool              // rows tell one table row from another

	plain    value.Bound     // bound without the defaults that are pinned in it
	defaults dryrun.Defaults // of the table; "" if none are pinned
	settled  bool            // an answer depends on the defaults
}

// ddl reports whether the entry changes the schema.
func (e *entry) ddl() bool {
	switch e.bound.Source.Verb {
	case sqltext.Create, sqltext.Alter, sqltext.Drop:
		return true
	}
	return false
}

// changesRows reports whether the entry is one whose counters mean something.
func (e *entry) changesRows() bool {
	switch e.bound.Source.Verb {
	case sqltext.Insert, sqltext.Replace, sqltext.Update, sqltext.Delete:
		return true
	}
	return false
}

// inserts reports whether the entry is an INSERT.
func (e *entry) inserts() bool {
	return e.bound.Source.Verb == sqltext.Insert || e.bound.Source.Verb == sqltext.Replace
}

// readsCounters reports whether the entry's own statement reads the counters.
func (e *entry) readsCounters() bool {
	s := e.bound.Source
	return s.Calls("last_insert_rowid") || s.Calls("changes") || s.Calls("total_changes")
}

// writes is the number of statements in the log that are to be committed.
func (t *tx) writes() int {
	n := 0
	for _, e := range t.log {
		if e.write {
			n++
		}
	}
	return n
}

// dirty reports whether the log holds a statement that may change something.
func (t *tx) dirty() bool {
	for _, e := range t.log {
		if e.write && !e.bound.Source.ReadOnly {
			return true
		}
	}
	return false
}

// ordinal is the 1-based number of log[i] among the statements to be committed.
func (t *tx) ordinal(i int) int {
	n := 0
	for _, e := range t.log[:i+1] {
		if e.write {
			n++
		}
	}
	return n
}

// replay builds the batch of entries: each statement, and behind it a guard for
// what the program has seen of it. owner tells which entry's statement stands at
// an index of the batch; nil for guards.
func (t *tx) replay(entries []*entry) (batch []wire.Statement, owner []*entry) {
	batch = make([]wire.Statement, 0, len(entries)+8)
	own := func(e *entry, s wire.Statement) {
		for len(owner) < len(batch) {
			owner = append(owner, nil)
		}
		batch, owner = append(batch, s), append(owner, e)
	}
	guarded := map[string]bool{} // defaults
	for i, e := range entries {
		tag := ""
		if e.question != nil || e.counters != nil || e.defaults != "" {
			tag = t.tag(i)
		}
		batch = append(batch, e.guardsOfDefaults(tag, guarded)...)
		switch {
		case e.question != nil:
			batch = append(batch, e.question.Guard(e.answer, tag))
		case e.counters != nil:
			before, after := e.counters.Guards(tag)
			batch = append(batch, before...)
			if e.returning != nil {
				own(e, e.returning.Guarded(e.rows, e.identity, tag))
			} else {
				own(e, e.bound.Sent())
			}
			batch = append(batch, after...)
		default:
			own(e, e.bound.Sent())
		}
	}
	for len(owner) < len(batch) {
		owner = append(owner, nil)
	}
	return batch, owner
}

// tag is what a guard's message carries: whose it is.
func (t *tx) tag(i int) string { return "conflict " + t.nonce + " " + strconv.Itoa(i) + "." }

// conflict reads the index of the entry whose guard failed out of a message.
func (t *tx) conflict(message string) (i int, ok bool) {
	_, rest, ok := strings.Cut(message, "conflict "+t.nonce+" ")
	if !ok {
		return 0, false
	}
	number, _, ok := strings.Cut(rest, ".")
	i, err := strconv.Atoi(number)
	return i, ok && err == nil && i >= 0 && i < len(t.log)
}

// conflictError words a conflict at log[i].
func (t *tx) conflictError(i int) *Error {
	e := t.log[i]
	what := "the rows of a read that the transaction had seen have"
	if e.write {
		what = "the result of a write that the transaction had seen has"
	}
	message := fmt.Sprintf("%s changed meanwhile: %s", what, e.bound.Source.Describe())
	switch {
	case e.bound.Source.Volatile():
		message += "; the statement uses random(), which gives another value each time it is run: bind a value made by the program"
	case e.write:
		message += "; another writer took the rowid, or a trigger, or a default that could not be pinned, reads the clock or random()"
	}
	err := conflictError(message, t.ordinal(i))
	err.always = e.conflictsAlways()
	return err
}

func conflictError(message string, statement int) *Error {
	return &Error{
		Code: CodeBusy, ExtendedCode: CodeBusy, Message: message, Statement: statement,
		Outcome: OutcomeRefused, kind: ErrTxConflict,
	}
}

// exec logs the statements of one call. Nothing is sent, but in eager mode.
func (t *tx) exec(ctx context.Context, bound []value.Bound) (driver.Result, error) {
	results, err := t.execEach(ctx, bound)
	if err != nil {
		return nil, err
	}
	if len(results) == 1 {
		return results[0], nil
	}
	return results, nil
}

// execEach is exec with a result for each statement.
func (t *tx) execEach(ctx context.Context, bound []value.Bound) (results txResults, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.wholly(&err)()
	for _, b := range bound {
		r, err := t.execOne(ctx, b)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// wholly returns what to do at the end of a call: if it failed, nothing of its
// statements stays in the log. Several statements of one call are applied all or
// not at all, in a transaction too.
func (t *tx) wholly(err *error) func() {
	mark := len(t.log)
	return func() {
		if *err != nil && t.failed == nil && len(t.log) > mark {
			t.abandonResults(mark)
			t.log, t.checked = t.log[:mark], min(t.checked, mark)
		}
	}
}

func (t *tx) execOne(ctx context.Context, b value.Bound) (*txResult, error) {
	if err := t.admit(b); err != nil {
		return nil, err
	}
	e := &entry{bound: b, write: true}
	e.result.tx, e.result.entry = t, e
	t.log = append(t.log, e)
	if t.mode != TxEager {
		return &e.result, nil
	}
	if err := t.try(ctx); err != nil {
		return nil, err
	}
	return &e.result, nil
}

// admit refuses a statement that the transaction cannot run.
func (t *tx) admit(b value.Bound) error {
	if t.failed != nil {
		return &Error{
			Message: "an earlier statement of the transaction failed: " + trimPrefix(t.failed) + "; roll back",
			kind:    ErrTxAborted, cause: t.failed,
		}
	}
	if t.readOnly && !b.Source.ReadOnly {
		return unsupported("a write in a read-only transaction: " + b.Source.Describe())
	}
	return nil
}

// txResult is the result of a statement in a transaction. Its numbers are known
// once the program asks, or once the transaction is committed.
type txResult struct {
	tx    *tx
	entry *entry
	known bool   // told, unless the entry has counters
	told  result // by Commit
	lost  bool   // rolled back
}

func (r *txResult) committed(m Meta) {
	r.known, r.told = true, result{lastInsertID: m.lastRowID, rowsAffected: m.Changes}
}

// get asks unless the numbers are known.
func (r *txResult) get() error {
	if r.known || r.entry.counters != nil {
		return nil
	}
	return r.ask()
}

func (r *txResult) ask() error {
	switch {
	case r.tx.committed:
		return resultLost(errNotRecorded)
	case r.lost:
		return txError("the transaction was rolled back before the result of this statement was asked for")
	case r.tx.ended:
		return txError("the transaction was not committed, or its response was lost, and the result of this statement was not asked for before")
	}
	return r.tx.askCounters(r.tx.ctx, slices.Index(r.tx.log, r.entry))
}

// LastInsertId asks by a dry run unless the transaction has been committed.
func (r *txResult) LastInsertId() (int64, error) {
	r.tx.mu.Lock()
	defer r.tx.mu.Unlock()
	if err := r.get(); err != nil {
		return 0, err
	}
	if c := r.entry.counters; c != nil {
		return c.LastID, nil // exact
	}
	return r.told.LastInsertId()
}

// RowsAffected asks by a dry run unless the transaction has been committed.
func (r *txResult) RowsAffected() (int64, error) {
	r.tx.mu.Lock()
	defer r.tx.mu.Unlock()
	if err := r.get(); err != nil {
		return 0, err
	}
	if c := r.entry.counters; c != nil {
		return c.Changes, nil
	}
	return r.told.RowsAffected()
}

// txResults is the result of several statements in one string.
type txResults []*txResult

// LastInsertId is that of the last statement.
func (rs txResults) LastInsertId() (int64, error) { return rs[len(rs)-1].LastInsertId() }

// RowsAffected is the sum over all statements.
func (rs txResults) RowsAffected() (sum int64, err error) {
	for _, r := range rs {
		n, err := r.RowsAffected()
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// abandonResults marks the results of log[from:] as rolled back.
func (t *tx) abandonResults(from int) {
	for _, e := range t.log[from:] {
		e.result.lost = true
	}
}

func trimPrefix(err error) string { return strings.TrimPrefix(err.Error(), "d1: ") }

// asError finds the *Error in err.
func asError(err error) (*Error, bool) {
	e := (*Error)(nil)
	ok := errors.As(err, &e)
	return e, ok
}
