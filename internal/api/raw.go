package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/d1go/d1/internal/wire"
)

var errNoResult = errors.New("no result")

// Raw posts body, the JSON of one statement or a batch, to the database's
// /raw endpoint. It returns once the first result has been read up to its
// first row, so failures up to there are classified and, where that is safe,
// repeated here. idempotent means that running body twice does no harm, as
// when it only reads. The body is not touched after Raw has returned.
//
// The context applies to reading the Stream, too. The Stream must be closed.
func (c *Client) Raw(ctx context.Context, database string, body []byte, idempotent bool) (*Stream, error) {
	if !isID(database) {
		return nil, configError("database ID %q: want 1 to %d letters, digits, '-' or '_'", database, maxID)
	}
	s := &Stream{client: c, ctx: ctx}
	x := &exchange{
		method:     http.MethodPost,
		path:       "/d1/database/" + database + "/raw",
		body:       body,
		idempotent: idempotent,
	}
	attempts, err := c.do(ctx, x, s.begin)
	if err != nil {
		return nil, err
	}
	s.attempts = attempts
	return s, nil
}

// Stream is a successful response to Raw, positioned on the first result. It
// is not safe for concurrent use.
type Stream struct {
	client   *Client
	ctx      context.Context
	answer   *answer
	decoder  *wire.Decoder
	attempts int
	closed   bool
	failed   error       // what Err made of the first failure
	onClose  func(error) // may be nil
}

// begin reads the response up to the first row.
func (s *Stream) begin(a *answer) *failure {
	decoder := wire.NewDecoder(a.Body)
	first, err := decoder.Peek()
	if err == nil && first != '{' {
		text, err := readBody(decoder.Rest())
		decoder.Release()
		return &failure{body: text, err: err}
	}
	if err := decoder.NextResult(); err != nil {
		decoder.Release()
		if err == io.EOF {
			err = errNoResult
		}
		return &failure{err: err}
	}
	a.flight.release() // not before: a server may answer early that it refuses a body, which would break the connection
	s.answer, s.decoder = a, decoder
	return nil
}

// Decoder returns the decoder, which is valid until Close. Its errors should
// go through Err.
func (s *Stream) Decoder() *wire.Decoder { return s.decoder }

// Attempts returns how often the request was sent.
func (s *Stream) Attempts() int { return s.attempts }

// CancelAfter ends the request after d, unless stop is called before.
func (s *Stream) CancelAfter(d time.Duration) (stop func() bool) {
	return time.AfterFunc(d, s.answer.cancel).Stop
}

// OnClose lets fn be called when the Stream is closed for the first time, with
// the failure that Err reported, or nil. The Decoder is still valid then.
func (s *Stream) OnClose(fn func(failure error)) { s.onClose = fn }

// Err turns an error of the decoder into an *Error, classified as those of
// Raw are. It leaves nil and io.EOF alone.
func (s *Stream) Err(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	failure := s.classify(err)
	if s.failed == nil {
		s.failed = failure
	}
	return failure
}

func (s *Stream) classify(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return s.client.classify(failure{
		status:  s.answer.StatusCode,
		header:  s.answer.Header,
		err:     err,
		ctxErr:  s.ctx.Err(),
		arrived: true,
	})
}

// Close ends the stream, at any place. A small rest of the response is read,
// so that the connection can be used again. It may be called more than once;
// the error is always nil.
func (s *Stream) Close() error {
	if !s.closed {
		s.closed = true
		if s.onClose != nil {
			s.onClose(s.failed)
		}
		s.decoder.Release()
		s.answer.discard()
	}
	return nil
}
