package d1

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// query answers the statements that return rows, and logs the others.
func (t *tx) query(ctx context.Context, bound []value.Bound) (_ driver.Rows, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.wholly(&err)()
	if r, ok, err := t.stream(ctx, bound); ok || err != nil {
		return r, err
	}
	body := []byte(`{"result":[`)
	results := 0
	for _, b := range bound {
		if !b.Source.ReturnsRows() || b.Source.Verb == sqltext.Pragma && !b.Source.ReadOnly {
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
	if t.dirty() || t.level != sql.LevelReadCommitted && !onlyEngineReads(bound) || !readOnly(bound) {
		return nil, false, nil
	}
	for _, b := range bound {
		if err := t.admit(b); err != nil {
			return nil, false, err
		}
	}
	r, err := t.conn.connector.queryBound(ctx, bound)
	if err != nil {
		return nil, false, explained(err, statements(bound), bound)
	}
	r.ctx = nil // the end of the transaction closes it, too, on another goroutine
	return r, true, nil
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
	if !t.dirty() {
		return t.readPlain(ctx, b)
	}
	return t.askSelect(ctx, b)
}

// pragmaSelect gives the SELECT that returns what a PRAGMA does that only reads.
func pragmaSelect(s *value.Statement) (text string, ok bool) {
	name, arg, hasArg := s.Pragma()
	switch name {
	case "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
		"foreign_key_list", "foreign_key_check", "quick_check", "foreign_keys", "defer_foreign_keys", "recursive_triggers":
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
	sent := []wire.Statement{b.Sent()}
	stream, err := c.send(ctx, sent, true)
	if err != nil {
		return nil, explained(requestError(err, true), sent, []value.Bound{b})
	}
	defer stream.Close()
	a, err := dryrun.ReadAnswer(stream.Decoder())
	switch {
	case errors.Is(err, dryrun.ErrTooLarge):
		// A dry run writes numbers shorter. If that is too large, too, it says so.
		_ = stream.Close()
		return t.askSelect(ctx, b)
	case err != nil:
		return nil, requestError(stream.Err(err), true)
	case len(a.Columns) > dryrun.MaxColumns:
		return nil, t.unanswered(b, fmt.Sprintf("more than %d columns", dryrun.MaxColumns))
	case a.Lossy():
		return t.askSelect(ctx, b) // a dry run answers exactly
	}
	if s, _ := b.Source.Select(); s.Columns == 0 {
		c.columns.Put(b.Source.SQL, len(a.Columns)) // for when it is asked after a write
	}
	if hook := metaHook(ctx); hook != nil {
		hook(decodeMeta(append([]byte(nil), stream.Decoder().Meta()...)))
	}
	b.ColumnNames(a.Columns)
	q := dryrun.Question{Statement: b.Statement, Columns: len(a.Columns), Ordered: ordered(b)}
	if err := t.saw(b, q, a); err != nil {
		return nil, err
	}
	return a, nil
}

// tooLarge says what to do about an answer that no guard can compare.
const tooLarge = ", too large to be checked at Commit; read it outside the transaction, or before the first write with LevelReadCommitted"

func ordered(b value.Bound) bool {
	s, _ := b.Source.Select()
	return s.Ordered
}

// saw notes an answer for Commit. ReadCommitted never gets here before a write.
func (t *tx) saw(b value.Bound, q dryrun.Question, a *dryrun.Answer) error {
	if err := t.fits(b, q.Guard(a, t.tag(len(t.log)))); err != nil {
		return err
	}
	t.log = append(t.log, &entry{bound: b, question: &q, answer: a})
	if t.checked == len(t.log)-1 {
		t.checked++
	}
	return nil
}

// askSelect answers a SELECT after a write.
func (t *tx) askSelect(ctx context.Context, b value.Bound) (*dryrun.Answer, error) {
	q, a, err := t.ask(ctx, b)
	if err != nil {
		return nil, err
	}
	if err := t.saw(b, q, a); err != nil {
		return nil, err
	}
	return a, nil
}

// ask asks a SELECT at the end of the log, in as many parts as it takes. The
// parts are of different requests, so each must be the part of the same answer;
// the guard at Commit makes that sure. A question that reads the schema is asked
// for the names of its columns first, as that takes a view in the schema.
func (t *tx) ask(ctx context.Context, b value.Bound) (q dryrun.Question, a *dryrun.Answer, err error) {
	c := t.conn.connector
	q = dryrun.Question{Statement: b.Statement, Columns: t.columns(b), Ordered: ordered(b)}
	nameSQL, restore := b.Source.WithoutParams(b.Source.Whole())
	var columns []string
	if readsSchema(b) {
		if columns, err = t.askNames(ctx, b, nameSQL, restore); err != nil {
			return q, nil, err
		}
		q.Columns, nameSQL = len(columns), ""
	}
	total, corrected, again := -1, false, 0
	for total < 0 || a.Len() < total {
		from := 0
		if a != nil {
			from, t.parted = a.Len(), true
		}
		if q.Tables = nil; a == nil {
			q.Tables, _ = t.pinDefaults(nil)
		}
		probe := q.Probe(t.nonce, nameSQL, from)
		if err := t.fits(b, probe...); err != nil {
			return q, nil, err
		}
		message, failure, err := t.dry(ctx, t.log, probe...)
		if err != nil {
			return q, nil, err
		}
		part, framed, err := dryrun.ReadPart(message, t.nonce, nameSQL)
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
			return q, nil, t.blame(ctx, failure, len(t.log), b)
		case err != nil:
			return q, nil, t.unanswered(b, err.Error())
		case total >= 0 && part.Total != total:
			return q, nil, t.unanswered(b, "the result changed while it was fetched in parts")
		case nameSQL != "" && len(part.Columns) != q.Columns || len(part.Rows) == 0 && part.Total > from:
			return q, nil, t.unanswered(b, dryrun.ErrTorn.Error())
		}
		if a == nil {
			if again++; again < maxPinAttempts && t.learn(q.Tables, part.Defaults, nil) {
				continue
			}
			t.settle(q.Tables, part.Defaults)
			if nameSQL != "" {
				columns = part.Columns
				restore(columns)
			}
			a, total = dryrun.NewAnswer(columns), part.Total
		}
		if a.Add(part.Rows...); a.Size() > dryrun.MaxSeen || a.Len() > total {
			return q, nil, t.unanswered(b, dryrun.ErrTooLarge.Error()+tooLarge)
		}
	}
	t.checked = len(t.log)
	return q, a, nil
}

// askNames asks for the names of a SELECT's columns alone.
func (t *tx) askNames(ctx context.Context, b value.Bound, nameSQL string, restore func([]string)) ([]string, error) {
	probe := dryrun.ProbeNames(t.nonce, nameSQL)
	if err := t.fits(b, probe...); err != nil {
		return nil, err
	}
	message, failure, err := t.dry(ctx, t.log, probe...)
	if err != nil {
		return nil, err
	}
	part, framed, err := dryrun.ReadPart(message, t.nonce, nameSQL)
	switch {
	case !framed:
		return nil, t.blame(ctx, failure, len(t.log), b)
	case err != nil:
		return nil, t.unanswered(b, err.Error())
	case len(part.Columns) > dryrun.MaxColumns:
		return nil, t.unanswered(b, fmt.Sprintf("more than %d columns", dryrun.MaxColumns))
	}
	restore(part.Columns)
	return part.Columns, nil
}

// readsSchema reports whether a statement may read the tables in which the engine
// lists tables, so that it would see what a probe creates.
func readsSchema(b value.Bound) bool {
	text := strings.ToLower(b.SQL)
	return strings.Contains(text, "sqlite_") || strings.Contains(text, "pragma_table_list")
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

// askCounters learns what log[i] did to the counters. If it failed, so has the
// transaction, as it is in the log.
func (t *tx) askCounters(ctx context.Context, i int) error {
	e := t.log[i]
	if !e.changesRows() {
		// Nothing but INSERT, UPDATE and DELETE changes rows.
		e.result.known = true
		return nil
	}
	failure, err := t.probeCounters(ctx, i)
	if err != nil || failure == nil {
		return err
	}
	if err := t.blame(ctx, failure, i, e.bound); t.failed != nil {
		return err
	}
	t.failed, t.failedAt = failure.of(e.bound, t.ordinal(i)), i
	return t.failed
}

// probeCounters asks for the counters of log[i]. failure is a real error of the
// log up to there.
func (t *tx) probeCounters(ctx context.Context, i int) (failure *refusal, err error) {
	e := t.log[i]
	if readsSchema(e.bound) {
		return nil, t.unanswered(e.bound, "to count the rows that it changes takes a table, which it might see in the schema")
	}
	schemaReads := &t.conn.connector.schemaReadsCounters
	before, after := dryrun.ProbeCounters(t.nonce, e.inserts(), schemaReads.Load() || e.readsCounters())
	message, failure, err := t.dry(ctx, t.log[:i], append(append(before, e.bound.Statement), after...)...)
	if err != nil {
		return nil, err
	}
	if dryrun.SchemaReadsCounters(message, t.nonce) {
		schemaReads.Store(true)
		return t.probeCounters(ctx, i)
	}
	counters, framed, err := dryrun.ReadCounters(message, t.nonce)
	switch {
	case !framed:
		return failure, nil
	case err != nil:
		return nil, t.unanswered(e.bound, err.Error())
	}
	e.counters = &counters
	t.checked = max(t.checked, i+1)
	return nil, nil
}

// try runs the statement last logged, for tx=eager. One that fails has had no
// effect and leaves the log.
func (t *tx) try(ctx context.Context) error {
	last := len(t.log) - 1
	e := t.log[last]
	var failure *refusal
	var err error
	if e.changesRows() && e.returning == nil && !readsSchema(e.bound) {
		failure, err = t.probeCounters(ctx, last)
	} else if failure, err = t.confirm(ctx, t.log); err == nil && failure == nil {
		t.checked = len(t.log)
	}
	if err == nil && failure != nil {
		err = t.blame(ctx, failure, last, e.bound)
	}
	if err != nil && t.failed == nil {
		t.log = t.log[:last]
		t.checked = min(t.checked, last)
	}
	return err
}
