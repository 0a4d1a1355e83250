package extras

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// upload sends the dump, from the beginning again after a break: storing it twice
// under one name does no harm. Errors are not final: see transferError.
func (c *Client) upload(ctx context.Context, uploadURL string, s *source, report reporter) error {
	tries := c.tries()
	for {
		err := c.uploadOnce(ctx, uploadURL, s, report)
		if err == nil || !tries.again(ctx, err) {
			return err
		}
	}
}

func (c *Client) uploadOnce(ctx context.Context, uploadURL string, s *source, report reporter) error {
	u, err := transferURL(uploadURL)
	if err != nil {
		return err
	}
	dump, err := s.rewind()
	if err != nil {
		return err
	}
	ctx, guard := newGuard(ctx, c.timing.stall)
	defer guard.stop()
	body := &uploadBody{r: dump, guard: guard, total: s.size, report: report}
	defer body.take()
	r := &http.Request{Method: http.MethodPut, URL: u, Host: u.Host, Header: http.Header{}, Body: body, ContentLength: s.size}
	if s.size == 0 {
		r.Body = http.NoBody // else the length would count as unknown
	}
	resp, err := c.roundTrip(ctx, r)
	if failed := body.take(); failed != nil {
		return fmt.Errorf("the dump could not be read again: %w", failed)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("unexpected answer HTTP " + resp.Status)
	}
	return checkETag(resp.Header.Get("ETag"), s.md5)
}

// checkETag compares what was stored with what was to be sent.
func checkETag(etag, md5 string) error {
	switch got := strings.Trim(etag, `"`); got {
	case md5:
		return nil
	case "":
		return errors.New("the answer has no ETag, so that nobody knows what was stored")
	default:
		return fmt.Errorf("another text was stored than sent: its MD5 is %s, not %s", got, md5)
	}
}

var errTaken = errors.New("the upload is over")

// uploadBody is a request body that can be taken away from a transport that goes
// on reading after the answer.
type uploadBody struct {
	guard  *guard
	total  int64
	report reporter

	mu     sync.Mutex
	r      io.Reader
	n      int64
	taken  bool
	failed error // of the dump
}

func (b *uploadBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken {
		return 0, errTaken
	}
	n, err := b.r.Read(p)
	if n > 0 {
		b.guard.moved()
		b.n += int64(n)
		b.report.report(Progress{Phase: PhaseUpload, Bytes: b.n, Total: b.total})
	}
	switch {
	case err == io.EOF && b.n < b.total:
		b.failed = fmt.Errorf("it has become shorter: %d bytes, not %d", b.n, b.total)
		err = b.failed
	case err != nil && err != io.EOF:
		b.failed = err
	}
	return n, err
}

// Close does nothing: the dump is the caller's.
func (b *uploadBody) Close() error { return nil }

// take ends all reading, and returns what went wrong with the dump.
func (b *uploadBody) take() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken = true
	return b.failed
}
