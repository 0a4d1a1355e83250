package extras

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/d1go/d1"
	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/bridge"
)

// timing is how long things wait; tests have less patience.
type timing struct {
	pollMin, pollMax time.Duration // between two polls; doubles

	// pollWindow is how long D1 waits for a poll before it cancels: as long is
	// it worth asking again after failures.
	pollWindow time.Duration

	retryMin, retryMax time.Duration // before a transfer is tried again; doubles
	stall              time.Duration // without a byte moving, a transfer counts as broken
}

var defaultTiming = timing{
	pollMin: 100 * time.Millisecond, pollMax: 3 * time.Second, pollWindow: 15 * time.Second,
	retryMin: 200 * time.Millisecond, retryMax: 5 * time.Second, stall: time.Minute,
}

// task is an export or import as the API reports it.
type task struct {
	Status     string   `json:"status"` // complete, error, active
	Success    *bool    `json:"success"`
	Error      string   `json:"error"`
	AtBookmark string   `json:"at_bookmark"` // by which to ask again
	Messages   []string `json:"messages"`    // since the last poll
	running    bool     // HTTP 202
}

// job is one run of a task.
type job struct {
	name   string // export, import
	phase  Phase
	lost   api.Outcome // of a failure that leaves open what D1 does
	report reporter
	timing timing
}

// idle is what D1 says about an import when there is none, which may be because
// it is over.
const idle = "Not currently importing anything"

// done reports whether a task is over, and how.
func (j *job) done(t *task) (bool, error) {
	switch {
	case t.Status == "error" || t.Success != nil && !*t.Success:
		message := t.Error
		if message == "" {
			message = strings.Join(t.Messages, "; ")
		}
		if message == "" {
			message = "no reason given"
		}
		outcome := api.OutcomeRefused
		if strings.Contains(message, idle) {
			outcome = j.lost
		}
		e := &api.Error{Kind: api.KindRequest, Outcome: outcome, Message: j.name + " failed: " + message}
		e.Code, e.ExtendedCode = api.SQLiteCodes(message) // those of the statement that failed
		return true, bridge.WrapError(e, false)
	case t.Status == "complete":
		return true, nil
	case t.Status == "active", t.Status == "" && (t.running || t.AtBookmark != ""):
		if t.AtBookmark == "" {
			return true, protocolError(j.lost, "%s: the answer has no bookmark by which to ask again", j.name)
		}
		return false, nil
	}
	return true, protocolError(j.lost, "%s: unknown status %q", j.name, t.Status)
}

// wait polls until the task t is over. next asks about the task with a bookmark
// and replaces it with the answer.
func (j *job) wait(ctx context.Context, t *task, next func(ctx context.Context, bookmark string) error) error {
	pause := j.timing.pollMin
	for {
		j.report.report(Progress{Phase: j.phase, Messages: t.Messages})
		if over, err := j.done(t); over {
			return err
		}
		if err := j.ask(ctx, t.AtBookmark, pause, next); err != nil {
			return err
		}
		pause = min(2*pause, j.timing.pollMax)
	}
}

// ask polls once, and again after failures that may pass as long as D1 waits.
func (j *job) ask(ctx context.Context, bookmark string, pause time.Duration, next func(context.Context, string) error) error {
	began := time.Now()
	for {
		if !sleep(ctx, pause) {
			return interrupted(ctx, j.lost, "while waiting for the "+j.name)
		}
		err := next(ctx, bookmark)
		if err == nil {
			return nil
		}
		pause = min(2*pause, j.timing.pollMax)
		if ctx.Err() != nil || !mayPass(err) || time.Since(began)+pause > j.timing.pollWindow {
			return j.open(err)
		}
	}
}

// open marks the failure of a poll: it says nothing about the task.
func (j *job) open(err error) error {
	var e *d1.Error
	if j.lost == api.OutcomeUnknown && errors.As(err, &e) {
		e.Outcome = d1.OutcomeUnknown
	}
	return err
}

// mayPass reports whether the same request may succeed a little later.
func mayPass(err error) bool {
	var e *d1.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.HTTPStatus == 0 || e.HTTPStatus >= 500 || e.HTTPStatus == http.StatusTooManyRequests || e.HTTPStatus/100 == 2
}

// post sends a request for a task.
func (c *Client) post(ctx context.Context, a access, path string, body, out any, t *task) error {
	info, err := c.callDatabase(ctx, a, api.Request{Method: http.MethodPost, Path: path, Body: body}, out)
	if err == nil {
		t.running = info.Status == http.StatusAccepted
	}
	return err
}

// sleep reports whether it slept to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
