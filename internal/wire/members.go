package wire

import (
	"bytes"
	"io"
)

// Members calls fn with each member of a JSON object, such as a result's "meta": its name and its value as a cell.
// Values that are no cells (a number beyond float64 is none), and null, are passed over. Names and values are valid during the call only. It reports
// whether object is a well-formed object; if it is not, fn may have been called before that was noticed.
func Members(object []byte, fn func(name []byte, value Cell)) bool {
	s := scanner{buf: object, err: io.EOF}
	if c, err := s.peek(); err != nil || c != '{' {
		return false
	}
	if s.members(MaxDepth, new(rawCell), visitFunc(fn)) != nil {
		return false
	}
	_, err := s.peek()
	return err != nil // nothing follows
}

// visitor is told of the members of an object.
type visitor interface {
	visit(name []byte, value Cell)
}

type visitFunc func(name []byte, value Cell)

func (f visitFunc) visit(name []byte, value Cell) { f(name, value) }

// members reads an object, at whose brace pos is and which is kept from there or some place before, and tells v of its
// members as Members does, with cell for the values. It decodes nothing in place: what is kept stays as it came.
func (s *scanner) members(depth int, cell *rawCell, v visitor) error {
	s.pos++
	for first := true; ; first = false {
		more, err := s.more('}', first)
		if err != nil || !more {
			return err
		}
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c != '"' {
			return s.unexpected("a key")
		}
		from := s.pos - s.keep
		if err := s.skipText(); err != nil {
			return err
		}
		to := s.pos - s.keep
		if err := s.expect(':'); err != nil {
			return err
		}
		if c, err = s.peek(); err != nil {
			return err
		}
		start, kept := s.pos-s.keep, s
		switch n := 0; c {
		case '{', '[', 'n':
			if err := s.skip(depth - 1); err != nil {
				return err
			}
			continue
		case 't', 'f':
			*cell = rawCell{kind: Bool}
			if c == 't' {
				cell.bits = 1
			}
			if _, err := s.boolean(); err != nil {
				return err
			}
		default:
			if *cell, n = quickCell(s.buf[s.pos:], start); n > 0 {
				s.pos += n
				break
			}
			if err := s.skip(depth - 1); err != nil {
				return err
			}
			kept = alone(s.buf[s.keep+start : s.pos])
			if *cell, err = kept.cell(); err != nil {
				continue // a number beyond float64
			}
		}
		name := s.buf[s.keep+from+1 : s.keep+to-1]
		if n, nonASCII := plainRun(name); n < len(name) || nonASCII.to > 0 {
			own := alone(s.buf[s.keep+from : s.keep+to])
			start, end, err := own.text()
			if err != nil {
				return err
			}
			name = own.buf[start:end]
		}
		v.visit(name, Cell{cell, kept})
	}
}

// alone returns a scanner of a copy of one value, which may be decoded in place. White space behind it says that it
// has ended, if it is a number.
func alone(value []byte) *scanner {
	return &scanner{buf: append(bytes.Clone(value), ' '), err: io.EOF}
}
