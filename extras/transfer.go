package extras

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/d1go/d1"
	"github.com/d1go/d1/internal/api"
)

// newTransport is for transfers: few and large requests, so that no connection is
// kept. A compressed dump would break the counting of bytes.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true, // DialContext would switch it off
		DisableKeepAlives:   true,
		DisableCompression:  true,
	}
}

// transferURL checks a URL that the API gave out. Its query is a credential: no
// error shows it.
func transferURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, protocolError(api.OutcomeNotRun, "the API gave an unusable URL for the transfer")
	case u.User != nil:
		return nil, protocolError(api.OutcomeNotRun, "the API gave a URL with a user for the transfer")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, protocolError(api.OutcomeNotRun, "the API gave a URL for the transfer that is not https: %s://%s", u.Scheme, u.Host)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// broken is a transfer that may succeed when it is tried again.
type broken struct{ cause error }

func (b *broken) Error() string { return b.cause.Error() }
func (b *broken) Unwrap() error { return b.cause }

// expired is a transfer whose URL is not good any more.
type expired struct{ error }

func (e *expired) Unwrap() error { return e.error }

var errStalled = errors.New("nothing was transferred for too long")

// guard ends a transfer in which nothing moves.
type guard struct {
	timer  *time.Timer
	limit  time.Duration
	cancel context.CancelCauseFunc
}

func newGuard(ctx context.Context, limit time.Duration) (context.Context, *guard) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &guard{time.AfterFunc(limit, func() { cancel(errStalled) }), limit, cancel}
}

func (g *guard) moved() { g.timer.Reset(g.limit) }

func (g *guard) stop() {
	g.timer.Stop()
	g.cancel(nil)
}

// roundTrip sends a request directly to the transport, so that neither redirects
// are followed nor a Referer is sent. What fails is *broken or, by the status,
// *expired or final.
func (c *Client) roundTrip(ctx context.Context, r *http.Request) (*http.Response, error) {
	resp, err := c.transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, &broken{c.cause(ctx, err)}
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	err = statusError(resp)
	switch status := resp.StatusCode; {
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return nil, &broken{err}
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusGone:
		return nil, &expired{err}
	}
	return nil, err
}

// cause is why a transfer broke off, without its URL.
func (c *Client) cause(ctx context.Context, err error) error {
	if context.Cause(ctx) == errStalled {
		return fmt.Errorf("%w (%s)", errStalled, c.timing.stall)
	}
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}

// statusError says what a storage service answered, whose errors are XML.
func statusError(resp *http.Response) error {
	var body struct{ Code, Message string }
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if xml.Unmarshal(text, &body) != nil || body.Code == "" {
		return errors.New("HTTP " + resp.Status)
	}
	return fmt.Errorf("HTTP %s: %s: %s", resp.Status, body.Code, body.Message)
}

// attempts counts tries of a transfer, with pauses in between.
type attempts struct {
	left, most int
	pause      time.Duration
	timing     timing
}

func (c *Client) tries() *attempts {
	return &attempts{left: c.attempts, most: c.attempts, timing: c.timing}
}

// progressed starts the count anew.
func (a *attempts) progressed() { a.left, a.pause = a.most, 0 }

// again waits and reports whether there is another try after err.
func (a *attempts) again(ctx context.Context, err error) bool {
	var b *broken
	if a.left--; a.left <= 0 || !errors.As(err, &b) {
		return false
	}
	a.pause = min(max(2*a.pause, a.timing.retryMin), a.timing.retryMax)
	return sleep(ctx, a.pause)
}

// transferError is the final error of a transfer.
func transferError(ctx context.Context, doing string, err error) error {
	var (
		e     *expired
		final *d1.Error
	)
	switch {
	case errors.As(err, &final):
		return err
	case ctx.Err() != nil:
		return interrupted(ctx, api.OutcomeNotRun, doing)
	case errors.As(err, &e):
		return fail(api.KindRequest, api.OutcomeNotRun, err, "%s: the URL is refused or has expired: %v", doing, err)
	}
	return fail(api.KindTransport, api.OutcomeNotRun, err, "%s: %v", doing, err)
}
