package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Client talks to the API of one account. It is safe for concurrent use.
// Printing it never shows the token.
type Client struct {
	base        *url.URL
	bearer      func() string // a function, so that no printer that walks structs finds the token
	scrub       func(*Error)
	transport   http.RoundTripper
	own         *http.Transport // nil if the transport was given
	userAgent   string
	maxAttempts int
	limiter     *Limiter
	log         *slog.Logger

	clock     clock
	random    func() float64 // in [0, 1)
	drainTime time.Duration  // that Close may spend on the rest of a response
	stallTime time.Duration  // for which a response may send nothing
}

// New checks the options. It sends nothing.
func New(o Options) (*Client, error) {
	base, err := o.base()
	if err != nil {
		return nil, err
	}
	if err := checkToken(o.Token); err != nil {
		return nil, err
	}
	if o.MaxAttempts < 0 {
		return nil, configError("MaxAttempts is %d, less than 0", o.MaxAttempts)
	}
	authorization := "Bearer " + o.Token
	c := &Client{
		base:        base,
		bearer:      func() string { return authorization },
		scrub:       scrubber(o.Token),
		transport:   o.Transport,
		userAgent:   o.UserAgent,
		maxAttempts: o.MaxAttempts,
		limiter:     o.Limiter,
		log:         o.Logger,
		clock:       systemClock,
		random:      jitter,
		drainTime:   maxDrainTime,
		stallTime:   stallTime,
	}
	if c.transport == nil {
		c.own = newTransport(defaultDial)
		c.transport = c.own
	}
	if c.userAgent == "" {
		c.userAgent = DefaultUserAgent
	}
	if c.maxAttempts == 0 {
		c.maxAttempts = DefaultMaxAttempts
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Format implements [fmt.Formatter]: no verb shows the token.
func (c Client) Format(f fmt.State, _ rune) {
	if c.base == nil {
		io.WriteString(f, "api.Client{}")
		return
	}
	fmt.Fprintf(f, "api.Client{%s}", c.base)
}

// Close closes the idle connections of the Client's own transport. Requests
// under way are not affected.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// exchange is a request, as often as it may be sent.
type exchange struct {
	method     string
	path       string // below the account
	query      url.Values
	body       []byte // JSON; nil is none
	idempotent bool
}

// answer is a response and what must be released with it.
type answer struct {
	*http.Response
	body      *stallGuard // the Response's
	cancel    context.CancelFunc
	flight    *flight
	drainTime time.Duration
}

// attempt sends a request once.
func (c *Client) attempt(ctx context.Context, x *exchange) (*answer, *failure) {
	if err := ctx.Err(); err != nil {
		return nil, &failure{err: context.Cause(ctx), ctxErr: err}
	}
	attemptCtx, cancel := context.WithCancel(ctx)
	guard := &stallGuard{limit: c.stallTime, cancel: cancel}
	flight, r := c.takeOff(attemptCtx, x, guard)
	resp, err := c.transport.RoundTrip(r)
	guard.answer()
	if err != nil {
		cancel()
		return nil, &failure{err: guard.err(err), ctxErr: ctx.Err(), arrived: flight.mayHaveArrived()}
	}
	guard.ReadCloser = resp.Body
	resp.Body = guard
	return &answer{resp, guard, cancel, flight, c.drainTime}, nil
}

// maxCopied is the size in bytes up to which the body of a request is copied.
const maxCopied = 4 << 10

// takeOff makes the request that RoundTrip needs, and what tells how far it got.
//
// A small request that may be repeated need not be watched as closely: that it
// got a connection counts as its arrival. So net/http gets a body that it knows
// to be in memory, and sends it together with the header, in one packet. It may
// go on reading that after the attempt has ended, so it is a copy. A transport
// that was given may not know of httptrace: there the body is all there is.
func (c *Client) takeOff(ctx context.Context, x *exchange, guard *stallGuard) (*flight, *http.Request) {
	inMemory := c.own != nil && x.idempotent && len(x.body) <= maxCopied
	var watched []byte
	switch {
	case inMemory:
	case x.body == nil && !x.idempotent:
		// Without any body, net/http would send a request again that an HTTP/2
		// server has reset, DELETE or not.
		watched = []byte{}
	default:
		watched = x.body
	}
	f := newFlight(watched)
	r := c.request(f.trace(ctx, guard), x)
	switch {
	case x.body == nil && x.idempotent:
	case inMemory:
		r.Body = io.NopCloser(bytes.NewReader(bytes.Clone(x.body)))
	default:
		r.Body = f.body
	}
	return f, r
}

// request makes a request without its body. GetBody stays nil: with it, net/http
// would send a request again that an HTTP/2 server has reset, POST or not.
func (c *Client) request(ctx context.Context, x *exchange) *http.Request {
	r := requestTemplate.WithContext(ctx) // a copy
	u := *c.base
	u.Path += x.path
	u.RawQuery = x.query.Encode()
	values := [...]string{"application/json", c.bearer(), c.userAgent}
	r.Method, r.URL, r.Host = x.method, &u, u.Host
	r.Header = http.Header{
		"Accept":        values[0:1:1],
		"Authorization": values[1:2:2],
		"User-Agent":    values[2:3:3],
	}
	if x.body != nil {
		r.Header["Content-Type"] = values[0:1:1]
		r.ContentLength = int64(len(x.body))
	}
	return r
}

var requestTemplate = &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}

const (
	maxDrained   = 64 << 10
	maxDrainTime = 20 * time.Millisecond
)

// discard gives the connection back if little is left to read, and closes it
// otherwise.
func (a *answer) discard() {
	if a.ProtoMajor == 1 && !a.body.ended { // over HTTP/2, closing ends a stream, not the connection
		timer := time.AfterFunc(a.drainTime, a.cancel)
		io.CopyN(io.Discard, a.Body, maxDrained+1)
		timer.Stop()
	}
	a.Body.Close()
	a.cancel()
	a.flight.release()
}
