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
	body  *requestBody // nil if the request has none
	asked atomic.Bool  // the transport looked for a connection
	got   atomic.Bool  // it has one, connected and with TLS established
	start atomic.Pointer[position]
}

// position is how much had been written to a connection when the attempt got it.
type position struct {
	conn    *countingConn
	written int64
}

func newFlight(body []byte) *flight {
	f := &flight{}
	if body != nil {
		f.body = &requestBody{data: body}
	}
	return f
}

func (f *flight) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { f.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			if conn := counted(info.Conn); conn != nil {
				f.start.Store(&position{conn: conn, written: conn.written.Load()})
			}
			f.got.Store(true)
		},
	})
}

// mayHaveArrived reports, once the attempt has failed, whether the server may
// have received all of the request. A transport that doesn't support httptrace
// is judged by whether it has touched the body.
func (f *flight) mayHaveArrived() bool {
	if f.asked.Load() && !f.got.Load() {
		return false
	}
	if f.body != nil && !f.body.release() {
		return false
	}
	if p := f.start.Load(); p != nil && p.conn.written.Load() == p.written {
		return false
	}
	return true
}

var errBodyReleased = errors.New("the request is over")

// requestBody notes whether it has been read, and can be taken away from a
// transport that keeps reading after RoundTrip has returned.
type requestBody struct {
	mu   sync.Mutex
	data []byte
	read bool
	over bool
}

func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errBodyReleased
	}
	b.read = true
	if len(b.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.data)
	b.data = b.data[n:]
	return n, nil
}

func (b *requestBody) Close() error { return nil }

// release ends all reading, and reports whether there was any.
func (b *requestBody) release() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over, b.data = true, nil
	return b.read
}
