package api

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 2 * time.Second

	// maxWait bounds a Retry-After when the context has no deadline: a call
	// that seems to hang for minutes helps nobody.
	maxWait = 30 * time.Second

	// maxSpan is how long after the first attempt a request may still be
	// repeated: what makes that safe for a write, an entry in the driver's
	// ledger, is not kept for ever.
	maxSpan = 30 * time.Minute
)

func jitter() float64 { return rand.Float64() }

// do sends a request until accept takes the answer. accept gets answers of
// status 2xx; when it returns nil it owns the answer, else do releases it.
func (c *Client) do(ctx context.Context, x *exchange, accept func(*answer) *failure) (attempts int, err error) {
	unknown := false
	began := c.clock.now()
	for {
		attempts++
		e := c.once(ctx, x, attempts, accept)
		if e == nil {
			return attempts, nil
		}
		e.Attempts = attempts
		// An earlier attempt may have had the effect that this one had not.
		unknown = unknown || e.Outcome == OutcomeUnknown
		if unknown {
			e.Outcome = OutcomeUnknown
		}
		wait, ok := c.mayRepeat(ctx, x, e, attempts)
		// By the wall clock: the other one stops while the computer sleeps.
		if !ok || c.clock.now().Round(0).Sub(began.Round(0))+wait > maxSpan {
			return attempts, e
		}
		c.log.LogAttrs(ctx, slog.LevelWarn, "d1: request will be repeated",
			slog.Int("attempt", attempts), slog.String("kind", e.Kind.String()), slog.Int("status", e.HTTPStatus),
			slog.String("ray", e.RayID), slog.Duration("wait", wait))
		if err := c.clock.sleep(ctx, wait); err != nil {
			return attempts, interrupted(e, err)
		}
	}
}

// once makes one attempt and classifies its failure.
func (c *Client) once(ctx context.Context, x *exchange, attempt int, accept func(*answer) *failure) *Error {
	if c.limiter != nil {
		if err := c.limiter.wait(ctx); err != nil {
			return err
		}
	}
	began := c.clock.now()
	a, f := c.attempt(ctx, x)
	status := 0
	if a != nil {
		status = a.StatusCode
		if status/100 == 2 {
			f = accept(a)
		} else {
			f = refused(a)
		}
		if f != nil {
			f.status, f.header, f.arrived, f.ctxErr = status, a.Header, true, ctx.Err()
			a.discard()
		}
	}
	var e *Error
	kind := "ok"
	if f != nil {
		e = c.classify(*f)
		kind = e.Kind.String()
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "d1: request",
		slog.String("method", x.method), slog.String("path", x.path), slog.Int("attempt", attempt),
		slog.Int("status", status), slog.String("result", kind), slog.Duration("duration", c.clock.now().Sub(began)))
	return e
}

// mayRepeat reports whether a failed request is sent again, and after what time.
func (c *Client) mayRepeat(ctx context.Context, x *exchange, e *Error, attempts int) (time.Duration, bool) {
	if !e.transient || attempts >= c.maxAttempts || ctx.Err() != nil {
		return 0, false
	}
	if e.Outcome != OutcomeNotRun && !x.idempotent {
		return 0, false
	}
	wait := e.RetryAfter
	if wait == 0 {
		wait = c.backoff(attempts)
	}
	if deadline, ok := ctx.Deadline(); ok {
		return wait, c.clock.now().Add(wait).Before(deadline)
	}
	return wait, wait <= maxWait
}

// backoff is exponential with full jitter.
func (c *Client) backoff(attempts int) time.Duration {
	limit := minBackoff
	for range attempts - 1 {
		limit = min(2*limit, maxBackoff)
	}
	return time.Duration(c.random() * float64(limit))
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
