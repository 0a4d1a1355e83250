package d1

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// The ledger (Config.Ledger) makes every write happen exactly once. A request
// that writes begins by inserting an identifier, made here, into a table. That
// the identifier is unique makes the request safe to repeat: whichever copy of
// it comes second, however late, fails as a whole. And a write whose answer was
// lost can be looked up.
//
// The table has no rowid, so that last_insert_rowid() stays the user's.
const (
	ledgerTable  = "_d1_ledger"
	ledgerCreate = "CREATE TABLE IF NOT EXISTS " + ledgerTable + "(id TEXT PRIMARY KEY,at INTEGER NOT NULL,record TEXT)WITHOUT ROWID"
	ledgerPrune  = "DELETE FROM " + ledgerTable + " WHERE at<unixepoch()-3600"
	ledgerOpen   = "INSERT INTO " + ledgerTable + "(id,at,record)VALUES(?,unixepoch(),total_changes()||' '||last_insert_rowid())"
	ledgerRecord = "UPDATE " + ledgerTable + " SET record=record||' '||total_changes()||' '||last_insert_rowid()WHERE id=?"
	// An entry without a record makes sure that its request never will be
	// applied.
	ledgerVoid = "INSERT OR IGNORE INTO " + ledgerTable + "(id,at)VALUES(?,unixepoch())"
	ledgerRead = "SELECT record FROM " + ledgerTable + " WHERE id=?"
)

const (
	// ledgerPruneEvery is how many requests there are to one that removes old
	// entries: it reads the whole table, as an index would cost a row written
	// for every entry.
	ledgerPruneEvery = 64

	// ledgerTrust is how long the absence of an entry means that the request was
	// not applied: entries are removed after an hour, and a computer may sleep.
	ledgerTrust = 30 * time.Minute

	// ledgerPatience is how long the ledger is asked, the caller's context
	// notwithstanding. D1 may go on with the request in question for 30 seconds.
	ledgerPatience = 30 * time.Second

	ledgerMinPause = 50 * time.Millisecond
	ledgerMaxPause = 2 * time.Second
)

// ledgered is a request that writes, with the ledger's statements in it.
type ledgered struct {
	id    string
	made  time.Time // by the wall clock, which does not stop while the computer sleeps
	lead  int       // how many statements of the ledger come first
	batch []wire.Statement
	owner []int  // by index in batch: index of the caller's statement, -1 for the ledger's
	spans []span // what the records after the first tell
}

// span is the caller's statements [from, to) between two records.
type span struct {
	from, to int
	writer   int  // the first that may write; to if there is none
	several  bool // there are more
	recorded bool // a record follows
}

// newLedgered puts the ledger's statements into a batch. With records, a record
// behind each statement that may write notes the connection's counters, from
// which its result can be told. A statement that uses changes() or
// total_changes() would notice one before it, so records start with the last
// such statement.
func newLedgered(statements []wire.Statement, records bool) *ledgered {
	l := &ledgered{id: rand.Text(), made: time.Now().Round(0)}
	l.own(ledgerCreate)
	if mathrand.IntN(ledgerPruneEvery) == 0 {
		l.own(ledgerPrune)
	}
	l.own(ledgerOpen)
	l.lead = len(l.batch)
	first := 0
	for i, s := range statements {
		if mentionsChanges(withoutComments(s.SQL)) {
			first = i
		}
	}
	var current *span
	for i, s := range statements {
		l.batch, l.owner = append(l.batch, s), append(l.owner, i)
		if current == nil {
			l.spans = append(l.spans, span{from: i, writer: -1})
			current = &l.spans[len(l.spans)-1]
		}
		if mayWrite(withoutComments(s.SQL)) {
			if current.writer < 0 {
				current.writer = i
			} else {
				current.several = true
			}
		}
		current.to = i + 1
		if records && i >= first && current.writer >= 0 {
			l.own(ledgerRecord)
			current.recorded = true
			current = nil
		}
	}
	return l
}

// own appends a statement of the ledger.
func (l *ledgered) own(sql string) {
	s := wire.Statement{SQL: sql}
	if sql != ledgerCreate && sql != ledgerPrune {
		s.Params = wire.AppendString(nil, l.id)
	}
	l.batch, l.owner = append(l.batch, s), append(l.owner, -1)
}

// ledgers reports whether statements that write go over the ledger: not those
// that drop or empty its table, of which nothing would be left to tell.
func (c *Connector) ledgers(statements []wire.Statement) bool {
	if !c.cfg.Ledger {
		return false
	}
	for _, s := range statements {
		if mentions(s.SQL, ledgerTable) && mentions(withoutComments(s.SQL), ledgerTable) {
			return false
		}
	}
	return true
}

// mentionsChanges reports whether a statement may use changes() or
// total_changes().
func mentionsChanges(sql string) bool { return mentions(sql, "changes") }

// mentions reports whether word, in lower case, stands in a statement.
func mentions(sql, word string) bool {
	for i := 0; i+len(word) <= len(sql); i++ {
		if sql[i]|0x20 == word[0]|0x20 && strings.EqualFold(sql[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// withoutComments is a statement without the comments before and behind it.
func withoutComments(sql string) string {
	if strings.Contains(sql, "--") || strings.Contains(sql, "/*") {
		for _, s := range sqltext.Split(sql) {
			return s.SQL
		}
	}
	return sql
}

// mayWrite reports whether a statement may move the connection's counters.
func mayWrite(sql string) bool {
	for _, verb := range []string{"SELECT", "VALUES", "EXPLAIN"} {
		if len(sql) >= len(verb) && strings.EqualFold(sql[:len(verb)], verb) {
			return false
		}
	}
	return true
}

// recover calls fn with what the record tells of the statements' results. It
// tells nothing of one that shares a record with another.
func (l *ledgered) recover(record string, fn func(i int, m Meta)) error {
	fields := strings.Fields(record)
	counters := make([]int64, len(fields))
	for i, f := range fields {
		var err error
		if counters[i], err = strconv.ParseInt(f, 10, 64); err != nil {
			return errLedgerRecord
		}
	}
	recorded := 0
	for _, s := range l.spans {
		if s.recorded {
			recorded++
		}
	}
	if len(counters) != 2+2*recorded {
		return errLedgerRecord
	}
	changes, lastID := counters[0], counters[1]
	tell := func(i int, changes int64) {
		fn(i, Meta{FromLedger: true, Changes: changes, LastRowID: lastID, lastRowID: float64(lastID)})
	}
	for _, s := range l.spans {
		for i := s.from; i < s.to && (s.writer < 0 || i < s.writer); i++ {
			tell(i, 0)
		}
		if !s.recorded {
			if s.writer >= 0 {
				return nil
			}
			continue
		}
		counters = counters[2:]
		delta := counters[0] - changes - 1 // the record before is a change, too
		changes, lastID = counters[0], counters[1]
		if s.several {
			continue
		}
		tell(s.writer, delta)
		for i := s.writer + 1; i < s.to; i++ {
			tell(i, 0)
		}
	}
	return nil
}

var errLedgerRecord = errors.New("the ledger's record is not what was written")

// eachOnce is each for statements that write, over the ledger.
func (c *Connector) eachOnce(ctx context.Context, statements []wire.Statement, fn func(i int, m Meta)) error {
	l := newLedgered(statements, true)
	metas := make([]Meta, len(statements))
	err := c.run(ctx, l.batch, false, true, func(i int, m Meta) {
		if owner := l.owner[i]; owner >= 0 {
			m.Raw = append([]byte(nil), m.Raw...)
			metas[owner] = m
		}
	})
	if err == nil {
		for i, m := range metas {
			fn(i, m)
		}
		return nil
	}
	record, err := c.settle(ctx, l, err)
	if err != nil {
		return err
	}
	if err := l.recover(record, fn); err != nil {
		return resultLost(err)
	}
	return nil
}

// queryOnce is queryBound for statements that write, over the ledger.
func (c *Connector) queryOnce(ctx context.Context, bound []value.Bound) (*rows, error) {
	l := newLedgered(statements(bound), false)
	r, err := c.queryLedgered(ctx, l, bound)
	if errors.Is(err, ErrResultLost) && !returnsRows(bound) {
		return emptyRows(), nil // there is nothing that could have been lost
	}
	return r, err
}

func (c *Connector) queryLedgered(ctx context.Context, l *ledgered, bound []value.Bound) (*rows, error) {
	lost := func(err error) error {
		if _, err := c.settle(ctx, l, requestError(err, false)); err != nil {
			return err
		}
		return resultLost(err)
	}
	stream, err := c.open(ctx, l.batch, true)
	if err != nil {
		return nil, lost(err)
	}
	dec := stream.Decoder()
	for n := 0; err == nil && n < l.lead; n++ {
		if err = dec.NextResult(); err == io.EOF {
			err = errResultCount
		}
	}
	if err != nil {
		err = lost(stream.Err(err))
		_ = stream.Close()
		return nil, err
	}
	r := &rows{dec: dec, stream: stream.Stream, bound: bound, results: len(bound),
		rawTime: c.cfg.RawTime, ctx: ctx, hook: stream.hook(ctx), lost: lost}
	if err := r.open(); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

func returnsRows(bound []value.Bound) bool {
	for _, b := range bound {
		if b.Source.ReturnsRows() {
			return true
		}
	}
	return false
}

// resultLost is the error of a write that was applied, and of which nobody can
// tell the result.
func resultLost(cause error) error {
	return &Error{
		Message: "the write was applied, once, but its result was lost with the response: " + trimPrefix(cause),
		Outcome: OutcomeApplied, kind: ErrResultLost, cause: withoutOutcome(cause),
	}
}

// withoutOutcome hides an unknown outcome that has become known since.
func withoutOutcome(err error) error {
	e, ok := asError(err)
	if !ok {
		return err
	}
	known := *e
	known.Outcome = OutcomeApplied
	return &known
}

// settle finds out what became of a request that failed. Without an error the
// request was applied, and left the record.
func (c *Connector) settle(ctx context.Context, l *ledgered, failure error) (record string, err error) {
	e, ok := asError(failure)
	if !ok {
		return "", failure // nothing was sent
	}
	twice := e.Code == CodeConstraint && strings.HasPrefix(e.Message, "UNIQUE constraint failed: "+ledgerTable+".id")
	if e.Outcome != OutcomeUnknown && !twice {
		return "", failure
	}
	record, applied, err := c.askLedger(ctx, l)
	switch {
	case err == nil && applied:
		return record, nil
	case twice:
		// What made this copy fail is the first one.
		return "", resultLost(failure)
	case err != nil:
		e.Outcome = OutcomeUnknown
		e.Message += fmt.Sprintf("; and the ledger could not be asked: %s", trimPrefix(err))
		return "", e
	case time.Since(l.made) > ledgerTrust:
		e.Outcome = OutcomeUnknown
		e.Message += "; and it is too long ago for the ledger to tell"
		return "", e
	case e.Code != 0:
		e.Outcome = OutcomeRefused
	default:
		e.Outcome = OutcomeNotRun
	}
	return "", e
}

// askLedger looks a request up and, unless it has been applied, makes sure that
// it will not be, even if a copy of it is still on its way.
func (c *Connector) askLedger(ctx context.Context, l *ledgered) (record string, applied bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerPatience)
	defer cancel()
	for pause := ledgerMinPause; ; pause = min(2*pause, ledgerMaxPause) {
		record, applied, err = c.askLedgerOnce(ctx, l)
		if err == nil || !passing(err) {
			return record, applied, err
		}
		timer := time.NewTimer(pause/2 + mathrand.N(pause/2))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return record, applied, err
		}
	}
}

// passing reports whether a failure to ask the ledger may be over in a moment.
// An SQL error may: what is asked is right, so something on the way was not.
func passing(err error) bool {
	e, ok := asError(err)
	if !ok {
		return false
	}
	switch e.kind {
	case ErrUnauthorized, ErrDatabaseNotFound, ErrInvalidConfig:
		return false
	}
	return e.Code != CodeAuth
}

func (c *Connector) askLedgerOnce(ctx context.Context, l *ledgered) (record string, applied bool, err error) {
	ask := &ledgered{id: l.id}
	ask.own(ledgerCreate)
	ask.own(ledgerVoid)
	ask.own(ledgerRead)
	stream, err := c.open(ctx, ask.batch, true)
	if err != nil {
		return "", false, requestError(err, true)
	}
	defer stream.Close()
	dec := stream.Decoder()
	found := 0
	for n := 1; err == nil && n < len(ask.batch); n++ {
		err = dec.NextResult()
	}
	for err == nil {
		if err = dec.Next(); err == nil {
			found++
			applied = dec.Cell(0).Kind() == wire.String
			record = string(dec.Cell(0).Bytes())
		}
	}
	if err == io.EOF {
		err = dec.NextResult()
	}
	switch {
	case err == nil, err == io.EOF && found != 1:
		return "", false, requestError(errResultCount, true)
	case err != io.EOF:
		return "", false, requestError(stream.Err(err), true)
	}
	return record, applied, nil
}

// lostResult is the result of a statement of which the ledger tells nothing.
type lostResult struct{}

var _ driver.Result = lostResult{}

func (lostResult) LastInsertId() (int64, error) { return 0, resultLost(errNotRecorded) }
func (lostResult) RowsAffected() (int64, error) { return 0, resultLost(errNotRecorded) }

var errNotRecorded = errors.New("a statement behind it uses changes(), so that the ledger could not note it")
