package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"
)

// The API refuses everything for 5 minutes after 1,200 requests in 5 minutes.
const (
	sharedRequests = 1200
	// A second more than the API's window, since requests take a varying time
	// to get there.
	sharedWindow = 5*time.Minute + time.Second
)

// Limiter grants a number of requests in any window of time, and makes
// callers wait, first come, first served. It is safe for concurrent use.
//
// It remembers when each request of the last window was. A token bucket that
// holds a whole window's requests and is refilled as they are used would let
// almost twice that number through, and the account would be locked out.
type Limiter struct {
	window time.Duration
	clock  clock
	turn   chan struct{} // held by the caller who is next

	mu      sync.Mutex
	granted []time.Time // ring of the last requests; zero if there were fewer
	oldest  int         // index in granted
	waiting int         // callers that have entered and were not granted a request yet
}

// NewLimiter returns a limiter of the given number of requests, at least 1,
// per window.
func NewLimiter(requests int, window time.Duration) *Limiter {
	return &Limiter{
		window:  window,
		clock:   systemClock,
		turn:    make(chan struct{}, 1),
		granted: make([]time.Time, max(1, requests)),
	}
}

var shared struct {
	sync.Mutex
	limiters map[[sha256.Size]byte]*Limiter
}

// SharedLimiter returns this process's limiter for a token: 1,200 requests in
// 5 minutes, which is what the API grants to a user.
func SharedLimiter(token string) *Limiter {
	key := sha256.Sum256([]byte(token)) // the token itself is kept in as few places as possible
	shared.Lock()
	defer shared.Unlock()
	l := shared.limiters[key]
	if l == nil {
		l = NewLimiter(sharedRequests, sharedWindow)
		if shared.limiters == nil {
			shared.limiters = make(map[[sha256.Size]byte]*Limiter)
		}
		shared.limiters[key] = l
	}
	return l
}

// Wait returns nil when a request may be sent. If that would be after the
// context's deadline it returns at once an *Error of KindRateLimited that says
// when to try again; if the context ends, one of KindCanceled.
func (l *Limiter) Wait(ctx context.Context) error {
	if err := l.wait(ctx); err != nil {
		return err
	}
	return nil
}

func (l *Limiter) wait(ctx context.Context) *Error {
	if ctx.Err() != nil {
		return notGranted(ctx)
	}
	granted, err := l.enter(ctx)
	if granted || err != nil {
		return err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		l.leave()
		return notGranted(ctx)
	}
	for {
		wait := l.take()
		if wait <= 0 {
			return nil
		}
		if l.clock.sleep(ctx, wait) != nil {
			l.leave()
			return notGranted(ctx)
		}
	}
}

func notGranted(ctx context.Context) *Error {
	e := &Error{}
	e.canceled(failure{err: context.Cause(ctx), ctxErr: ctx.Err()})
	return e
}

// enter grants a request at once if nobody waits, refuses it if its turn is
// sure to come too late, and otherwise counts the caller as waiting.
func (l *Limiter) enter(ctx context.Context) (granted bool, err *Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.now()
	if l.waiting == 0 && l.grant(now) {
		return true, nil
	}
	// The k-th caller in the queue waits for the k-th request of the past to
	// leave the window, and for those before it once per round of the ring.
	n := len(l.granted)
	wait := l.granted[(l.oldest+l.waiting)%n].Add(time.Duration(1+l.waiting/n) * l.window).Sub(now)
	if deadline, ok := ctx.Deadline(); ok && !now.Add(wait).Before(deadline) {
		return false, &Error{
			Kind:       KindRateLimited,
			Outcome:    OutcomeNotRun,
			RetryAfter: wait,
			Message:    fmt.Sprintf("the limit of %d requests per %s is used up, and the deadline is too early to wait", n, l.window),
		}
	}
	l.waiting++
	return false, nil
}

// leave is for a caller who gives up.
func (l *Limiter) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
}

// take grants a waiting caller's request, or returns how long it takes until one may be granted.
func (l *Limiter) take() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.now()
	if l.grant(now) {
		l.waiting--
		return 0
	}
	return l.granted[l.oldest].Add(l.window).Sub(now)
}

func (l *Limiter) grant(now time.Time) bool {
	if last := l.granted[l.oldest]; !last.IsZero() && now.Sub(last) < l.window {
		return false
	}
	l.granted[l.oldest] = now
	l.oldest = (l.oldest + 1) % len(l.granted)
	return true
}
