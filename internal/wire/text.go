package wire

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080

	longestEscape = len(`\ud83d\ude00`)
)

// stops has the high bit of each byte of x that does not stand for itself in a JSON string: quote, backslash, and
// what is below 0x20. Borrows make bytes above a hit unreliable, never the lowest hit.
func stops(x uint64) uint64 {
	quote, backslash := x^(ones*'"'), x^(ones*'\\')
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (x-ones*0x20)&^x) & highs
}

// span is a part of a text: all of it that is not ASCII, and ASCII around that. If it is empty, all is ASCII.
type span struct{ from, to int }

func (n *span) add(from, to int) {
	if n.to == 0 {
		n.from = from
	}
	n.to = to
}

// plainRun returns the length of the longest prefix of b without quote, backslash or control character: what
// stands for itself in a JSON string.
func plainRun(b []byte) (n int, nonASCII span) {
	for len(b)-n >= 8 {
		x := binary.LittleEndian.Uint64(b[n:])
		if hit := stops(x); hit != 0 {
			k := bits.TrailingZeros64(hit) / 8
			if x&highs&(1<<(8*k)-1) != 0 {
				nonASCII.add(n, n+k)
			}
			return n + k, nonASCII
		}
		if x&highs != 0 {
			nonASCII.add(n, n+8)
		}
		n += 8
	}
	for ; n < len(b); n++ {
		c := b[n]
		if c == '"' || c == '\\' || c < 0x20 {
			break
		}
		if c >= 0x80 {
			nonASCII.add(n, n+1)
		}
	}
	return n, nonASCII
}

// shortEscapes has what the escapes of two bytes stand for, by their second byte.
var shortEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}

// unescape moves the text at buf[from:] down to buf[to:] and resolves the short escapes in it. It stops before what
// it does not know, which may be anything less than eight bytes before the end of buf, and returns how far it came.
func unescape(buf []byte, to, from int) (newTo, newFrom int, nonASCII span) {
	for len(buf)-from >= 8 {
		x := binary.LittleEndian.Uint64(buf[from:])
		hit := stops(x)
		if hit == 0 {
			binary.LittleEndian.PutUint64(buf[to:], x)
			if x&highs != 0 {
				nonASCII.add(to, to+8)
			}
			from += 8
			to += 8
			continue
		}
		k := bits.TrailingZeros64(hit) / 8
		mask := uint64(1)<<(8*k) - 1
		// What is behind the k bytes may still be unread, so it stays as it is.
		binary.LittleEndian.PutUint64(buf[to:], x&mask|binary.LittleEndian.Uint64(buf[to:])&^mask)
		if x&highs&mask != 0 {
			nonASCII.add(to, to+k)
		}
		from += k
		to += k
		if buf[from] != '\\' || from+1 == len(buf) {
			break
		}
		c := shortEscapes[buf[from+1]]
		if c == 0 {
			break
		}
		buf[to] = c
		from += 2
		to++
	}
	return to, from, nonASCII
}

// text reads a string, whose opening quote is at pos, and decodes it in place. It returns where the text lies,
// counted from keep.
func (s *scanner) text() (start, end int, err error) {
	s.pos++
	start = s.pos - s.keep
	end = start
	var suspect span // counted from keep
	for {
		if to := s.keep + end; to != s.pos {
			var nonASCII span
			to, s.pos, nonASCII = unescape(s.buf, to, s.pos)
			end = to - s.keep
			if nonASCII.to > 0 {
				suspect.add(nonASCII.from-s.keep, nonASCII.to-s.keep)
			}
		}
		n, nonASCII := plainRun(s.buf[s.pos:])
		if nonASCII.to > 0 {
			suspect.add(end+nonASCII.from, end+nonASCII.to)
		}
		if to := s.keep + end; to != s.pos {
			copy(s.buf[to:], s.buf[s.pos:s.pos+n])
		}
		s.pos += n
		end += n
		if end-start > MaxCell {
			return 0, 0, s.tooLarge()
		}
		if s.pos == len(s.buf) {
			if err := s.fill(); err != nil {
				return 0, 0, err
			}
			continue
		}
		switch s.buf[s.pos] {
		case '"':
			s.pos++
			if suspect.to > 0 && !utf8.Valid(s.buf[s.keep+suspect.from:s.keep+suspect.to]) {
				if end = s.repair(start, end); end-start > MaxCell {
					return 0, 0, s.tooLarge()
				}
			}
			return start, end, nil
		case '\\':
			if len(s.buf)-s.pos < longestEscape {
				s.squeeze(end) // before the buffer grows for the sake of escapes decoded long ago
			}
			r, n, err := s.escape()
			if err != nil {
				return 0, 0, err
			}
			s.pos += n
			// n is 2, 6 or 12 bytes for 1, at most 3, or 4 bytes of UTF-8.
			end += utf8.EncodeRune(s.buf[s.keep+end:], r)
		default:
			return 0, 0, s.syntax("control character %#02x in a string", s.buf[s.pos])
		}
	}
}

// escape decodes the escape at pos: the rune, and the number of bytes that stand for it. A surrogate without its
// partner is U+FFFD, as in encoding/json.
func (s *scanner) escape() (r rune, n int, err error) {
	if err := s.need(2); err != nil {
		return 0, 0, err
	}
	c := s.buf[s.pos+1]
	if short := shortEscapes[c]; short != 0 {
		return rune(short), 2, nil
	}
	if c != 'u' {
		return 0, 0, s.syntax("unknown escape \\%c", c)
	}
	if err := s.need(6); err != nil {
		return 0, 0, err
	}
	r, ok := hex4(s.buf[s.pos+2:])
	if !ok {
		return 0, 0, s.syntax(`bad \u escape`)
	}
	if !utf16.IsSurrogate(r) {
		return r, 6, nil
	}
	// A partner must be looked for one piece at a time, for the string may end before.
	if err := s.need(7); err != nil {
		return 0, 0, err
	}
	if s.buf[s.pos+6] != '\\' {
		return utf8.RuneError, 6, nil
	}
	if err := s.need(8); err != nil {
		return 0, 0, err
	}
	if s.buf[s.pos+7] != 'u' {
		return utf8.RuneError, 6, nil
	}
	if err := s.need(12); err != nil {
		return 0, 0, err
	}
	// Whatever is wrong with the second escape is found when its turn comes.
	if low, ok := hex4(s.buf[s.pos+8:]); ok {
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			return r, 12, nil
		}
	}
	return utf8.RuneError, 6, nil
}

// hex4 decodes four hex digits at the start of b, which has at least as many bytes.
func hex4(b []byte) (r rune, ok bool) {
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// repair replaces each byte of the text start:end that is not UTF-8 by U+FFFD, as encoding/json does, and returns
// the new end. Only here can a decoded value be longer than its JSON; then what is unread moves up.
func (s *scanner) repair(start, end int) int {
	broken := s.buf[s.keep+start : s.keep+end]
	valid := make([]byte, 0, len(broken)+len(broken)/2)
	for len(broken) > 0 {
		r, n := utf8.DecodeRune(broken)
		valid = utf8.AppendRune(valid, r)
		broken = broken[n:]
	}
	end = start + len(valid)
	if lack := s.keep + end - s.pos; lack > 0 {
		grown := append(s.buf, make([]byte, lack)...)
		copy(grown[s.pos+lack:], s.buf[s.pos:])
		s.buf = grown
		s.pos += lack
		s.base -= int64(lack)
	}
	copy(s.buf[s.keep+start:], valid)
	return end
}
