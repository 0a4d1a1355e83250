package d1

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/cache"
	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// Limits of coalescing.
const (
	maxCoalesceWait = time.Second

	maxCoalesced      = 100       // statements in one request
	maxCoalescedBytes = 256 << 10 // of SQL and parameters in one request

	// maxCoalescedResult is how many bytes of one result are held for its
	// caller, who would read slowly at the cost of the others. A larger result is
	// dropped and asked for again, apart, as a stream.
	maxCoalescedResult = 256 << 10
)

// coalescer lets statements of different goroutines travel in one request
// (Config.Coalesce). There is one for reads and one for writes.
//
// A request is one transaction, so a statement that fails takes the others with
// it: D1 has rolled all of them back, and says neither which one it was. Then the
// two halves run again, apart, down to the one that fails alone.
type coalescer struct {
	connector *Connector
	reads     bool
	large     *cache.LRU[struct{}] // SQL texts, without comments, whose results were too large

	mu         sync.Mutex
	collecting *group // nil if no statement waits
}

// group is what travels together.
type group struct {
	cancel  context.CancelFunc // of the request; nil before it
	timer   *time.Timer
	members []*member
	bytes   int
	callers int // that wait; guarded by coalescer.mu
}

// member is one caller's statement.
type member struct {
	statement wire.Statement
	text      string        // its SQL without comments
	deadline  time.Time     // the caller's; zero if there is none
	left      bool          // the caller does not wait any more; guarded by coalescer.mu
	done      chan struct{} // closed when the fields below say what became of it

	response []byte // of a read: a response with its result only
	meta     Meta   // of a write
	told     bool   // meta is known
	alone    bool   // it did not run: the caller runs it by itself
	err      error
}

func newCoalescer(c *Connector, reads bool) *coalescer {
	return &coalescer{connector: c, reads: reads, large: cache.New[struct{}](512)}
}

// takes reports whether bound is a statement that may travel with others.
func (c *coalescer) takes(bound []value.Bound) bool {
	if c == nil || len(bound) != 1 || size(bound[0].Sent()) > maxCoalescedBytes/4 {
		return false
	}
	if c.reads {
		_, large := c.large.Get(bound[0].SQL)
		return bound[0].Source.ReadOnly && !large
	}
	switch bound[0].Source.Verb {
	case sqltext.Insert, sqltext.Replace, sqltext.Update, sqltext.Delete:
		// One that goes without the ledger would take the others from it.
		return !c.connector.cfg.Ledger || !mentions(bound[0].SQL, ledgerTable)
	}
	return false
}

func size(s wire.Statement) int { return len(s.SQL) + len(s.Params) }

// query is Connector.queryBound for a statement that c takes.
func (c *coalescer) query(ctx context.Context, bound []value.Bound) (*rows, error) {
	m, err := c.do(ctx, bound[0])
	switch {
	case err != nil:
		return nil, err
	case m.alone:
		return c.connector.queryBound(ctx, bound)
	}
	r := &rows{dec: wire.NewDecoder(bytes.NewReader(m.response)), bound: bound, results: 1, readOnly: true,
		rawTime: c.connector.cfg.RawTime, ctx: ctx, hook: metaHook(ctx)}
	if err = r.dec.NextResult(); err == nil {
		err = r.open()
	}
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// exec is Connector.exec for a statement that c takes.
func (c *coalescer) exec(ctx context.Context, bound []value.Bound) (driver.Result, error) {
	m, err := c.do(ctx, bound[0])
	switch {
	case err != nil:
		return nil, err
	case m.alone:
		return c.connector.exec(ctx, bound)
	case !m.told:
		return lostResult{}, nil
	}
	if hook := metaHook(ctx); hook != nil {
		hook(m.meta.whole())
	}
	return result{rowsAffected: m.meta.Changes, lastInsertID: m.meta.lastRowID}, nil
}

// do has a statement travel and waits for what becomes of it.
func (c *coalescer) do(ctx context.Context, b value.Bound) (*member, error) {
	if err := ctx.Err(); err != nil {
		return nil, abandoned(err, OutcomeNotRun)
	}
	m := &member{statement: b.Sent(), text: b.SQL, done: make(chan struct{})}
	m.deadline, _ = ctx.Deadline()
	g := c.join(m)
	select {
	case <-m.done:
		c.leave(g, m)
		return m, m.err
	case <-ctx.Done():
	}
	switch sent := c.leave(g, m); {
	case !sent || c.reads:
		return nil, abandoned(ctx.Err(), OutcomeNotRun)
	case !c.connector.cfg.Ledger:
		return nil, abandoned(ctx.Err(), OutcomeUnknown)
	}
	// The ledger will tell, but the others may have the request repeated for longer.
	patience := time.NewTimer(ledgerPatience)
	defer patience.Stop()
	select {
	case <-m.done:
	case <-patience.C:
		return nil, abandoned(ctx.Err(), OutcomeUnknown)
	}
	if m.err == nil && !m.alone {
		return m, nil
	}
	outcome := OutcomeNotRun
	if e, ok := asError(m.err); ok {
		outcome = e.Outcome
	}
	return nil, abandoned(ctx.Err(), outcome)
}

// abandoned is the error of a caller whose context ended.
func abandoned(cause error, outcome Outcome) error {
	reason := "canceled"
	if errors.Is(cause, context.DeadlineExceeded) {
		reason = "deadline exceeded"
	}
	return &Error{Message: reason + " while waiting for a coalesced request", Outcome: outcome, cause: cause}
}

// join adds a member to the group that is collecting, or begins one.
func (c *coalescer) join(m *member) *group {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.collecting; g != nil && g.bytes+size(m.statement) > maxCoalescedBytes {
		c.dispatch(g)
	}
	g := c.collecting
	if g == nil {
		g = &group{}
		g.timer = time.AfterFunc(c.connector.cfg.Coalesce, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.dispatch(g)
		})
		c.collecting = g
	}
	g.members = append(g.members, m)
	g.bytes += size(m.statement)
	g.callers++
	if len(g.members) == maxCoalesced {
		c.dispatch(g)
	}
	return g
}

// dispatch sends a group, unless that has been done. c.mu is held.
func (c *coalescer) dispatch(g *group) {
	if c.collecting != g {
		return
	}
	c.collecting = nil
	g.timer.Stop()
	ctx, cancel := g.context()
	g.cancel = cancel
	go c.run(ctx, g.members)
}

// context is for the request. It has the last deadline of all, if all have one:
// what would wait for longer then fails at once, and says why.
func (g *group) context() (context.Context, context.CancelFunc) {
	var last time.Time
	for _, m := range g.members {
		switch {
		case m.deadline.IsZero():
			return context.WithCancel(context.Background())
		case m.deadline.After(last):
			last = m.deadline
		}
	}
	return context.WithDeadline(context.Background(), last)
}

// leave ends a caller's waiting, and reports whether its statement may have been
// sent. The last caller to leave ends the request.
func (c *coalescer) leave(g *group, m *member) (sent bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m.left = true
	if g.callers--; g.callers > 0 {
		return c.collecting != g
	}
	if c.collecting == g {
		c.collecting = nil
		g.timer.Stop()
		return false
	}
	g.cancel()
	return true
}

// waiting returns the members whose callers still wait. The others have not run,
// or have been rolled back.
func (c *coalescer) waiting(members []*member) []*member {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*member
	for _, m := range members {
		if !m.left {
			list = append(list, m)
			continue
		}
		m.alone = true
		close(m.done)
	}
	return list
}

// run sends members as one request and tells each what became of it.
func (c *coalescer) run(ctx context.Context, members []*member) {
	members = c.waiting(members)
	if len(members) == 0 {
		return
	}
	if len(members) == 1 { // as a caller of its own: with its context, as a stream, with its own error
		members[0].alone = true
		close(members[0].done)
		return
	}
	batch := make([]wire.Statement, len(members))
	for i, m := range members {
		batch[i] = m.statement
		m.alone, m.told = false, false // of an attempt before
	}
	send := c.write
	if c.reads {
		send = c.read
	}
	divide, err := send(ctx, batch, members)
	if divide {
		half := len(members) / 2
		go c.run(ctx, members[:half])
		c.run(ctx, members[half:])
		return
	}
	for _, m := range members {
		m.err = err
		close(m.done)
	}
}

// read sends members that only read. divide means that one of them, not known
// which, is why the request failed, or that the response broke off: nobody has seen
// a row of it yet, so all can run again, and what is half as long may pass.
func (c *coalescer) read(ctx context.Context, batch []wire.Statement, members []*member) (divide bool, err error) {
	begun, err := c.responses(ctx, batch, members)
	again := begun && c.connector.cfg.MaxAttempts > 1
	var e *api.Error
	if errors.As(err, &e) {
		switch e.Kind {
		case api.KindSQL, api.KindRequest, api.KindExceeded:
			divide = true
		case api.KindTransport:
			divide = again
		case api.KindProtocol:
			divide = again && errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
	return divide, requestError(err, true)
}

// responses copies the results into members. begun means that the response had
// begun to arrive: failures before that have been repeated. Errors are those of
// internal/api.
func (c *coalescer) responses(ctx context.Context, batch []wire.Statement, members []*member) (begun bool, err error) {
	stream, err := c.connector.open(ctx, batch, true)
	if err != nil {
		return false, err
	}
	defer stream.Close()
	n := 0
	for ; err == nil; n++ {
		if n == len(members) {
			return true, stream.Err(errResultCount)
		}
		m := members[n]
		m.response, err = stream.Decoder().AppendResult(nil, maxCoalescedResult)
		if err == io.ErrShortBuffer {
			m.alone, m.response, err = true, nil, nil
			c.large.Put(m.text, struct{}{})
		}
		if err != nil {
			break
		}
		if stream.traced != nil {
			stream.note(decodeMeta(stream.Decoder().Meta()))
		}
		err = stream.Decoder().NextResult()
	}
	if err == io.EOF && n != len(members) {
		err = errResultCount
	}
	if err != io.EOF {
		return true, stream.Err(err)
	}
	return true, nil
}

// write sends members that write. They are divided only if D1 refused the
// request for its SQL: then it has surely rolled all of it back.
func (c *coalescer) write(ctx context.Context, batch []wire.Statement, members []*member) (divide bool, err error) {
	err = c.connector.each(ctx, batch, false, func(i int, m Meta) {
		m.Raw = bytes.Clone(m.Raw)
		members[i].meta, members[i].told = m, true
	})
	e, ok := asError(err)
	return ok && e.Outcome == OutcomeRefused && e.kind == nil, err
}
