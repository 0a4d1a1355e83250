package api

import (
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// flight notes how far one attempt got, whatever the transport is.
type flight struct {
	body  *requestBody // nil if the request has none, or it is not watched
	asked atomic.Bool  // the transport looked for a connection
	got   atomic.Bool  // it has one, connected and with TLS established
}

func newFlight(body []byte) *flight {
	f := &flight{}
	if body != nil {
		f.body = &requestBody{data: body}
	}
	return f
}

func (f *flight) trace(ctx context.Context, guard *stallGuard) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { f.asked.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { f.got.Store(true) },
		WroteRequest: guard.written,
	})
}

// mayHaveArrived ends the attempt, and reports whether the server may have
// received all of the request. It can't have if there was no connection, or if
// the transport never asked for the body: net/http reads it after the header
// has been written, so that covers the write to a connection that died while
// it was idle. A transport without httptrace is judged by the body alone.
func (f *flight) mayHaveArrived() bool {
	bodyRead := f.release()
	return bodyRead && (f.got.Load() || !f.asked.Load())
}

// release takes the body away from the transport, and reports whether it has
// been read; without a body, that is so from the start.
func (f *flight) release() bool {
	return f.body == nil || f.body.release()
}

var errBodyReleased = errors.New("the request is over")

// requestBody notes whether it has been read, and can be taken away from a
// transport that keeps reading after RoundTrip has returned.
type requestBody struct {
	mu   sync.Mutex
	data []byte
	read bool
	over bool
	cut  bool // taken away before the end
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cut {
		return 0, errBodyReleased
	}
	b.read = b.read || !b.over
	if len(b.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

func (b *requestBody) Close() error { return nil }

// release ends all reading, and reports whether there was any. A body that has
// been read to its end goes on saying so: net/http looks for more behind it, at
// times after the response has begun, and an error there would make it close the
// connection under the response.
func (b *requestBody) release() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut = b.cut || len(b.data) > 0
	b.over, b.data = true, nil
	return b.read
}
