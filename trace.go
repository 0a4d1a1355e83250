package d1

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/wire"
)

// Trace is called around every request that carries statements, those that the
// driver sends for itself included: dry runs of transactions, checks of prepared
// statements, questions to the ledger. Repetitions of a request belong to it.
//
// Nothing passed to it holds SQL text, arguments or the token; an error may
// quote what the engine said. The functions run on the goroutine of the
// database/sql call (with Config.Coalesce on one of the driver's), several at once
// for a database used by several goroutines.
// They must not use the same connection or transaction.
type Trace struct {
	// Start is called before a request. The context that it returns, which must
	// derive from ctx, is used for the request and passed to End. May be nil.
	Start func(ctx context.Context, r TraceRequest) context.Context

	// End is called once for each Start: when the request has failed, or once
	// the response has been read or given up. May be nil.
	End func(ctx context.Context, r TraceRequest, result TraceResult)
}

// TraceRequest tells what a request is.
type TraceRequest struct {
	// Kind is the statement's verb, such as SELECT or CREATE; BATCH for several
	// statements; LEDGER for a question to the ledger.
	Kind string

	// Statements is how many there are, without the ledger's.
	Statements int
}

// TraceResult tells what became of a request.
type TraceResult struct {
	Attempts int           // how often it was tried; 0 if it failed before the first
	Duration time.Duration // from Start, with repetitions, pauses and the reading of rows

	// Meta adds up RowsRead, RowsWritten, Duration and Changes of the statements
	// whose results were read to the end, the ledger's included; the other
	// fields are those of the last one. Raw is nil. Meta.DryRun marks a dry run
	// that brought its answer.
	Meta Meta

	// Err is the failure, an *Error; nil for a dry run that brought its answer.
	Err error
}

// answerPrefix is how the engine's message begins that carries the answer of a
// dry run: see dryrun.NewNonce.
const answerPrefix = "bad JSON path: 'd1-"

// traced is a request under way. A nil one does nothing.
type traced struct {
	trace   *Trace
	ctx     context.Context
	request TraceRequest
	began   time.Time
	stream  *api.Stream
	noted   bool
	meta    Meta
}

// startTrace calls Trace.Start, if there is one.
func (c *Connector) startTrace(ctx context.Context, statements []wire.Statement) (context.Context, *traced) {
	if c.cfg.Trace == nil {
		return ctx, nil
	}
	t := &traced{trace: c.cfg.Trace, ctx: ctx, request: traceRequest(statements), began: time.Now()}
	if t.trace.Start != nil {
		t.ctx = t.trace.Start(ctx, t.request)
	}
	return t.ctx, t
}

func traceRequest(statements []wire.Statement) TraceRequest {
	count, sql := 0, ""
	for _, s := range statements {
		if !strings.Contains(s.SQL, ledgerTable) {
			count, sql = count+1, s.SQL
		}
	}
	r := TraceRequest{Kind: "BATCH", Statements: count}
	switch count {
	case 0:
		r.Kind = "LEDGER"
	case 1:
		for _, s := range sqltext.Split(sql) {
			r.Kind = strings.ToUpper(s.Verb.String())
		}
	}
	return r
}

// follow lets the request end with its response.
func (t *traced) follow(stream *api.Stream) {
	if t == nil {
		return
	}
	t.stream = stream
	stream.OnClose(func(failure error) {
		if meta := stream.Decoder().Meta(); !t.noted && meta != nil {
			t.note(decodeMeta(meta))
		}
		t.end(stream.Attempts(), failure)
	})
}

// note adds the Meta of one statement.
func (t *traced) note(m Meta) {
	if t == nil {
		return
	}
	t.noted = true
	m.RowsRead += t.meta.RowsRead
	m.RowsWritten += t.meta.RowsWritten
	m.Duration += t.meta.Duration
	m.Changes += t.meta.Changes
	m.Raw = nil
	t.meta = m
}

// hook is what to call with the Meta of each statement of a query, or nil.
func (t *traced) hook(ctx context.Context) func(Meta) {
	own := metaHook(ctx)
	switch {
	case t == nil:
		return own
	case own == nil:
		return t.note
	}
	return func(m Meta) {
		t.note(m)
		own(m)
	}
}

// failed ends a request that has no response to read.
func (t *traced) failed(err error) {
	if t == nil {
		return
	}
	attempts := 0
	if e := (*api.Error)(nil); errors.As(err, &e) {
		attempts = e.Attempts
	}
	t.end(attempts, err)
}

func (t *traced) end(attempts int, err error) {
	if t.trace.End == nil {
		return
	}
	result := TraceResult{Attempts: attempts, Duration: time.Since(t.began), Meta: t.meta}
	if e := (*api.Error)(nil); errors.As(err, &e) && e.Kind == api.KindSQL && strings.HasPrefix(e.Message, answerPrefix) {
		result.Meta.DryRun = true // the message is data
	} else {
		result.Err = wrapError(err)
	}
	t.trace.End(t.ctx, t.request, result)
}
