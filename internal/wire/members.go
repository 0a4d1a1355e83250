package wire

import "io"

// Members calls fn with each member of a JSON object, such as a result's "meta": its name and its value as a cell.
// Values that are no cells, and null, are passed over. Names and values are valid during the call only. It reports
// whether object is a well-formed object; if it is not, fn may have been called before that was noticed.
func Members(object []byte, fn func(name []byte, value Cell)) bool {
	// The copy is decoded in place. Nothing follows it: its end is an error, which its brackets hide.
	s := scanner{buf: append([]byte(nil), object...), err: io.EOF}
	var cell rawCell
	if s.expect('{') != nil {
		return false
	}
	for first := true; ; first = false {
		more, err := s.more('}', first)
		if err != nil || !more {
			return err == nil
		}
		name, err := s.key()
		if err != nil {
			return false
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
		if cell, err = s.cell(); err != nil {
			return false
		}
		fn(name, Cell{&cell, &s})
	}
}
