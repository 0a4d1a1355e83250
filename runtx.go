package d1

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	runTxAttempts   = 10
	runTxMinBackoff = 20 * time.Millisecond
	runTxMaxBackoff = time.Second
)

// Beginner is what RunTx runs on: a *sql.DB or *sql.Conn opened with this driver,
// or what wraps one.
type Beginner interface {
	// BeginTx is that of database/sql.
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// RunTx runs fn in a transaction and commits it. If another writer was faster
// (ErrTxConflict) it begins anew: up to 10 times in all, with pauses between that
// double from 20 ms to 1 s, less a random part of each. Nothing else is repeated:
// not what fn returns for reasons of its own, and no Commit that may have been
// applied (ErrOutcomeUnknown).
//
// As fn may run several times, it should change nothing but the database, and set
// variables outside anew each time. It must neither commit nor roll back, and
// should return the errors that it gets. If fn fails, or panics, the transaction
// is rolled back. opts may be nil.
//
// When the attempts are used up, or ctx ends between them, the error is the last
// conflict; in the second case it matches the error of ctx, too. A transaction that
// has looked at random() or the like, and so would conflict each time, is not run
// again, where that is sure.
func RunTx(ctx context.Context, on Beginner, opts *sql.TxOptions, fn func(*sql.Tx) error) error {
	backoff := runTxMinBackoff
	for attempt := 1; ; attempt++ {
		err := runTxOnce(ctx, on, opts, fn)
		if !errors.Is(err, ErrTxConflict) || errors.Is(err, ErrOutcomeUnknown) {
			return err
		}
		if e, ok := asError(err); ok && e.always {
			return givenUp("given up, as the same would happen each time", err)
		}
		if attempt == runTxAttempts {
			return givenUp(fmt.Sprintf("given up after %d attempts", attempt), err)
		}
		timer := time.NewTimer(backoff/2 + rand.N(backoff/2))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return givenUp(fmt.Sprintf("the context ended after %d attempts", attempt), errors.Join(err, ctx.Err()))
		}
		backoff = min(2*backoff, runTxMaxBackoff)
	}
}

func runTxOnce(ctx context.Context, on Beginner, opts *sql.TxOptions, fn func(*sql.Tx) error) error {
	tx, err := on.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if err = fn(tx); err == nil {
		err = tx.Commit()
	}
	if ended := ctx.Err(); ended != nil && errors.Is(err, sql.ErrTxDone) {
		// database/sql has rolled back already, and says only that.
		return fmt.Errorf("d1: %w: %w", ended, err)
	}
	return err
}

// givenUp words the last conflict.
func givenUp(why string, cause error) error {
	e := conflictError(why, 0)
	if last, ok := asError(cause); ok {
		e.Message += ": " + last.Message
		e.Statement = last.Statement
	}
	e.cause = cause
	return e
}
