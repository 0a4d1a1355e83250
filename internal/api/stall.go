package api

import (
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// stallTime is how long nothing may arrive: between a request that has been
// written and its answer, and while that is read. D1 grants 30 s to a request, and
// has done all of it before it answers.
const stallTime = 35 * time.Second

var errStalled = errors.New("nothing arrived for " + stallTime.String())

// stallGuard ends an attempt when nothing arrives any more. It is the body of the
// response, too: the time between reads is the caller's, and does not count.
type stallGuard struct {
	limit   time.Duration
	cancel  context.CancelFunc // ends the attempt
	stalled atomic.Bool

	mu       sync.Mutex
	answered bool        // there is a response, or will be none
	timer    *time.Timer // nil before the first wait

	io.ReadCloser
	ended bool // all of the body has been read
}

// written starts the wait for an answer. A transport may write a request twice,
// and may say so after it has been answered.
func (g *stallGuard) written(httptrace.WroteRequestInfo) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.answered {
		g.start()
	}
}

// answer ends that wait.
func (g *stallGuard) answer() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answered = true
	if g.timer != nil {
		g.timer.Stop()
	}
}

func (g *stallGuard) start() {
	if g.timer == nil {
		g.timer = time.AfterFunc(g.limit, g.stall)
	} else {
		g.timer.Reset(g.limit)
	}
}

func (g *stallGuard) stall() {
	g.stalled.Store(true)
	g.cancel()
}

// err is what to report for an error after which nothing will arrive.
func (g *stallGuard) err(err error) error {
	if err != nil && err != io.EOF && g.stalled.Load() {
		return errStalled
	}
	return err
}

func (g *stallGuard) Read(p []byte) (int, error) {
	g.start()
	n, err := g.ReadCloser.Read(p)
	g.timer.Stop()
	g.ended = g.ended || err == io.EOF
	return n, g.err(err)
}
