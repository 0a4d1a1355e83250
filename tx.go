package d1

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"
	"time"

	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/value"
)

// tx is a transaction. D1 runs one request as one transaction and has no other,
// so it is optimistic: statements are logged, questions about their effect are
// answered by dry runs that are rolled back, and Commit sends the log as one
// batch in which guards make sure that every answer still holds.
//
// database/sql calls it with its connection locked; mu is for results that a
// Batch hands out past database/sql.
type tx struct {
	mu       sync.Mutex
	conn     *conn
	ctx      context.Context // of BeginTx; also for Commit, which gets none
	mode     TxMode
	level    sql.IsolationLevel
	readOnly bool
	text     bool // begun by the text BEGIN
	nonce    string
	now      time.Time // what statements take for the current time

	log        []*entry
	checked    int  // so many entries from the start are known to run
	parted     bool // an answer came in several requests, and only a guard tells that it is one
	savepoints []savepoint
	failed     error // why nothing more can be done, until a rollback
	failedAt   int   // index of the entry that failed
	ended      bool
	committed  bool
}

var _ driver.Tx = (*tx)(nil)

// txMaxParams leaves room for the parameters of probes and guards.
const txMaxParams = value.MaxParams - 8

type txModeKey struct{}

// WithTxMode returns a context whose transactions, begun by BeginTx with it, use
// mode instead of the one in the DSN.
func WithTxMode(ctx context.Context, mode TxMode) context.Context {
	return context.WithValue(ctx, txModeKey{}, mode)
}

// Begin is BeginTx with a background context and default options.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx begins a transaction. It sends nothing.
//
// sql.LevelDefault and sql.LevelSerializable check at Commit all that the
// program saw; sql.LevelReadCommitted does not check reads made before the
// first write. A read-only transaction refuses writes, and at Commit confirms
// that all its reads held at one moment.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	level := sql.IsolationLevel(opts.Isolation)
	switch level {
	case sql.LevelDefault:
		level = sql.LevelSerializable
	case sql.LevelSerializable, sql.LevelReadCommitted:
	default:
		return nil, unsupported(fmt.Sprintf("isolation level %s: use LevelDefault or LevelSerializable, or LevelReadCommitted", level))
	}
	return c.begin(ctx, level, opts.ReadOnly)
}

func (c *conn) begin(ctx context.Context, level sql.IsolationLevel, readOnly bool) (*tx, error) {
	if c.tx != nil {
		return nil, txError("a transaction is already open on this connection; nested ones are savepoints")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	mode := c.connector.cfg.Tx
	if m, ok := ctx.Value(txModeKey{}).(TxMode); ok {
		switch m {
		case TxLazy, TxEager, TxQueue:
			mode = m
		default:
			return nil, unsupported(fmt.Sprintf("transaction mode %q: use TxLazy, TxEager or TxQueue", string(m)))
		}
	}
	c.tx = &tx{
		conn:     c,
		ctx:      ctx,
		mode:     mode,
		level:    level,
		readOnly: readOnly,
		nonce:    dryrun.NewNonce(),
		now:      time.Now(),
	}
	return c.tx, nil
}

// Commit sends the log as one request: all of it is applied, or nothing.
func (t *tx) Commit() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.commit(t.ctx)
}

func (t *tx) commit(ctx context.Context) error {
	if err := t.end(); err != nil {
		return err
	}
	if t.failed != nil {
		return &Error{
			Message: "not committed, as a statement of the transaction failed: " + trimPrefix(t.failed),
			kind:    ErrTxAborted, cause: t.failed,
		}
	}
	if t.writes() == 0 && (len(t.log) == 0 || len(t.log) == 1 && !t.parted) {
		return nil // nothing to send, and a single read held at its own moment
	}
	batch, owner := t.replay(t.log)
	hook := metaHook(ctx)
	err := t.conn.connector.each(context.WithValue(ctx, metaKey{}, nil), batch, !t.dirty(), func(i int, m Meta) {
		e := owner[i]
		if e != nil {
			e.result.committed(m)
		}
		if hook != nil {
			m = m.whole()
			m.Guard = e == nil
			hook(m)
		}
	})
	if err != nil {
		return t.commitError(ctx, err, batch, owner)
	}
	t.committed = true
	return nil
}

// Rollback forgets the log. It sends nothing.
func (t *tx) Rollback() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rollback()
}

func (t *tx) rollback() error {
	if err := t.end(); err != nil {
		return err
	}
	t.abandonResults(0)
	return nil
}

// end takes the transaction off its connection.
func (t *tx) end() error {
	if t.ended {
		return sql.ErrTxDone
	}
	t.ended = true
	if t.conn.tx == t {
		t.conn.tx = nil
	}
	return nil
}

// abandon rolls back a transaction that was begun by text and not ended.
func (c *conn) abandon() {
	if c.tx == nil {
		return
	}
	if log := c.connector.cfg.Logger; log != nil {
		log.Warn("d1: a connection was returned to the pool inside a transaction, which is rolled back",
			"statements", c.tx.writes())
	}
	_ = c.tx.Rollback()
}

// hasDDL reports whether the log changes the schema.
func (t *tx) hasDDL() bool {
	for _, e := range t.log {
		if e.ddl() {
			return true
		}
	}
	return false
}

func txError(message string) error { return &Error{Message: message, kind: ErrUnsupported} }
