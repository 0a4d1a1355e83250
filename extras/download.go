package extras

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/api"
)

const copyBuffer = 64 << 10 // bytes

// download is the transfer of a dump, over as many requests as it takes.
type download struct {
	client *Client
	url    *url.URL
	report reporter
	tries  *attempts

	w     io.Writer
	n     int64     // bytes written to w
	hash  hash.Hash // of those: a server that can't resume must repeat them
	total int64     // -1 if not known
	etag  string    // strong; "" if there is none
}

// writeError is a failure of the caller's writer.
type writeError struct{ error }

// errChanged means that a later request got another dump than the first one.
var errChanged = errors.New("the dump changed while it was downloaded")

// download copies the dump to w and returns its size.
func (c *Client) download(ctx context.Context, signed string, w io.Writer, report reporter) (int64, error) {
	u, err := transferURL(signed)
	if err != nil {
		return 0, err
	}
	d := &download{client: c, url: u, report: report, tries: c.tries(), w: w, hash: sha256.New(), total: -1}
	for first := true; ; first = false {
		err := d.once(ctx, first)
		if err == nil {
			return d.n, nil
		}
		var failed *writeError
		if errors.As(err, &failed) {
			return d.n, fail(api.KindTransport, api.OutcomeNotRun, failed.error, "the dump could not be written: %v", failed.error)
		}
		if !d.tries.again(ctx, err) {
			return d.n, transferError(ctx, "downloading the dump", err)
		}
	}
}

// once makes one request, for what is missing.
func (d *download) once(ctx context.Context, first bool) error {
	ctx, guard := newGuard(ctx, d.client.timing.stall)
	defer guard.stop()
	r := &http.Request{Method: http.MethodGet, URL: d.url, Host: d.url.Host, Header: http.Header{"Accept-Encoding": {"identity"}}}
	if d.n > 0 && d.etag != "" {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.n))
		r.Header.Set("If-Range", d.etag)
	}
	resp, err := d.client.roundTrip(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body := &guardedReader{resp.Body, guard}
	if resp.StatusCode == http.StatusPartialContent && r.Header.Get("Range") != "" {
		if err := d.resumed(resp.Header.Get("Content-Range")); err != nil {
			return err
		}
	} else if err := d.started(ctx, resp, body, first); err != nil {
		return err
	}
	return d.copy(ctx, body)
}

// resumed checks that a partial response goes on where the last one broke off:
// "bytes n-last/total".
func (d *download) resumed(contentRange string) error {
	from, rest, _ := strings.Cut(strings.TrimPrefix(contentRange, "bytes "), "-")
	_, total, _ := strings.Cut(rest, "/")
	if n, err := strconv.ParseInt(from, 10, 64); err != nil || n != d.n {
		return fmt.Errorf("asked for bytes from %d on, got Content-Range %q", d.n, contentRange)
	}
	if n, err := strconv.ParseInt(total, 10, 64); err == nil && d.total >= 0 && n != d.total {
		return errChanged
	}
	return nil
}

// started looks at a response that begins with the first byte. If the request was
// not the first, it must repeat what has been written.
func (d *download) started(ctx context.Context, resp *http.Response, body io.Reader, first bool) error {
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("unexpected answer HTTP %s", resp.Status)
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return fmt.Errorf("the dump came with Content-Encoding %q, which was not asked for", e)
	}
	etag := resp.Header.Get("ETag")
	if strings.HasPrefix(etag, "W/") {
		etag = ""
	}
	if first || d.n == 0 {
		d.total, d.etag = resp.ContentLength, etag
		return nil
	}
	if d.total >= 0 && resp.ContentLength >= 0 && d.total != resp.ContentLength {
		return errChanged
	}
	again := sha256.New()
	if _, err := io.CopyN(again, body, d.n); err != nil {
		return &broken{d.client.cause(ctx, err)}
	}
	if !bytes.Equal(again.Sum(nil), d.hash.Sum(nil)) {
		return errChanged
	}
	return nil
}

// copy writes the rest of the dump.
func (d *download) copy(ctx context.Context, body io.Reader) error {
	buf := make([]byte, copyBuffer)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, err := d.w.Write(buf[:n]); err != nil {
				return &writeError{err}
			}
			d.hash.Write(buf[:n])
			d.n += int64(n)
			d.tries.progressed()
			d.report.report(Progress{Phase: PhaseDownload, Bytes: d.n, Total: d.total})
		}
		switch {
		case err == io.EOF && d.total >= 0 && d.n != d.total:
			return &broken{fmt.Errorf("%d of %d bytes received", d.n, d.total)}
		case err == io.EOF:
			return nil
		case err != nil:
			return &broken{d.client.cause(ctx, err)}
		}
	}
}

// guardedReader tells a guard that bytes move.
type guardedReader struct {
	io.Reader
	guard *guard
}

func (g *guardedReader) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if n > 0 {
		g.guard.moved()
	}
	return n, err
}
