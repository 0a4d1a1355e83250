package api

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// stallTime is how long a response may send nothing while it is read. D1 grants
// 30 s to a request, and has done all of it before it answers.
const stallTime = 35 * time.Second

var errStalled = errors.New("nothing arrived for " + stallTime.String())

// stallGuard ends a response that stops arriving. The time between reads is the
// caller's, and does not count.
type stallGuard struct {
	io.ReadCloser
	limit   time.Duration
	timer   *time.Timer
	stalled atomic.Bool
}

func newStallGuard(body io.ReadCloser, limit time.Duration, cancel context.CancelFunc) *stallGuard {
	g := &stallGuard{ReadCloser: body, limit: limit}
	g.timer = time.AfterFunc(limit, func() {
		g.stalled.Store(true)
		cancel()
	})
	g.timer.Stop()
	return g
}

func (g *stallGuard) Read(p []byte) (int, error) {
	g.timer.Reset(g.limit)
	n, err := g.ReadCloser.Read(p)
	g.timer.Stop()
	if err != nil && err != io.EOF && g.stalled.Load() {
		err = errStalled
	}
	return n, err
}

func (g *stallGuard) Close() error {
	g.timer.Stop()
	return g.ReadCloser.Close()
}
