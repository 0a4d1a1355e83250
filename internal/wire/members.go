package wire

import (
	"bytes"
	"io"
)

// Members calls fn with each member of a JSON object, such as a result's "meta": its name and its value as a cell.
// Values that are no cells, and null, are passed over. Names and values are valid during the call only. It reports
// whether object is a well-formed object; if it is not, fn may have been called before that was noticed.
func Members(object []byte, fn func(name []byte, value Cell)) bool {
	s := scanner{buf: object, err: io.EOF}
	own := false
	decode := func() { // before the slow ways, which decode in place
		if !own {
			s.buf, own = bytes.Clone(s.buf), true
		}
	}
	var cell rawCell
	if s.expect('{') != nil {
		return false
	}
	for first := true; ; first = false {
		more, err := s.more('}', first)
		if err != nil {
			return false
		}
		if !more {
			_, err := s.peek()
			return err != nil // nothing follows
		}
		var name []byte
		if c, n := quickCell(s.buf[s.pos:], s.pos); n > 0 && c.kind == String && s.pos+n < len(s.buf) && s.buf[s.pos+n] == ':' {
			name = s.buf[s.pos+1 : s.pos+n-1]
			s.pos += n + 1
		} else {
			decode()
			if name, err = s.key(); err != nil {
				return false
			}
		}
		c, err := s.peek()
		if err != nil {
			return false
		}
		if c == '{' || c == '[' || c == 'n' {
			if s.skip(MaxDepth) != nil {
				return false
			}
			continue
		}
		s.keep = 0
		var n int
		if cell, n = quickCell(s.buf[s.pos:], s.pos); n > 0 {
			s.pos += n
		} else {
			decode()
			if cell, err = s.cell(); err != nil {
				return false
			}
		}
		fn(name, Cell{&cell, &s})
	}
}
