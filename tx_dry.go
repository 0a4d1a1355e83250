package d1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

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
	if !errors.As(err, &failure) || failure.Kind != api.KindSQL {
		return "", nil, requestError(err, true)
	}
	if i, ok := t.conflict(failure.Message); ok {
		t.failed, t.failedAt = t.conflictError(i), i
		return "", nil, t.failed
	}
	return failure.Message, failure, nil
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

// confirm asks whether entries and what comes behind them run. If they do not,
// failure says why.
func (t *tx) confirm(ctx context.Context, entries []*entry, tail ...wire.Statement) (failure *api.Error, err error) {
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
func (t *tx) commitError(ctx context.Context, err error) error {
	e, ok := asError(err)
	if !ok || e.Outcome != OutcomeRefused || e.Code == 0 {
		return err
	}
	if i, ok := t.conflict(e.Message); ok {
		return t.conflictError(i)
	}
	if _, ok := dryrun.WrongColumns(e.Message); ok || strings.Contains(e.Message, t.nonce) {
		return conflictError("what the transaction had seen has changed meanwhile", 0)
	}
	switch n := t.writes(); {
	case e.ExtendedCode == ConstraintForeignKey && !strings.HasPrefix(e.Message, "FOREIGN KEY"):
		// Deferred keys are checked when all statements have run: it is no
		// statement's error, and the engine words it differently.
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

// unanswered is the refusal to answer a statement.
func (t *tx) unanswered(b value.Bound, why string) error {
	return &Error{
		Message: "no answer inside the transaction to " + b.Source.Describe() + ": " + why,
		kind:    ErrTxUnanswered,
	}
}
