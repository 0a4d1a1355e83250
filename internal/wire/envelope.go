package wire

// Envelope is what surrounds the results in every answer of Cloudflare's API.
type Envelope struct {
	Success     bool
	SuccessSeen bool // Success has been read: it may be the last thing in a response
	Errors      []APIMessage
	Messages    []APIMessage
}

// APIMessage is an entry of the envelope's "errors" or "messages".
type APIMessage struct {
	Code             int // 0 if there is none
	Message          string
	DocumentationURL string
	Pointer          string // "source.pointer": what in the request is meant
}

// messages reads an array of APIMessages, or null. Entries may also be plain strings. Whatever else is found in an
// entry is skipped: an error must not get lost because it looks unusual.
func (s *scanner) messages() (list []APIMessage, err error) {
	if null, err := s.null(); null || err != nil {
		return nil, err
	}
	if err := s.expect('['); err != nil {
		return nil, err
	}
	for {
		more, err := s.more(']', len(list) == 0)
		if err != nil || !more {
			return list, err
		}
		if len(list) == MaxErrors {
			return nil, &LimitError{Offset: s.offset(), What: "errors or messages", Limit: MaxErrors}
		}
		var m APIMessage
		c, err := s.peek()
		switch {
		case err != nil:
		case c == '{':
			err = s.message(&m)
		default:
			err = s.stringInto(&m.Message)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
}

// message reads an object, at whose bracket pos is.
func (s *scanner) message(m *APIMessage) error {
	return s.object(func(key string) error {
		switch key {
		case "code":
			return s.intInto(&m.Code)
		case "message":
			return s.stringInto(&m.Message)
		case "documentation_url":
			return s.stringInto(&m.DocumentationURL)
		case "source":
			if c, err := s.peek(); err != nil || c != '{' {
				return s.skip(MaxDepth)
			}
			return s.object(func(key string) error {
				if key == "pointer" {
					return s.stringInto(&m.Pointer)
				}
				return s.skip(MaxDepth)
			})
		}
		return s.skip(MaxDepth)
	})
}

// object reads an object, at whose bracket pos is, and calls member at each value.
func (s *scanner) object(member func(key string) error) error {
	s.pos++
	for first := true; ; first = false {
		more, err := s.more('}', first)
		if err != nil || !more {
			return err
		}
		key, err := s.key()
		if err != nil {
			return err
		}
		if err := member(string(key)); err != nil {
			return err
		}
	}
}

// stringInto stores a string, and skips anything else.
func (s *scanner) stringInto(to *string) error {
	c, err := s.peek()
	if err != nil || c != '"' {
		return s.skip(MaxDepth)
	}
	s.keep = s.pos
	start, end, err := s.text()
	if err == nil {
		*to = string(s.buf[s.keep+start : s.keep+end])
	}
	s.keep = -1
	return err
}

// intInto stores an integer, and skips anything else.
func (s *scanner) intInto(to *int) error {
	c, err := s.peek()
	if err != nil || c != '-' && c-'0' > 9 {
		return s.skip(MaxDepth)
	}
	d, n, err := s.number()
	if err != nil {
		return err
	}
	if cell, ok := d.convert(s.buf[s.pos : s.pos+n]); ok && cell.kind == Int {
		*to = int(cell.bits)
	}
	s.pos += n
	return nil
}
