package d1

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// query answers the statements that return rows, and logs the others.
func (t *tx) query(ctx context.Context, bound []value.Bound) (driver.Rows, error) {
	if r, ok, err := t.stream(ctx, bound); ok || err != nil {
		return r, err
	}
	body := []byte(`{"result":[`)
	results := 0
	for _, b := range bound {
		if !b.Source.ReturnsRows() {
			if _, err := t.execOne(ctx, b); err != nil {
				return nil, err
			}
			continue
		}
		if err := t.admit(b); err != nil {
			return nil, err
		}
		a, err := t.answer(ctx, b)
		if err != nil {
			return nil, err
		}
		if results > 0 {
			body = append(body, ',')
		}
		if body, err = a.AppendResult(body); err != nil {
			return nil, t.unanswered(b, err.Error())
		}
		results++
	}
	if results == 0 {
		return emptyRows(), nil
	}
	r := t.conn.connector.localRows(append(body, `],"success":true,"errors":[],"messages":[]}`...))
	r.results = results
	return r, nil
}

// stream passes reads on as they are when nothing depends on the transaction and
// nothing needs to be checked at Commit.
func (t *tx) stream(ctx context.Context, bound []value.Bound) (driver.Rows, bool, error) {
	if t.writes() > 0 || t.level != sql.LevelReadCommitted && !onlyEngineReads(bound) || !readOnly(bound) {
		return nil, false, nil
	}
	for _, b := range bound {
		if err := t.admit(b); err != nil {
			return nil, false, err
		}
	}
	r, err := t.conn.connector.queryBound(ctx, bound)
	return r, err == nil, err
}

// onlyEngineReads reports whether the statements read how the engine works, and
// no data that a guard could compare.
func onlyEngineReads(bound []value.Bound) bool {
	for _, b := range bound {
		switch b.Source.Verb {
		case sqltext.Explain:
		case sqltext.Pragma:
			if _, ok := pragmaSelect(b.Source); ok {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// answer answers one statement that returns rows.
func (t *tx) answer(ctx context.Context, b value.Bound) (*dryrun.Answer, error) {
	switch {
	case !b.Source.ReadOnly:
		if _, ok := b.Source.DML(); !ok {
			return nil, t.unanswered(b, "only SELECT and RETURNING have rows inside a transaction")
		}
		return t.askReturning(ctx, b)
	case b.Source.Verb == sqltext.Pragma:
		text, ok := pragmaSelect(b.Source)
		if !ok {
			return nil, t.unanswered(b, "this PRAGMA cannot be asked after a write; ask it before, or outside the transaction")
		}
		asked, err := bindQuery(t.conn.connector.parse(text), nil, value.Options{MaxParams: txMaxParams})
		if err != nil {
			return nil, err
		}
		b = asked[0]
	case b.Source.Verb == sqltext.Explain:
		return nil, t.unanswered(b, "EXPLAIN cannot be asked after a write; ask it before, or outside the transaction")
	}
	if t.writes() == 0 {
		return t.readPlain(ctx, b)
	}
	return t.askSelect(ctx, b)
}

// pragmaSelect gives the SELECT that returns what a reading PRAGMA does.
func pragmaSelect(s *value.Statement) (text string, ok bool) {
	name, arg, hasArg := s.Pragma()
	switch name {
	case "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
		"foreign_key_list", "foreign_key_check":
	default:
		return "", false
	}
	text = "SELECT * FROM pragma_" + name
	if hasArg {
		text += "('" + strings.ReplaceAll(arg, "'", "''") + "')"
	}
	return text, true
}

// readPlain reads before the first write: an ordinary request, whose answer is
// kept to be checked at Commit.
func (t *tx) readPlain(ctx context.Context, b value.Bound) (*dryrun.Answer, error) {
	c := t.conn.connector
	stream, err := c.send(ctx, []wire.Statement{b.Statement}, true)
	if err != nil {
		return nil, wrapError(err)
	}
	defer stream.Close()
	a, err := dryrun.ReadAnswer(stream.Decoder())
	switch {
	case errors.Is(err, dryrun.ErrTooLarge):
		return nil, t.unanswered(b, err.Error()+", too large to be checked at Commit; read it outside the transaction, or use LevelReadCommitted")
	case err != nil:
		return nil, wrapError(stream.Err(err))
	}
	if len(a.Columns) > dryrun.MaxColumns {
		return nil, t.unanswered(b, fmt.Sprintf("more than %d columns", dryrun.MaxColumns))
	}
	if hook := metaHook(ctx); hook != nil {
		hook(decodeMeta(append([]byte(nil), stream.Decoder().Meta()...)))
	}
	b.ColumnNames(a.Columns)
	t.saw(b, dryrun.Question{Statement: b.Statement, Columns: len(a.Columns), Ordered: ordered(b)}, a)
	return a, nil
}

func ordered(b value.Bound) bool {
	s, _ := b.Source.Select()
	return s.Ordered
}

// saw notes an answer for Commit. ReadCommitted never gets here before a write.
func (t *tx) saw(b value.Bound, q dryrun.Question, a *dryrun.Answer) {
	t.log = append(t.log, &entry{bound: b, question: &q, answer: a})
	if t.checked == len(t.log)-1 {
		t.checked++
	}
}

// dry sends the entries and what shall come behind them as a batch that ends in
// a failure, and returns the failure's message: an answer, or a real error, then
// with err. It notes a conflict.
func (t *tx) dry(ctx context.Context, entries []*entry, tail ...wire.Statement) (message string, failure *api.Error, err error) {
	if t.mode == TxQueue {
		return "", nil, &Error{
			Message: "the answer depends on writes that are queued until Commit, and tx=queue asks nothing before; read before writing, or use tx=lazy",
			kind:    ErrTxUnanswered,
		}
	}
	batch, _ := t.replay(entries)
	stream, err := t.conn.connector.send(ctx, append(batch, tail...), true)
	if err == nil {
		// The probe has not failed, so nothing was rolled back: this is not D1.
		_ = stream.Close()
		t.failed = &Error{
			Message: "the server committed a dry run; the transaction may have been applied",
			Outcome: OutcomeUnknown, kind: ErrTxUnanswered,
		}
		t.failedAt = 0
		return "", nil, t.failed
	}
	if hook := metaHook(ctx); hook != nil {
		hook(Meta{DryRun: true})
	}
	if !errors.As(err, &failure) || failure.Kind != api.KindSQL {
		return "", nil, wrapError(err)
	}
	if i, ok := t.conflict(failure.Message); ok {
		t.failed, t.failedAt = t.conflictError(i), i
		return "", nil, t.failed
	}
	return failure.Message, failure, nil
}

// blame turns a real error of a dry run into the caller's: it is the new
// statement's if the log up to upto runs without it. Otherwise the log has failed
// and the transaction can only be rolled back.
func (t *tx) blame(ctx context.Context, failure *api.Error, upto int) error {
	if t.checked >= upto {
		return wrapError(failure)
	}
	bad, err := t.locate(ctx, t.checked, upto)
	if err != nil {
		return err
	}
	if bad == upto {
		t.checked = upto
		return wrapError(failure)
	}
	e, _ := asError(wrapError(failure))
	e.Statement = t.ordinal(bad)
	t.failed, t.failedAt = e, bad
	return e
}

// locate finds the entry at which the log fails: the first i in [from, upto) for
// which log[:i+1] does not run, or upto if all runs. It takes one dry run for
// each halving.
func (t *tx) locate(ctx context.Context, from, upto int) (int, error) {
	runs := func(n int) (bool, error) {
		message, _, err := t.dry(ctx, t.log[:n], dryrun.Confirm(t.nonce))
		return dryrun.Confirmed(message, t.nonce), err
	}
	if ok, err := runs(upto); err != nil || ok {
		return upto, err
	}
	good, bad := from, upto // log[:good] runs, log[:bad] does not
	for bad-good > 1 {
		middle := (good + bad) / 2
		ok, err := runs(middle)
		if err != nil {
			return 0, err
		}
		if ok {
			good = middle
		} else {
			bad = middle
		}
	}
	return bad - 1, nil
}

// commitError words the failure of Commit's batch.
func (t *tx) commitError(ctx context.Context, err error) error {
	e, ok := asError(err)
	if !ok || e.Outcome != OutcomeRefused || e.Code == 0 {
		return err
	}
	if i, ok := t.conflict(e.Message); ok {
		return t.conflictError(i)
	}
	switch n := t.writes(); {
	case n == 1:
		e.Statement = 1
	case t.mode != TxQueue:
		// The engine does not say which statement failed. The rollback is
		// certain already; if this fails, the number stays unknown.
		if i, err := t.locate(ctx, t.checked, len(t.log)); err == nil && i < len(t.log) {
			e.Statement = t.ordinal(i)
		}
	}
	return e
}

// askSelect answers a SELECT after a write.
func (t *tx) askSelect(ctx context.Context, b value.Bound) (*dryrun.Answer, error) {
	q, a, err := t.ask(ctx, b)
	if err != nil {
		return nil, err
	}
	t.saw(b, q, a)
	return a, nil
}

// ask asks a SELECT at the end of the log, in as many parts as it takes. The
// parts are of different requests, so each must be the part of the same answer;
// the guard at Commit makes that sure.
func (t *tx) ask(ctx context.Context, b value.Bound) (q dryrun.Question, a *dryrun.Answer, err error) {
	c := t.conn.connector
	q = dryrun.Question{Statement: b.Statement, Columns: t.columns(b), Ordered: ordered(b)}
	nameSQL, restore := b.Source.WithoutParams(b.Source.Whole())
	total, corrected := -1, false
	for total < 0 || a.Len() < total {
		from := 0
		if a != nil {
			from = a.Len()
		}
		message, failure, err := t.dry(ctx, t.log, q.Probe(t.nonce, nameSQL, from)...)
		if err != nil {
			return q, nil, err
		}
		part, framed, err := dryrun.ReadPart(message, t.nonce)
		if n, ok := dryrun.WrongColumns(message); !framed && ok && !corrected {
			if n > dryrun.MaxColumns {
				return q, nil, t.unanswered(b, fmt.Sprintf("more than %d columns", dryrun.MaxColumns))
			}
			q.Columns, corrected = n, true
			c.columns.Put(b.Source.SQL, n)
			continue
		}
		switch {
		case !framed && failure.Code == int(CodeTooBig):
			return q, nil, t.unanswered(b, "a row of the result does not fit a message of about 1,900,000 bytes")
		case !framed:
			return q, nil, t.blame(ctx, failure, len(t.log))
		case err != nil:
			return q, nil, t.unanswered(b, err.Error())
		case total >= 0 && part.Total != total:
			return q, nil, t.unanswered(b, "the result changed while it was fetched in parts")
		case len(part.Columns) != q.Columns || len(part.Rows) == 0 && part.Total > from:
			return q, nil, t.unanswered(b, dryrun.ErrTorn.Error())
		}
		if a == nil {
			restore(part.Columns)
			a, total = dryrun.NewAnswer(part.Columns), part.Total
		}
		if a.Add(part.Rows...); a.Size() > dryrun.MaxSeen || a.Len() > total {
			return q, nil, t.unanswered(b, dryrun.ErrTooLarge.Error()+", too large to be checked at Commit")
		}
	}
	t.checked = len(t.log)
	return q, a, nil
}

// columns is the number of result columns as far as it is known. A wrong one is
// corrected by the engine.
func (t *tx) columns(b value.Bound) int {
	if s, _ := b.Source.Select(); s.Columns > 0 {
		return min(s.Columns, dryrun.MaxColumns)
	}
	if n, ok := t.conn.connector.columns.Get(b.Source.SQL); ok {
		return n
	}
	return 1
}

// askCounters learns what log[i] did to the counters.
func (t *tx) askCounters(ctx context.Context, i int) error {
	e := t.log[i]
	if !e.changesRows() && t.mode != TxEager {
		// Nothing but INSERT, UPDATE and DELETE changes rows.
		e.counters = nil
		e.result.meta = &Meta{}
		return nil
	}
	before, after := dryrun.ProbeCounters(t.nonce)
	tail := append(append(before, e.bound.Statement), after...)
	message, failure, err := t.dry(ctx, t.log[:i], tail...)
	if err != nil {
		return err
	}
	counters, framed, err := dryrun.ReadCounters(message, t.nonce)
	switch {
	case !framed:
		if err := t.blame(ctx, failure, i); t.failed != nil || t.mode == TxEager {
			return err
		}
		// log[i] is to blame, and it is in the log.
		failed, _ := asError(wrapError(failure))
		failed.Statement = t.ordinal(i)
		t.failed, t.failedAt = failed, i
		return failed
	case err != nil:
		return t.unanswered(e.bound, err.Error())
	}
	if e.changesRows() {
		e.counters = &counters
	} else {
		e.result.meta = &Meta{}
	}
	t.checked = max(t.checked, i+1)
	return nil
}

// unanswered is the refusal to answer a statement.
func (t *tx) unanswered(b value.Bound, why string) error {
	return &Error{
		Message: "no answer inside the transaction to " + b.Source.Describe() + ": " + why,
		kind:    ErrTxUnanswered,
	}
}
