package wire

import (
	"fmt"
	"io"
)

const (
	minRead       = 4 << 10 // make room when the buffer has less than this
	maxEmptyReads = 100     // as in bufio: reads in a row that may bring nothing
)

// scanner reads JSON tokens from a stream through one buffer. Text and bytes are decoded in place: decoded values
// are never longer than their JSON, but for broken UTF-8 (see repair).
//
// Reading moves the buffer's contents. Bytes from keep on survive that, so positions that must last are counted
// from keep.
type scanner struct {
	r    io.Reader
	buf  []byte // buf[pos:] is unread
	pos  int
	keep int   // buf[keep:] is still needed; -1: only what is unread
	base int64 // offset of buf[pos] in the response, less pos
	err  error // what the last Read returned: reported when the buffer is used up
}

func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

func (s *scanner) syntax(format string, args ...any) error {
	return &SyntaxError{Offset: s.offset(), Msg: fmt.Sprintf(format, args...)}
}

// unexpected describes the byte at pos.
func (s *scanner) unexpected(want string) error {
	return s.syntax("%q where %s should be", s.buf[s.pos], want)
}

func (s *scanner) tooLarge() error {
	return &LimitError{Offset: s.offset(), What: "bytes in a value", Limit: MaxCell}
}

// fill reads at least one more byte. It returns as soon as one Read has brought something.
func (s *scanner) fill() error {
	if s.err != nil {
		return s.readError()
	}
	from := s.pos
	if s.keep >= 0 {
		from = s.keep
	}
	if from == len(s.buf) || from > 0 && cap(s.buf)-len(s.buf) < minRead {
		s.buf = s.buf[:copy(s.buf, s.buf[from:])]
		s.base += int64(from)
		s.pos -= from
		if s.keep >= 0 {
			s.keep = 0
		}
	}
	switch free := cap(s.buf) - len(s.buf); {
	case free < minRead && cap(s.buf) < MaxRow:
		s.buf = append(make([]byte, 0, min(2*cap(s.buf), MaxRow)), s.buf...)
	case free == 0:
		return &LimitError{Offset: s.offset(), What: "bytes held at once", Limit: MaxRow}
	}
	for range maxEmptyReads {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		s.err = err
		if n > 0 {
			return nil
		}
		if err != nil {
			return s.readError()
		}
	}
	s.err = io.ErrNoProgress
	return s.readError()
}

func (s *scanner) readError() error {
	offset := s.base + int64(len(s.buf))
	// net/http reports a body shorter than its Content-Length as ErrUnexpectedEOF.
	if s.err == io.EOF || s.err == io.ErrUnexpectedEOF {
		return &TruncatedError{Offset: offset}
	}
	return fmt.Errorf("reading the response at byte %d: %w", offset, s.err)
}

// need makes at least n unread bytes available.
func (s *scanner) need(n int) error {
	for len(s.buf)-s.pos < n {
		if err := s.fill(); err != nil {
			return err
		}
	}
	return nil
}

// squeeze drops the bytes between end (counted from keep) and pos: what a value decoded in place no longer needs.
func (s *scanner) squeeze(end int) {
	end += s.keep
	hole := s.pos - end
	if hole == 0 {
		return
	}
	s.buf = s.buf[:end+copy(s.buf[end:], s.buf[s.pos:])]
	s.pos = end
	s.base += int64(hole)
}

// peek skips white space and returns the byte at pos, without reading past it.
func (s *scanner) peek() (byte, error) {
	for {
		for ; s.pos < len(s.buf); s.pos++ {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\n', '\r':
			default:
				return c, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// expect skips white space and consumes c.
func (s *scanner) expect(c byte) error {
	got, err := s.peek()
	if err != nil {
		return err
	}
	if got != c {
		return s.unexpected(fmt.Sprintf("%q", c))
	}
	s.pos++
	return nil
}

// more reports whether an object or array has another member, and consumes the comma before it, or the closing
// bracket. first says that no member has been read yet.
func (s *scanner) more(closing byte, first bool) (bool, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case c == closing:
		s.pos++
		return false, nil
	case first:
		return true, nil
	case c != ',':
		return false, s.unexpected(fmt.Sprintf("',' or %q", closing))
	}
	s.pos++
	return true, nil
}

// key reads a member's name and the colon behind it. The name is valid until the next read.
func (s *scanner) key() ([]byte, error) {
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	if c != '"' {
		return nil, s.unexpected("a key")
	}
	s.keep = s.pos
	start, end, err := s.text()
	if err == nil {
		err = s.expect(':')
	}
	name := s.buf[s.keep:]
	s.keep = -1
	if err != nil {
		return nil, err
	}
	return name[start:end], nil
}

// literal consumes the word, whose first byte is at pos.
func (s *scanner) literal(word string) error {
	if err := s.need(len(word)); err != nil {
		return err
	}
	if string(s.buf[s.pos:s.pos+len(word)]) != word {
		return s.syntax("a word that is not %s", word)
	}
	s.pos += len(word)
	return nil
}

// null consumes a null, if that is what comes.
func (s *scanner) null() (bool, error) {
	c, err := s.peek()
	if err != nil || c != 'n' {
		return false, err
	}
	return true, s.literal("null")
}

// boolean consumes true or false.
func (s *scanner) boolean() (bool, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case c == 't':
		return true, s.literal("true")
	case c == 'f':
		return false, s.literal("false")
	}
	return false, s.unexpected("true or false")
}
