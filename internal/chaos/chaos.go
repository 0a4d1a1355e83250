// Package chaos breaks the way between a client and a server of the D1 API on a
// seeded schedule: for tests of what a client says about requests that failed.
//
// [Chaos.Handler] stands in front of the server, [Chaos.DialContext] below the
// client. Every fault is one that a client can notice or that leaves it in
// doubt; none of them makes a wrong answer look right.
package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Fault is what happens to a request or a connection.
type Fault int

const (
	None        Fault = iota
	Refuse            // the connection is refused
	CutRequest        // it breaks while the request is sent
	CutBefore         // it breaks before the server acts
	CutAfter          // it breaks after the server has acted, before the answer
	CutBody           // it breaks in the middle of the answer
	Late              // it breaks, and the server acts later
	Delay             // the answer takes a while
	Corrupt           // a byte of the answer is not what was sent
	RateLimited       // 429, without effect
	Unavailable       // 500, 502, 503 or 504, without effect
	FailedAfter       // the same, after the server has acted
	faults
)

var names = [...]string{"none", "refuse", "cut request", "cut before", "cut after", "cut body", "late", "delay", "corrupt",
	"rate limited", "unavailable", "failed after"}

func (f Fault) String() string { return names[f] }

const (
	maxDelay = 5 * time.Millisecond
	maxLate  = 300 * time.Millisecond // beyond a client's first repetitions
)

// Chaos is a schedule of faults. It is safe for concurrent use.
type Chaos struct {
	seed    uint64
	rate    float64
	stopped atomic.Bool
	drawn   atomic.Uint64
	counts  [faults]atomic.Int64
	active  sync.RWMutex // held for reading by requests under way
	late    sync.WaitGroup
}

// New returns a schedule: of all requests and connections, the part rate, at
// most 1, meets a fault.
func New(seed uint64, rate float64) *Chaos { return &Chaos{seed: seed, rate: rate} }

// Stop ends the faults and waits for requests under way, given up by their
// clients or not, and for what the server does late.
func (c *Chaos) Stop() {
	c.stopped.Store(true)
	c.active.Lock()
	defer c.active.Unlock()
	c.late.Wait()
}

// String lists the faults so far.
func (c *Chaos) String() string {
	var list []string
	for f := range faults {
		list = append(list, fmt.Sprintf("%s %d", f, c.counts[f].Load()))
	}
	return strings.Join(list, ", ")
}

// Count is how often a fault happened.
func (c *Chaos) Count(f Fault) int64 { return c.counts[f].Load() }

// draw takes the next place in the schedule: a fault of [from, to), or None, and
// a source of chance for its details.
func (c *Chaos) draw(from, to Fault) (Fault, *rand.Rand) {
	random := rand.New(rand.NewPCG(c.seed, c.drawn.Add(1)))
	f := None
	if !c.stopped.Load() && random.Float64() < c.rate {
		f = from + Fault(random.IntN(int(to-from)))
	}
	c.counts[f].Add(1)
	return f, random
}

// DialContext connects as net.Dialer does, or refuses, or makes a connection
// that breaks while a request is sent. It is for http.Transport.
func (c *Chaos) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	f, random := c.draw(Refuse, CutBefore)
	if f == Refuse {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil || f != CutRequest {
		return conn, err
	}
	return &cutConn{Conn: conn, left: random.IntN(2000)}, nil
}

// cutConn breaks after so many bytes sent.
type cutConn struct {
	net.Conn
	left int
}

var errCut = errors.New("chaos: connection cut")

func (c *cutConn) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:c.left])
	c.left -= n
	return n, errors.Join(errCut, err, c.Close())
}

// Handler puts the schedule in front of next.
func (c *Chaos) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.active.RLock()
		defer c.active.RUnlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // never arrived whole
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		f, random := c.draw(CutBefore, faults)
		act := func() *httptest.ResponseRecorder {
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			return answer
		}
		switch f {
		case CutBefore:
			panic(http.ErrAbortHandler)
		case CutAfter:
			act()
			panic(http.ErrAbortHandler)
		case CutBody:
			cutBody(w, act(), random)
		case Late:
			c.actLate(next, r, body, random)
			panic(http.ErrAbortHandler)
		case Delay:
			pause(r.Context(), random, maxDelay)
			next.ServeHTTP(w, r)
		case Corrupt:
			corrupt(w, act(), random)
		case RateLimited:
			respond(w, http.StatusTooManyRequests, `{"success":false,"errors":[{"code":7429,"message":"Too many requests"}],"result":null}`)
		case Unavailable:
			fail(w, random)
		case FailedAfter:
			act()
			fail(w, random)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// actLate lets the server see the request when nobody waits any more.
func (c *Chaos) actLate(next http.Handler, r *http.Request, body []byte, random *rand.Rand) {
	late := r.Clone(context.WithoutCancel(r.Context()))
	late.Body = io.NopCloser(bytes.NewReader(body))
	c.late.Go(func() {
		pause(late.Context(), random, maxLate)
		next.ServeHTTP(httptest.NewRecorder(), late)
	})
}

func pause(ctx context.Context, random *rand.Rand, most time.Duration) {
	timer := time.NewTimer(time.Duration(random.Int64N(int64(most))))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// cutBody sends a part of the answer, and does or does not say how long it is.
func cutBody(w http.ResponseWriter, answer *httptest.ResponseRecorder, random *rand.Rand) {
	body := answer.Body.Bytes()
	part := body[:random.IntN(len(body))]
	copyHeader(w, answer)
	switch random.IntN(3) {
	case 0:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	case 1:
		// Without a length, the end of the connection is that of the body.
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer conn.Close()
		fmt.Fprintf(buffered, "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n%s", answer.Code, part)
		_ = buffered.Flush()
		return
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(part)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// corrupt sends the answer with a byte that JSON allows nowhere: what a checksum
// would let through anyway is beyond what a client can notice.
func corrupt(w http.ResponseWriter, answer *httptest.ResponseRecorder, random *rand.Rand) {
	body := answer.Body.Bytes()
	body[random.IntN(len(body))] = byte(random.IntN(8))
	copyHeader(w, answer)
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body)
}

func copyHeader(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
}

// fail answers as a server or a proxy before it does that has lost its way.
func fail(w http.ResponseWriter, random *rand.Rand) {
	switch random.IntN(6) {
	case 0:
		respond(w, http.StatusInternalServerError, `{"success":false,"errors":[{"code":7500,"message":"internal error; reference = e_chaos"}],"result":[]}`)
	case 1:
		respond(w, http.StatusBadRequest, `{"success":false,"errors":[{"code":7500,"message":"Network connection lost."}],"result":[]}`)
	case 2:
		respond(w, http.StatusBadGateway, "<html><head><title>502 Bad Gateway</title></head></html>")
	case 3:
		respond(w, http.StatusServiceUnavailable, "")
	case 4:
		respond(w, http.StatusGatewayTimeout, "error code: 504")
	default:
		respond(w, http.StatusInternalServerError, `{"success":false,"errors":[{"code":7500,"message":"D1 DB is overloaded. Requests queued for too long."}],"result":[]}`)
	}
}

func respond(w http.ResponseWriter, status int, body string) {
	contentType := "text/html"
	if strings.HasPrefix(body, "{") {
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
