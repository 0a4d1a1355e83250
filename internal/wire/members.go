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
		if name := s.quickMember(cell, first); name != nil {
			if cell.kind != Null {
				v.visit(name, Cell{cell, s})
			}
			continue
		}
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
		start := s.pos - s.keep
		if err := s.skip(depth - 1); err != nil {
			return err
		}
		if c == '{' || c == '[' || c == 'n' {
			continue
		}
		name, value := alone(s.buf[s.keep+from:s.keep+to]), alone(s.buf[s.keep+start:s.pos])
		if *cell, err = value.cell(); err != nil {
			continue // a number beyond float64
		}
		start, end, err := name.text()
		if err != nil {
			return err
		}
		v.visit(name.buf[start:end], Cell{cell, value})
	}
}

// quickMember reads the usual member, with the comma before it: a plain name and a usual cell, without white space
// and whole in the buffer. It returns nil, and reads nothing, if that is not what comes.
func (s *scanner) quickMember(cell *rawCell, first bool) (name []byte) {
	b := s.buf[s.pos:]
	if !first && len(b) > 0 && b[0] == ',' {
		b = b[1:]
	} else if !first {
		return nil
	}
	if len(b) == 0 || b[0] != '"' {
		return nil
	}
	n, nonASCII := plainRun(b[1:])
	if nonASCII.to > 0 || len(b) < n+4 || b[n+1] != '"' || b[n+2] != ':' {
		return nil
	}
	start := len(s.buf) - len(b) + n + 3
	c, size := quickCell(s.buf[start:], start-s.keep)
	if size == 0 {
		return nil
	}
	*cell, s.pos = c, start+size
	return b[1 : n+1 : n+1]
}

// alone returns a scanner of a copy of one value, which may be decoded in place. White space behind it says that it
// has ended, if it is a number.
func alone(value []byte) *scanner {
	return &scanner{buf: append(bytes.Clone(value), ' '), err: io.EOF}
}
