package d1

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/bridge"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// conn is a connection: as D1 has none, it is only where a transaction lives.
type conn struct {
	connector *Connector
	tx        *tx // nil outside a transaction
	closed    bool
	release   func() error // of Driver.Open: gives up the share of the connector; nil otherwise
}

var (
	_ driver.Conn               = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
)

// Close forgets the connection; a transaction on it is rolled back.
func (c *conn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	if c.tx != nil {
		_ = c.tx.Rollback()
	}
	if c.release != nil {
		return c.release()
	}
	return nil
}

// IsValid reports whether the pool may keep the connection.
func (c *conn) IsValid() bool { return !c.closed }

// ResetSession runs before the pool hands the connection out again. A
// transaction begun with the text BEGIN and never ended is rolled back.
func (c *conn) ResetSession(context.Context) error {
	if c.closed {
		return driver.ErrBadConn
	}
	c.abandon()
	return nil
}

// Ping checks endpoint, credentials and database with SELECT 1.
func (c *conn) Ping(ctx context.Context) error {
	r, err := c.connector.query(ctx, c.connector.parse("SELECT 1"), nil)
	if err != nil {
		return err
	}
	for err == nil {
		err = r.step()
	}
	_ = r.Close()
	if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// CheckNamedValue accepts the types that bind exactly, and leaves the others to
// the default converter: Valuers, pointers, named types.
func (c *conn) CheckNamedValue(nv *driver.NamedValue) error {
	switch nv.Value.(type) {
	case *batchRun, *bridge.Probe:
		return nil
	}
	v, ok, err := value.Normalize(nv.Value)
	switch {
	case err != nil:
		return argumentError(err) // database/sql says which argument it is
	case !ok:
		return driver.ErrSkip
	}
	nv.Value = v
	return nil
}

// Prepare is PrepareContext without a context.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext parses the text and, unless prepare=lazy, lets the engine check
// it.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	q := c.connector.parse(query)
	if err := c.connector.check(ctx, q, c.tx); err != nil {
		return nil, err
	}
	return &stmt{conn: c, query: q}, nil
}

// ExecContext runs one statement, or several as one atomic request.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if b := batchArg(args); b != nil {
		return c.execBatch(ctx, b)
	}
	if p := probeArg(args); p != nil {
		p.Connector = c.connector
		return result{}, nil
	}
	return c.exec(ctx, c.connector.parse(query), args)
}

// QueryContext runs one statement, or several as one atomic request, and returns
// the rows of those that have any.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if b := batchArg(args); b != nil {
		return c.queryBatch(ctx, b)
	}
	return c.query(ctx, c.connector.parse(query), args)
}

// exec runs a parsed query directly or in the connection's transaction.
func (c *conn) exec(ctx context.Context, q *value.Query, args []driver.NamedValue) (driver.Result, error) {
	q = c.withoutBrackets(q)
	if handled, err := c.control(ctx, q, args); handled || err != nil {
		return result{}, err
	}
	bound, err := c.bind(q, args)
	if err != nil {
		return nil, err
	}
	if c.tx != nil {
		return c.tx.exec(ctx, bound)
	}
	run := c.connector.exec
	if w := c.connector.writes; w.takes(bound) {
		run = w.exec
	}
	r, err := run(ctx, bound)
	if err != nil {
		return nil, explained(err, statements(bound), bound)
	}
	return r, nil
}

// query is exec for rows.
func (c *conn) query(ctx context.Context, q *value.Query, args []driver.NamedValue) (driver.Rows, error) {
	q = c.withoutBrackets(q)
	if handled, err := c.control(ctx, q, args); err != nil {
		return nil, err
	} else if handled {
		return emptyRows(), nil
	}
	if r := c.connector.answerVersion(q); r != nil {
		return r, nil
	}
	bound, err := c.bind(q, args)
	if err != nil {
		return nil, err
	}
	return c.queryBound(ctx, bound)
}

func (c *conn) queryBound(ctx context.Context, bound []value.Bound) (driver.Rows, error) {
	if c.tx != nil {
		return c.tx.query(ctx, bound)
	}
	run := c.connector.queryBound
	if r := c.connector.reads; r.takes(bound) {
		run = r.query
	}
	r, err := run(ctx, bound)
	if err != nil {
		return nil, explained(err, statements(bound), bound)
	}
	return r, nil
}

// bind binds args for where the statement will run: a transaction adds
// parameters of its own.
func (c *conn) bind(q *value.Query, args []driver.NamedValue) ([]value.Bound, error) {
	if err := c.connector.admit(q); err != nil {
		return nil, err
	}
	opts := value.Options{MaxParams: value.MaxParams}
	if c.tx != nil {
		opts = value.Options{MaxParams: txMaxParams, Now: c.tx.now}
	}
	return bindQuery(q, args, opts)
}

func bindQuery(q *value.Query, args []driver.NamedValue, opts value.Options) ([]value.Bound, error) {
	if len(q.Statements) == 0 {
		return nil, argumentError(errors.New("no SQL statement: the text is empty or only a comment"))
	}
	if !utf8.ValidString(q.Text) {
		// JSON would replace what is not UTF-8, in string literals too.
		return nil, argumentError(errors.New("the SQL text is not valid UTF-8; bind such a value as []byte"))
	}
	bound, err := q.Bind(args, opts)
	if err != nil {
		wrapped := argumentError(err)
		a := (*value.ArgError)(nil)
		if e, ok := asError(wrapped); ok && errors.As(err, &a) && a.Statement > 0 && len(q.Statements) > 1 {
			e.Statement, e.text = a.Statement, q.Statements[a.Statement-1].Describe()
		}
		return nil, wrapped
	}
	return bound, nil
}

// response is a stream whose request may be traced.
type response struct {
	*api.Stream
	*traced
}

// open posts statements as one request, which is one transaction. The stream
// stands at the first result. Errors are those of internal/api.
func (c *Connector) open(ctx context.Context, statements []wire.Statement, idempotent bool) (response, error) {
	ctx, t := c.startTrace(ctx, statements)
	stream, err := c.post(ctx, statements, idempotent)
	if err != nil {
		t.failed(err)
		return response{}, err
	}
	t.follow(stream)
	return response{stream, t}, nil
}

// send is open for those who do not look at the Meta.
func (c *Connector) send(ctx context.Context, statements []wire.Statement, idempotent bool) (*api.Stream, error) {
	r, err := c.open(ctx, statements, idempotent)
	return r.Stream, err
}

func (c *Connector) post(ctx context.Context, statements []wire.Statement, idempotent bool) (*api.Stream, error) {
	id, err := c.database.get(ctx, func(ctx context.Context) (string, error) {
		return c.client.DatabaseID(ctx, c.cfg.Database)
	})
	if err != nil {
		if e := (*api.Error)(nil); errors.As(err, &e) {
			e.Outcome = api.OutcomeNotRun // whatever became of the look-up, the statements were not sent
		}
		return nil, err
	}
	buf := bodies.Get().(*[]byte)
	defer func() {
		if cap(*buf) <= maxPooledBody {
			bodies.Put(buf)
		}
	}()
	if len(statements) == 1 {
		*buf = wire.AppendStatement((*buf)[:0], statements[0])
	} else {
		*buf = wire.AppendBatch((*buf)[:0], statements)
	}
	return c.client.Raw(ctx, id, *buf, idempotent)
}

// bodies are buffers for request bodies, which Raw does not keep.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

const maxPooledBody = 1 << 20

// exec runs bound statements and adds up what they changed.
func (c *Connector) exec(ctx context.Context, bound []value.Bound) (driver.Result, error) {
	all, told := result{}, 0
	err := c.each(ctx, statements(bound), readOnly(bound), func(_ int, m Meta) {
		all.rowsAffected += m.Changes
		all.lastInsertID = m.lastRowID
		told++
	})
	switch {
	case err != nil:
		return nil, err
	case told < len(bound):
		return lostResult{}, nil
	}
	return all, nil
}

// each runs statements as one request, discards their rows and calls fn with the
// Meta of each, counted only; its Raw is valid during the call. A Meta that only the
// ledger could have told, and did not, is left out.
func (c *Connector) each(ctx context.Context, batch []wire.Statement, readOnly bool, fn func(i int, m Meta)) error {
	if hook := metaHook(ctx); hook != nil {
		tell := fn
		fn = func(i int, m Meta) {
			tell(i, m)
			hook(m.whole())
		}
	}
	if !readOnly && c.ledgers(batch) {
		return c.eachOnce(ctx, batch, fn)
	}
	return c.run(ctx, batch, readOnly, readOnly, fn)
}

// run is each without the ledger. A request that does not only read may be
// idempotent all the same.
func (c *Connector) run(ctx context.Context, batch []wire.Statement, readOnly, idempotent bool, fn func(i int, m Meta)) error {
	stream, err := c.open(ctx, batch, idempotent)
	if err != nil {
		return requestError(err, readOnly)
	}
	defer stream.Close()
	dec := stream.Decoder()
	n := 0
	for ; err == nil; n++ {
		for err == nil {
			err = dec.Next()
		}
		if err != io.EOF {
			break
		}
		if stream.traced != nil {
			stream.note(decodeMeta(dec.Meta()))
		}
		if n < len(batch) {
			fn(n, counted(dec))
		}
		err = dec.NextResult()
	}
	if err == io.EOF && n != len(batch) {
		err = errResultCount
	}
	if err != io.EOF {
		return requestError(stream.Err(err), readOnly)
	}
	return nil
}

// query runs a parsed query outside a transaction.
func (c *Connector) query(ctx context.Context, q *value.Query, args []driver.NamedValue) (*rows, error) {
	bound, err := bindQuery(q, args, value.Options{MaxParams: value.MaxParams})
	if err != nil {
		return nil, err
	}
	return c.queryBound(ctx, bound)
}

func (c *Connector) queryBound(ctx context.Context, bound []value.Bound) (*rows, error) {
	reads, batch := readOnly(bound), statements(bound)
	if !reads && c.ledgers(batch) {
		return c.queryOnce(ctx, bound)
	}
	stream, err := c.open(ctx, batch, reads)
	if err != nil {
		return nil, requestError(err, reads)
	}
	r := &rows{dec: stream.Decoder(), stream: stream.Stream, bound: bound, results: len(bound), readOnly: reads,
		rawTime: c.cfg.RawTime, ctx: ctx, hook: stream.hook(ctx)}
	if err := r.open(); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

func statements(bound []value.Bound) []wire.Statement {
	list := make([]wire.Statement, len(bound))
	for i, b := range bound {
		list[i] = b.Sent()
	}
	return list
}

func readOnly(bound []value.Bound) bool {
	for _, b := range bound {
		if !b.Source.ReadOnly {
			return false
		}
	}
	return true
}
