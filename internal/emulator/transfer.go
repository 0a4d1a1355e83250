package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// pollTimeout is how long an export or import goes on when nobody asks for it.
	pollTimeout = 15 * time.Second

	// defaultPollWait is how long an answer is held back when it could only be "still active".
	defaultPollWait = time.Second
)

var (
	errBusy     = errQuery("Currently processing a long-running import/export.")
	errUnpolled = errQuery(fmt.Sprintf("Cancelled due to no poll() received in %dms.", pollTimeout.Milliseconds()))
)

// transferKind is the type of a transfer in answers.
type transferKind string

const (
	kindExport transferKind = "export"
	kindImport transferKind = "import"
)

// transfers runs the exports and imports of one database, one at a time, and keeps the last one for those who ask what
// became of it.
type transfers struct {
	running sync.WaitGroup

	mu     sync.Mutex
	latest *transfer
}

// transfer is one export or import.
type transfer struct {
	kind    transferKind
	file    string // name of the file that is imported
	ahead   bool   // an import that began before it was asked to ingest, and hasn't been asked yet
	clock   Clock
	cancel  context.CancelCauseFunc
	started chan struct{} // closed when the bookmark is known
	done    chan struct{} // closed when there is a result or an error

	mu       sync.Mutex
	bookmark string
	messages []string // since the last poll
	result   any
	err      error
	disarm   func() bool // stops the poll timeout
}

// transferStatus is the answer to a start or a poll.
type transferStatus struct {
	Success    bool         `json:"success"`
	Type       transferKind `json:"type"`
	AtBookmark string       `json:"at_bookmark,omitempty"`
	Messages   []string     `json:"messages"`
	Status     string       `json:"status,omitempty"` // active, complete or error; none while an import waits for its file
	Error      string       `json:"error,omitempty"`
	Result     any          `json:"result,omitempty"`
	Filename   string       `json:"filename,omitempty"`   // of the file to import
	UploadURL  string       `json:"upload_url,omitempty"` // where to put it
}

// start begins a transfer: work runs with the connection to itself, and queries are refused meanwhile.
func (db *database) start(t *transfer, work func(context.Context, *transfer) (any, error)) error {
	db.transfers.mu.Lock()
	defer db.transfers.mu.Unlock()
	if last := db.transfers.latest; last != nil && !last.finished() {
		return errBusy
	}
	if db.closing.Err() != nil {
		return errClosed
	}
	t.clock = db.clock
	t.started, t.done = make(chan struct{}), make(chan struct{})
	var ctx context.Context
	ctx, t.cancel = context.WithCancelCause(context.Background())
	t.touch()
	db.transfers.latest = t
	db.transfers.running.Go(func() {
		result, err := db.exclusively(ctx, t, work)
		t.finish(result, err)
	})
	return nil
}

func (db *database) exclusively(ctx context.Context, t *transfer, work func(context.Context, *transfer) (any, error)) (any, error) {
	ctx, release, err := db.acquire(ctx)
	if err != nil {
		return nil, err
	}
	db.busy.Store(true)
	defer func() {
		db.busy.Store(false)
		release()
	}()
	t.begin(db.history.last())
	return work(ctx, t)
}

// refuseWhileBusy gives the error of queries while a transfer has the connection.
func (db *database) refuseWhileBusy() error {
	if db.busy.Load() {
		return errBusy
	}
	return nil
}

// poll finds the latest transfer if it is the one that a client asks for, and keeps it alive.
func (db *database) poll(kind transferKind, bookmark string) *transfer {
	db.transfers.mu.Lock()
	defer db.transfers.mu.Unlock()
	t := db.transfers.latest
	if t == nil || t.kind != kind || t.atBookmark() != bookmark {
		return nil
	}
	t.touch()
	return t
}

// joined finds the running import that a request to ingest a file means: it is active, or began by itself because the
// file was there.
func (db *database) joined(file string) *transfer {
	db.transfers.mu.Lock()
	defer db.transfers.mu.Unlock()
	t := db.transfers.latest
	if t == nil || t.kind != kindImport || t.file != file || t.finished() && !t.ahead {
		return nil
	}
	t.ahead = false
	t.touch()
	return t
}

func (t *transfer) begin(bookmark string) {
	t.mu.Lock()
	t.bookmark = bookmark
	t.mu.Unlock()
	close(t.started)
}

func (t *transfer) atBookmark() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bookmark
}

// log adds a line to what the next poll tells.
func (t *transfer) log(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.messages = append(t.messages, fmt.Sprintf(format, args...))
}

// touch lets the transfer go on for another poll timeout.
func (t *transfer) touch() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.disarm != nil && !t.disarm() {
		return // too late, or finished
	}
	t.disarm = t.clock.AfterFunc(pollTimeout, func() { t.cancel(errUnpolled) })
}

func (t *transfer) finish(result any, err error) {
	t.mu.Lock()
	t.disarm()
	t.result, t.err = result, err
	t.mu.Unlock()
	t.cancel(nil)
	close(t.done)
}

func (t *transfer) finished() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// wait gives a small transfer the time to finish, so that clients needn't ask again.
func (t *transfer) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-t.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// waitStarted waits until the transfer has its bookmark, or never will.
func (t *transfer) waitStarted(ctx context.Context) error {
	select {
	case <-t.started:
		return nil
	case <-t.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// status tells how the transfer stands. Log lines are told once.
func (t *transfer) status() transferStatus {
	finished := t.finished()
	t.mu.Lock()
	defer t.mu.Unlock()
	s := transferStatus{Success: true, Type: t.kind, AtBookmark: t.bookmark, Messages: append([]string{}, t.messages...), Status: "active"}
	t.messages = nil
	switch {
	case !finished:
	case t.err != nil:
		s.Success, s.Status, s.Error = false, "error", errorMessage(t.err)
	default:
		s.Status, s.Result = "complete", t.result
	}
	return s
}

func errorMessage(err error) string {
	var e *apiError
	if errors.As(err, &e) {
		return e.message
	}
	return err.Error()
}

func writeTransfer(w http.ResponseWriter, s transferStatus) {
	status := http.StatusOK
	if s.Status == "active" {
		status = http.StatusAccepted
	}
	writeJSON(w, status, envelope{Result: s, Errors: []message{}, Messages: []message{}, Success: true})
}

// noTransfer answers a poll for a transfer that doesn't exist, or no longer.
func noTransfer(kind transferKind) transferStatus {
	return transferStatus{
		Type: kind, Messages: []string{}, Status: "error", Error: fmt.Sprintf("Not currently %sing anything.", kind),
	}
}
