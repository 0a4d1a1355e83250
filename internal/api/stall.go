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

// stallGuard is the body of a response, which it ends when that stops arriving.
// The time between reads is the caller's, and does not count.
type stallGuard struct {
	io.ReadCloser
	limit   time.Duration
	cancel  context.CancelFunc // ends the request
	timer   *time.Timer        // nil before the first Read
	stalled atomic.Bool
	ended   bool // all of the body has been read
}

func (g *stallGuard) Read(p []byte) (int, error) {
	if g.timer == nil {
		g.timer = time.AfterFunc(g.limit, g.stall)
	} else {
		g.timer.Reset(g.limit)
	}
	n, err := g.ReadCloser.Read(p)
	g.timer.Stop()
	g.ended = g.ended || err == io.EOF
	if err != nil && err != io.EOF && g.stalled.Load() {
		err = errStalled
	}
	return n, err
}

func (g *stallGuard) stall() {
	g.stalled.Store(true)
	g.cancel()
}
