package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The context ends at every stage, by cancellation, by its deadline, and with
// a cause of the caller's own.
func TestContextEnds(t *testing.T) {
	headers := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
	}
	stages := []struct {
		name    string
		handler func(w http.ResponseWriter, end func()) // nil: the context has ended before the call
		outcome Outcome
		seen    int64
	}{
		{"before the call", nil, OutcomeNotRun, 0},
		{"before the header", func(w http.ResponseWriter, end func()) { end() }, OutcomeUnknown, 1},
		{"before the body", func(w http.ResponseWriter, end func()) { headers(w); end() }, OutcomeUnknown, 1},
		{"before the first row", func(w http.ResponseWriter, end func()) {
			headers(w)
			io.WriteString(w, oneRow[:20])
			w.(http.Flusher).Flush()
			end()
		}, OutcomeUnknown, 1},
		{"between rows", func(w http.ResponseWriter, end func()) {
			headers(w)
			io.WriteString(w, oneRow[:60])
			w.(http.Flusher).Flush()
			end()
		}, OutcomeUnknown, 1},
		{"in an error", func(w http.ResponseWriter, end func()) {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, sqlError[:20])
			w.(http.Flusher).Flush()
			end()
		}, OutcomeUnknown, 1},
	}
	cause := errors.New("the caller's reason")
	ends := []struct {
		name    string
		context func(context.Context) (ctx context.Context, end, release func())
		is      error
	}{
		{"canceled", func(ctx context.Context) (context.Context, func(), func()) {
			ctx, cancel := context.WithCancel(ctx)
			return ctx, cancel, cancel
		}, context.Canceled},
		{"canceled with a cause", func(ctx context.Context) (context.Context, func(), func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			end := func() { cancel(cause) }
			return ctx, end, end
		}, context.Canceled},
		{"deadline", func(ctx context.Context) (context.Context, func(), func()) {
			e := &endingContext{Context: ctx, done: make(chan struct{})}
			return e, func() { close(e.done) }, func() {}
		}, context.DeadlineExceeded},
	}
	for _, stage := range stages {
		for _, how := range ends {
			for _, idempotent := range []bool{true, false} {
				t.Run(stage.name+"/"+how.name, func(t *testing.T) {
					ctx, end, release := how.context(t.Context())
					defer release()
					server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
						io.Copy(io.Discard, r.Body)
						stage.handler(w, end)
						<-r.Context().Done() // until the client hangs up
					})
					if stage.handler == nil {
						end()
					}
					c, _ := newClient(t, server.URL)
					err := send(c, ctx, idempotent)
					require.ErrorIs(t, err, how.is)
					e := failed(t, err)
					require.Equal(t, KindCanceled, e.Kind)
					require.Equal(t, stage.outcome, e.Outcome, err)
					require.Equal(t, stage.seen, server.requests.Load())
					if how.name == "canceled with a cause" {
						require.ErrorIs(t, err, cause)
					}
				})
			}
		}
	}
}

// endingContext ends as by a deadline, when a test says so.
type endingContext struct {
	context.Context
	done chan struct{}
}

func (e *endingContext) Done() <-chan struct{} { return e.done }

func (e *endingContext) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func (e *endingContext) Value(any) any { return nil } // else context would look through to the parent

func TestContextEndsWhileConnecting(t *testing.T) {
	c, _ := newClient(t, "http://localhost")
	ctx, cancel := context.WithCancel(t.Context())
	c.own = newTransport(func(ctx context.Context, _, _ string) (net.Conn, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	})
	c.transport = c.own
	err := write(c, ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, OutcomeNotRun, failed(t, err).Outcome)
}

// A real deadline, a few milliseconds away.
func TestDeadlineWhileWaiting(t *testing.T) {
	server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	c, _ := newClient(t, server.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	err := write(c, ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, KindCanceled, failed(t, err).Kind)
}

// A request that gets no answer ends, without a deadline of the caller's.
func TestNoAnswer(t *testing.T) {
	server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	c, _ := newClient(t, server.URL)
	c.stallTime = 20 * time.Millisecond
	e := failed(t, write(c, t.Context()))
	require.Equal(t, KindTransport, e.Kind)
	require.ErrorIs(t, e, errStalled)
	require.Equal(t, OutcomeUnknown, e.Outcome)
	require.EqualValues(t, 1, server.requests.Load())
}

// A transport's own timeout isn't the context's.
func TestHeaderTimeout(t *testing.T) {
	server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	c, _ := newClient(t, server.URL)
	c.own.ResponseHeaderTimeout = time.Millisecond
	e := failed(t, write(c, t.Context()))
	require.Equal(t, KindTransport, e.Kind)
	require.Equal(t, OutcomeUnknown, e.Outcome)
	require.EqualValues(t, 1, server.requests.Load())
}
