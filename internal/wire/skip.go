package wire

// skip reads one value of any kind, checks its syntax and forgets it. It may nest depth levels.
func (s *scanner) skip(depth int) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	switch c {
	case '"':
		return s.skipText()
	case 'n':
		return s.literal("null")
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case '{', '[':
		if depth == 0 {
			return &LimitError{Offset: s.offset(), What: "levels of nesting", Limit: MaxDepth}
		}
		return s.skipContainer(c, depth-1)
	}
	_, n, err := s.number()
	s.pos += n
	return err
}

func (s *scanner) skipContainer(opening byte, depth int) error {
	closing := opening + 2 // ASCII: '[' + 2 is ']', '{' + 2 is '}'
	s.pos++
	for first := true; ; first = false {
		more, err := s.more(closing, first)
		if err != nil || !more {
			return err
		}
		if opening == '{' {
			c, err := s.peek()
			if err != nil {
				return err
			}
			if c != '"' {
				return s.unexpected("a key")
			}
			if err := s.skipText(); err != nil {
				return err
			}
			if err := s.expect(':'); err != nil {
				return err
			}
		}
		if err := s.skip(depth); err != nil {
			return err
		}
	}
}

// skipText is text without decoding: it needs no room for the whole string.
func (s *scanner) skipText() error {
	s.pos++
	for {
		n, _ := plainRun(s.buf[s.pos:])
		s.pos += n
		if s.pos == len(s.buf) {
			if err := s.fill(); err != nil {
				return err
			}
			continue
		}
		switch s.buf[s.pos] {
		case '"':
			s.pos++
			return nil
		case '\\':
			_, n, err := s.escape()
			if err != nil {
				return err
			}
			s.pos += n
		default:
			return s.syntax("control character %#02x in a string", s.buf[s.pos])
		}
	}
}

// capture reads one value and returns its JSON, valid until the next read.
func (s *scanner) capture() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	s.keep = s.pos
	err := s.skip(MaxDepth)
	raw := s.buf[s.keep:s.pos]
	s.keep = -1
	return raw, err
}
