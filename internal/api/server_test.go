package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	testAccount  = "0123456789abcdef0123456789abcdef"
	testToken    = "tkn-5f0c9d7e1a2b3c4d5e6f708192a3b4c5"
	testDatabase = "a1b2c3d4-0000-4000-8000-000000000000"

	oneRow = `{"result":[{"results":{"columns":["a"],"rows":[[1]]},"success":true,"meta":{"changes":0}}],` +
		`"success":true,"errors":[],"messages":[]}`
)

// fakeServer counts what it is asked.
type fakeServer struct {
	*httptest.Server
	requests atomic.Int64
	conns    atomic.Int64
}

func newFakeServer(t *testing.T, handler http.HandlerFunc) *fakeServer {
	t.Helper()
	s := &fakeServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		handler(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// fakeClock passes time without waiting.
type fakeClock struct {
	mu    sync.Mutex
	time  time.Time
	slept []time.Duration
	hook  func() // called by sleep
}

func newFakeClock() *fakeClock { return &fakeClock{time: time.Now()} }

func (f *fakeClock) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.time
}

func (f *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hook != nil {
		f.hook()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.time = f.time.Add(d)
	f.slept = append(f.slept, d)
	return nil
}

func (f *fakeClock) clock() clock { return clock{now: f.now, sleep: f.sleep} }

// newClient returns a client that does not wait; set changes its options.
func newClient(t *testing.T, endpoint string, set ...func(*Options)) (*Client, *fakeClock) {
	t.Helper()
	o := Options{Endpoint: endpoint, AccountID: testAccount, Token: testToken}
	for _, f := range set {
		f(&o)
	}
	c, err := New(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	fake := newFakeClock()
	c.clock = fake.clock()
	c.random = func() float64 { return 1 }
	return c, fake
}

// failed asserts that err is an *Error and returns it.
func failed(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e
}

// write and read send one request that is, and isn't, harmful to repeat.
func write(c *Client, ctx context.Context) error { return send(c, ctx, false) }
func read(c *Client, ctx context.Context) error  { return send(c, ctx, true) }

func send(c *Client, ctx context.Context, idempotent bool) error {
	s, err := c.Raw(ctx, testDatabase, []byte(`{"sql":"SELECT 1"}`), idempotent)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		err := s.Decoder().Next()
		if err == nil {
			continue
		}
		if err != io.EOF {
			return s.Err(err)
		}
		if err := s.Decoder().NextResult(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return s.Err(err)
		}
	}
}

// answerWith sends a response.
func answerWith(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// cutOff closes the connection without an answer.
func cutOff(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}
