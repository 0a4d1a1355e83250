package api

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// rawServer hands each connection to serve, and counts complete requests.
func rawServer(t *testing.T, serve func(conn net.Conn, next func() *http.Request)) (endpoint string, complete *atomic.Int64) {
	t.Helper()
	complete = new(atomic.Int64)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			r := bufio.NewReader(conn)
			serve(conn, func() *http.Request {
				request, err := http.ReadRequest(r)
				if err != nil {
					return nil
				}
				if n, err := io.Copy(io.Discard, request.Body); err != nil || n != request.ContentLength {
					return nil
				}
				complete.Add(1)
				return request
			})
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String(), complete
}

// A connection is cut at every stage of the exchange. A read is sent as often
// as attempts allow, a write that may have arrived once.
func TestCutConnection(t *testing.T) {
	const header = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	tests := []struct {
		name   string
		unread bool   // only the start of the request is read
		answer string // sent before the cut
		kind   Kind
	}{
		{name: "request cut, too", unread: true, kind: KindTransport},
		{name: "no answer", kind: KindTransport},
		{name: "half a status line", answer: "HTTP/1.1 2", kind: KindTransport},
		{name: "half a header", answer: header, kind: KindTransport},
		{name: "no HTTP", answer: "nonsense\r\n\r\n", kind: KindTransport},
		{name: "no body", answer: header + "Content-Length: 100\r\n\r\n", kind: KindProtocol},
		{name: "half a body", answer: header + "Content-Length: 1000\r\n\r\n" + oneRow[:20], kind: KindProtocol},
		{name: "half a chunked body", answer: header + "Transfer-Encoding: chunked\r\n\r\n14\r\n" + oneRow[:20] + "\r\n", kind: KindProtocol},
		{name: "half a body without length", answer: header + "Connection: close\r\n\r\n" + oneRow[:20], kind: KindProtocol},
		{name: "cut after the first row", answer: header + "Connection: close\r\n\r\n" + oneRow[:60], kind: KindProtocol},
		{name: "half an error", answer: "HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n" + sqlError[:20], kind: KindProtocol},
		{name: "half a page", answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1000\r\n\r\n<html>", kind: KindInternal},
	}
	for _, test := range tests {
		for _, idempotent := range []bool{true, false} {
			t.Run(map[bool]string{true: "read/", false: "write/"}[idempotent]+test.name, func(t *testing.T) {
				var connections atomic.Int64
				endpoint, complete := rawServer(t, func(conn net.Conn, next func() *http.Request) {
					connections.Add(1)
					if test.unread {
						io.ReadFull(conn, make([]byte, 300)) // some of the header, all but the end of the body
						return
					}
					if next() == nil {
						return
					}
					io.WriteString(conn, test.answer)
				})
				c, _ := newClient(t, endpoint)
				err := send(c, t.Context(), idempotent)
				e := failed(t, err)
				require.Equal(t, test.kind, e.Kind, err)
				require.Equal(t, OutcomeUnknown, e.Outcome)
				require.NotErrorIs(t, err, context.Canceled)
				want := 1
				if idempotent && test.name != "cut after the first row" { // the Stream was returned
					want = DefaultMaxAttempts
				}
				require.EqualValues(t, want, connections.Load())
				if !test.unread {
					require.EqualValues(t, want, complete.Load())
				}
			})
		}
	}
}

func TestDialErrors(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	endpoint := "http://" + listener.Addr().String()
	listener.Close()

	tests := []struct {
		name  string
		dial  dialFunc
		dials int
	}{
		{"refused", defaultDial, DefaultMaxAttempts},
		{"name server failed", func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
		}, DefaultMaxAttempts},
		{"no such host", func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
		}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, _ := newClient(t, endpoint)
			dials := 0
			c.own = newTransport(func(ctx context.Context, network, address string) (net.Conn, error) {
				dials++
				return test.dial(ctx, network, address)
			})
			c.transport = c.own
			e := failed(t, write(c, t.Context()))
			require.Equal(t, KindTransport, e.Kind)
			require.Equal(t, OutcomeNotRun, e.Outcome)
			require.Equal(t, test.dials, dials)
			var dialError *net.OpError
			require.ErrorAs(t, e, &dialError)
		})
	}
}

// Without a body, and with a transport that reads the body in advance, it is
// the lack of a connection that tells.
func TestDialErrorsWithoutHelpOfTheBody(t *testing.T) {
	refused := newTransport(func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") })
	c, clock := newClient(t, "http://localhost", func(o *Options) {
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Body != nil {
				body, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				r = r.Clone(r.Context())
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
			return refused.RoundTrip(r)
		})
	})
	require.Equal(t, OutcomeNotRun, failed(t, write(c, t.Context())).Outcome)
	_, err := c.Call(t.Context(), Request{Method: "DELETE", Path: "/d1/database/x"}, nil)
	require.Equal(t, OutcomeNotRun, failed(t, err).Outcome)
	require.Len(t, clock.slept, 2*(DefaultMaxAttempts-1))
}

func TestBodyIsLetGo(t *testing.T) {
	var kept io.Reader
	c, _ := newClient(t, "", func(o *Options) {
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			kept = r.Body
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(oneRow))}, nil
		})
	})
	s, err := c.Raw(t.Context(), testDatabase, []byte("{}"), false)
	require.NoError(t, err)
	defer s.Close()
	_, err = kept.Read(make([]byte, 1))
	require.ErrorIs(t, err, errBodyReleased)
}

func TestDialSucceedsLater(t *testing.T) {
	server := scripted(t, respond(200, oneRow))
	c, _ := newClient(t, server.URL)
	dials := 0
	c.own = newTransport(func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials++; dials < 3 {
			return nil, errors.New("not yet")
		}
		return defaultDial(ctx, network, address)
	})
	c.transport = c.own
	require.NoError(t, write(c, t.Context()))
	require.EqualValues(t, 1, server.requests.Load())
}

func TestUntrustedCertificate(t *testing.T) {
	var requests atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { requests.Add(1) }))
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	defer server.Close()
	c, clock := newClient(t, server.URL)
	err := write(c, t.Context())
	e := failed(t, err)
	require.Equal(t, KindTransport, e.Kind)
	require.Equal(t, OutcomeNotRun, e.Outcome)
	require.Empty(t, clock.slept)
	require.Zero(t, requests.Load())
	var authority x509.UnknownAuthorityError
	require.ErrorAs(t, err, &authority)
}

// An idle connection that died is used once more: if not even a whole header
// could be written to it, a write is sent again, on another one.
func TestDeadIdleConnection(t *testing.T) {
	tests := []struct {
		name    string
		writes  int // that the dead connection still takes
		taken   int // bytes of the next one it takes, too
		success bool
	}{
		{"nothing written", 0, 0, true},
		{"half a header", 0, 1, true},
		{"no body", 1, 0, false}, // net/http has read it by then
		{"half a body", 1, 1, false},
	}
	for _, scheme := range []string{"http", "https"} {
		for _, test := range tests {
			t.Run(scheme+"/"+test.name, func(t *testing.T) {
				var requests atomic.Int64
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					requests.Add(1)
					answerWith(w, 200, oneRow)
				}))
				if scheme == "https" {
					server.StartTLS() // of HTTP/1.1
				} else {
					server.Start()
				}
				defer server.Close()
				c, clock := newClient(t, server.URL)
				var conns []*dyingConn
				c.own = newTransport(func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := defaultDial(ctx, network, address)
					if err != nil {
						return nil, err
					}
					conns = append(conns, &dyingConn{Conn: conn, writes: test.writes, taken: test.taken})
					return conns[len(conns)-1], nil
				})
				c.transport = c.own
				if scheme == "https" {
					c.own.TLSClientConfig.RootCAs = x509.NewCertPool()
					c.own.TLSClientConfig.RootCAs.AddCert(server.Certificate())
				}
				require.NoError(t, write(c, t.Context()))
				require.Len(t, conns, 1)
				conns[0].dead.Store(true)
				err := write(c, t.Context())
				if test.success {
					require.NoError(t, err)
					require.Len(t, conns, 2)
					require.Len(t, clock.slept, 1)
					require.EqualValues(t, 2, requests.Load())
					return
				}
				require.Equal(t, OutcomeUnknown, failed(t, err).Outcome)
				require.Len(t, conns, 1)
				require.EqualValues(t, 1, requests.Load())
			})
		}
	}
}

// dyingConn pretends to take what is written to it, for a while.
type dyingConn struct {
	net.Conn
	dead   atomic.Bool
	writes int
	taken  int
}

func (c *dyingConn) Write(p []byte) (int, error) {
	switch {
	case !c.dead.Load():
		return c.Conn.Write(p)
	case c.writes > 0:
		c.writes--
		return len(p), nil
	}
	return c.taken, errors.New("connection reset by peer")
}

// The network fails while a body is being read.
func TestBodyBreaksOff(t *testing.T) {
	broken := errors.New("connection reset by peer")
	for _, test := range []struct {
		status  int
		text    string
		kind    Kind
		outcome Outcome
		calls   int
	}{
		{200, "", KindTransport, OutcomeUnknown, DefaultMaxAttempts},
		{200, oneRow[:20], KindTransport, OutcomeUnknown, DefaultMaxAttempts},
		{200, "<html>", KindTransport, OutcomeUnknown, DefaultMaxAttempts},
		{400, sqlError[:20], KindTransport, OutcomeUnknown, DefaultMaxAttempts},
		{401, "", KindAuth, OutcomeNotRun, 1},
		{429, "", KindRateLimited, OutcomeNotRun, DefaultMaxAttempts},
		{502, "<html>", KindInternal, OutcomeUnknown, DefaultMaxAttempts},
	} {
		calls := 0
		c, _ := newClient(t, "", func(o *Options) {
			o.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
				calls++
				body := io.MultiReader(strings.NewReader(test.text), iotest.ErrReader(broken))
				return &http.Response{StatusCode: test.status, Body: io.NopCloser(body)}, nil
			})
		})
		err := read(c, t.Context())
		require.ErrorIs(t, err, broken)
		e := failed(t, err)
		require.Equal(t, test.kind, e.Kind, "HTTP %d %s", test.status, test.text)
		require.Equal(t, test.outcome, e.Outcome)
		require.Equal(t, test.calls, calls, "HTTP %d %s", test.status, test.text)
	}
}

// A RoundTripper that knows nothing of httptrace is judged by the body.
func TestTransportWithoutTrace(t *testing.T) {
	for _, test := range []struct {
		name    string
		read    bool
		outcome Outcome
		calls   int
	}{
		{"body not touched", false, OutcomeNotRun, DefaultMaxAttempts},
		{"body read", true, OutcomeUnknown, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := 0
			var kept *http.Request
			c, _ := newClient(t, "https://d1.example", func(o *Options) {
				o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					calls++
					kept = r
					if test.read {
						io.ReadFull(r.Body, make([]byte, 1))
					}
					return nil, &url.Error{Op: "Post", URL: "https://user:pw@d1.example/?q=s3cret", Err: errors.New("broken")}
				})
			})
			err := write(c, t.Context())
			require.Equal(t, test.outcome, failed(t, err).Outcome)
			require.Equal(t, test.calls, calls)
			require.ErrorContains(t, err, "broken")
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), "pw")
			require.Nil(t, kept.GetBody, "net/http could send the request again by itself")
			_, err = kept.Body.Read(make([]byte, 1))
			require.Error(t, err, "the caller's body is still in use")
		})
	}
}

func TestRequest(t *testing.T) {
	body := []byte(`{"sql":"SELECT '<&>'"}`)
	c, _ := newClient(t, "https://d1.example/base/", func(o *Options) {
		o.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			require.Equal(t, "POST", r.Method)
			require.Equal(t, "https://d1.example/base/accounts/"+testAccount+"/d1/database/"+testDatabase+"/raw", r.URL.String())
			require.Equal(t, http.Header{
				"Accept":        {"application/json"},
				"Authorization": {"Bearer " + testToken},
				"Content-Type":  {"application/json"},
				"User-Agent":    {DefaultUserAgent},
			}, r.Header)
			got, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, body, got)
			require.EqualValues(t, len(body), r.ContentLength)
			return &http.Response{StatusCode: 200, Body: io.NopCloser(bytes.NewReader([]byte(oneRow)))}, nil
		})
	})
	s, err := c.Raw(t.Context(), testDatabase, body, false)
	require.NoError(t, err)
	require.NoError(t, s.Decoder().Finish())
	require.NoError(t, s.Close())
	_, err = c.Raw(t.Context(), "../x", body, false)
	require.Equal(t, KindConfig, failed(t, err).Kind)
}

func TestOwnTransport(t *testing.T) {
	c, _ := newClient(t, "")
	require.NotNil(t, c.own)
	require.False(t, c.own.DisableCompression)
	given, _ := newClient(t, "", func(o *Options) { o.Transport = http.DefaultTransport })
	require.Nil(t, given.own)
	given.Close()
}

// The response to a write comes compressed, over HTTP/2 and TLS.
func TestOwnTransportOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 || r.Header.Get("Accept-Encoding") != "gzip" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		w.Write(gzipped(oneRow))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	c, _ := newClient(t, server.URL)
	c.own.TLSClientConfig.RootCAs = x509.NewCertPool()
	c.own.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	for range 3 {
		require.NoError(t, write(c, t.Context()))
	}
}
