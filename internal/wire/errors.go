package wire

import (
	"fmt"
	"io"
	"strings"
)

// SyntaxError reports a response that isn't JSON, or isn't shaped like an answer of /raw.
type SyntaxError struct {
	Offset int64 // bytes of the response before the place
	Msg    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("malformed response at byte %d: %s", e.Offset, e.Msg)
}

// TruncatedError reports a response that ended before its envelope did. It unwraps to [io.ErrUnexpectedEOF].
type TruncatedError struct {
	Offset int64 // bytes received
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("response cut off after %d bytes", e.Offset)
}

func (e *TruncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

// LimitError reports a part of a response that is larger than the decoder is willing to hold.
type LimitError struct {
	Offset int64  // bytes of the response before the place where the limit was noticed
	What   string // what there is too much of: "bytes in a value", "columns", …
	Limit  int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("response at byte %d: more than %d %s", e.Offset, e.Limit, e.What)
}

// Failure reports that the server answered, and that its answer is "no": the envelope, or one element of its
// "result", says "success": false or carries an error.
type Failure struct {
	Envelope Envelope // as far as it was read
	Result   int      // index of the element of "result" that failed; -1 if only the envelope says so
	Message  string   // that element's "error"; may be empty
	Err      error    // what kept the rest of the response from being read; nil if it was read to its end
}

func (e *Failure) Error() string {
	var b strings.Builder
	b.WriteString("request failed")
	if e.Result >= 0 {
		fmt.Fprintf(&b, " at statement %d", e.Result+1)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	for _, m := range e.Envelope.Errors {
		fmt.Fprintf(&b, ": %s (code %d)", m.Message, m.Code)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, " (and the answer is incomplete: %v)", e.Err)
	}
	return b.String()
}

func (e *Failure) Unwrap() error { return e.Err }
