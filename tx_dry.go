package d1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// refusal is an error of the engine in a dry run, with what was sent.
type refusal struct {
	*api.Error
	sent []wire.Statement
}

// of words the refusal as that of a statement, which has a number if it is logged.
func (r *refusal) of(b value.Bound, number int) *Error {
	e, _ := asError(wrapError(r.Error))
	return blamed(e, r.sent, b, number)
}

// blamed words an error of the engine as that of one of the statements sent.
func blamed(e *Error, sent []wire.Statement, b value.Bound, number int) *Error {
	var texts []sentText
	for _, s := range sent {
		texts = append(texts, textsOf(s, b, 0)...)
	}
	e.Message, _ = programsOffset(e.Message, texts)
	if e.Code == CodeNoMem {
		e.Message += explainPacked([]value.Bound{b})
	}
	if e.Statement = number; number > 0 {
		e.text = b.Source.Describe()
	}
	return e
}

// fits refuses what became too long by what was built around a statement.
func (t *tx) fits(b value.Bound, built ...wire.Statement) error {
	for _, s := range built {
		if len(s.SQL) > value.MaxSQL {
			return t.unanswered(b, fmt.Sprintf("with what answers it, it has %d bytes of SQL; D1 takes at most %d", len(s.SQL), value.MaxSQL))
		}
	}
	return nil
}

// dry sends the entries and what shall come behind them as a batch that ends in
// a failure, and returns the failure's message: an answer, or a real error, then
// with err. It notes a conflict.
func (t *tx) dry(ctx context.Context, entries []*entry, tail ...wire.Statement) (message string, failure *refusal, err error) {
	if t.mode == TxQueue {
		return "", nil, &Error{
			Message: "the answer depends on writes that are queued until Commit, and tx=queue asks nothing before; read before writing, or use tx=lazy",
			kind:    ErrTxUnanswered,
		}
	}
	batch, _ := t.replay(entries)
	batch = append(batch, tail...)
	stream, err := t.conn.connector.send(ctx, batch, true)
	if err == nil {
		err = drain(stream)
	}
	if err == nil {
		// The probe has not failed, so nothing was rolled back: this is not D1.
		t.failed = &Error{
			Message: "the server committed a dry run; the transaction may have been applied",
			Outcome: OutcomeUnknown, kind: ErrTxUnanswered,
		}
		t.failedAt = -1 // no savepoint leads back from it
		return "", nil, t.failed
	}
	if hook := metaHook(ctx); hook != nil {
		hook(Meta{DryRun: true})
	}
	failure = &refusal{sent: batch}
	if !errors.As(err, &failure.Error) || failure.Kind != api.KindSQL {
		return "", nil, requestError(err, true)
	}
	failure.Outcome = api.OutcomeRefused // whatever it says: the batch can't be committed
	i, conflict := t.conflict(failure.Message)
	if (conflict || t.mayBePins(failure)) && t.unpin(entries...) {
		return t.dry(ctx, entries, tail...)
	}
	if conflict {
		t.forget(entries...)
		t.failed, t.failedAt = t.conflictError(i), i
		return "", nil, t.failed
	}
	return failure.Message, failure, nil
}

// mayBePins reports whether a failure is no answer, and may be due to defaults that
// are pinned.
func (t *tx) mayBePins(failure *refusal) bool {
	_, columns := dryrun.WrongColumns(failure.Message)
	return !columns && !strings.Contains(failure.Message, t.nonce) && ErrorCode(failure.Code) != CodeConstraint
}

// drain reads a response to its end. It returns nil if all statements have run.
func drain(stream *api.Stream) error {
	defer stream.Close()
	dec := stream.Decoder()
	for {
		err := dec.Next()
		for err == nil {
			err = dec.Next()
		}
		if err == io.EOF {
			err = dec.NextResult()
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return stream.Err(err)
		}
	}
}

// blame turns a real error of a dry run into the caller's: it is that of b, the new
// statement, if the log up to upto runs without it. Otherwise the log has failed
// and the transaction can only be rolled back.
func (t *tx) blame(ctx context.Context, failure *refusal, upto int, b value.Bound) error {
	bad := upto
	if t.checked < upto {
		var err error
		if bad, err = t.locate(ctx, t.checked, upto); err != nil {
			return err
		}
	}
	if bad == upto {
		t.checked = max(t.checked, upto)
		return failure.of(b, 0)
	}
	t.failed, t.failedAt = failure.of(t.log[bad].bound, t.ordinal(bad)), bad
	return t.failed
}

// confirm asks whether entries and what comes behind them run. If they do not,
// failure says why.
func (t *tx) confirm(ctx context.Context, entries []*entry, tail ...wire.Statement) (failure *refusal, err error) {
	message, failure, err := t.dry(ctx, entries, append(tail, dryrun.Confirm(t.nonce))...)
	if err != nil {
		return nil, err
	}
	switch framed, err := dryrun.ReadConfirm(message, t.nonce); {
	case !framed:
		return failure, nil
	case err != nil:
		return nil, &Error{Message: "no answer inside the transaction: " + err.Error(), kind: ErrTxUnanswered}
	}
	return nil, nil
}

// locate finds the entry at which the log fails: the first i in [from, upto) for
// which log[:i+1] does not run, or upto if all runs. It takes one dry run for
// each halving.
func (t *tx) locate(ctx context.Context, from, upto int) (int, error) {
	runs := func(n int) (bool, error) {
		failure, err := t.confirm(ctx, t.log[:n])
		return failure == nil, err
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
func (t *tx) commitError(ctx context.Context, err error, sent []wire.Statement, owner []*entry) error {
	e, ok := asError(err)
	if !ok || e.Outcome != OutcomeRefused || e.Code == 0 {
		return err
	}
	t.forget(t.log...) // the next attempt shall not meet what is out of date
	if i, ok := t.conflict(e.Message); ok {
		return t.conflictError(i)
	}
	if _, ok := dryrun.WrongColumns(e.Message); ok || strings.Contains(e.Message, t.nonce) {
		return conflictError("what the transaction had seen has changed meanwhile", 0)
	}
	if e.ExtendedCode == ConstraintForeignKey && !strings.HasPrefix(e.Message, "FOREIGN KEY") {
		// Deferred keys are checked when all statements have run: it is no
		// statement's error, and the engine words it differently.
		return e
	}
	bad := slices.IndexFunc(t.log, func(e *entry) bool { return e.write })
	if t.writes() > 1 {
		// The engine does not say which statement failed. The rollback is
		// certain already; if this fails, the number stays unknown.
		bad = -1
		if t.mode != TxQueue {
			if i, err := t.locate(ctx, t.checked, len(t.log)); err == nil && i < len(t.log) {
				bad = i
			}
		}
	}
	if bad >= 0 {
		return blamed(e, sent, t.log[bad].bound, t.ordinal(bad))
	}
	var own []wire.Statement
	var bound []value.Bound
	for i, e := range owner {
		if e != nil {
			own, bound = append(own, sent[i]), append(bound, e.bound)
		}
	}
	return explained(e, own, bound)
}

// unanswered is the refusal to answer a statement.
func (t *tx) unanswered(b value.Bound, why string) error {
	return &Error{
		Message: "no answer inside the transaction to " + b.Source.Describe() + ": " + why,
		kind:    ErrTxUnanswered,
	}
}
