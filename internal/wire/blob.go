package wire

import (
	"encoding/binary"
	"math/bits"
)

// least[n] is the least number of n digits without leading zero; 256 for counts that no byte has.
var least = [9]uint64{256, 0, 10, 100, 256, 256, 256, 256, 256}

// blob reads an array of byte values, whose bracket is at pos, and decodes it in place. It returns where the
// bytes lie, counted from keep.
func (s *scanner) blob() (start, end int, err error) {
	s.pos++
	start = s.pos - s.keep
	end = start
	for {
		end += s.blobRun(s.keep + end)
		// What the run leaves: the last element, white space, the end of the buffer, or an error.
		if len(s.buf)-s.pos < 8 {
			s.squeeze(end)
		}
		if end == start {
			c, err := s.peek()
			if err != nil {
				return 0, 0, err
			}
			if c == ']' {
				s.pos++
				return start, end, nil
			}
		}
		b, err := s.byteValue()
		if err != nil {
			return 0, 0, err
		}
		s.buf[s.keep+end] = b
		end++
		if end-start > MaxCell {
			return 0, 0, s.tooLarge()
		}
		more, err := s.more(']', false)
		if err != nil || !more {
			return start, end, err
		}
	}
}

// blobRun decodes elements, each with the comma behind it, to buf[to:], two at a time, as long as they are in the
// buffer and without white space. Eight bytes always hold two. Nothing branches on the digits, for those of binary
// data can't be predicted.
func (s *scanner) blobRun(to int) (n int) {
	buf, p := s.buf, s.pos
	w := to
	for len(buf)-p >= 8 {
		x := binary.LittleEndian.Uint64(buf[p:])
		d := x ^ ones*'0'                    // digits become 0…9
		other := (d + ones*0x76 | d) & highs // the high bit of other bytes; exact up to the first that is no comma
		end1 := bits.TrailingZeros64(other) &^ 7
		end2 := bits.TrailingZeros64(other&(other-1)) &^ 7
		digits1, digits2 := end1/8, (end2-end1)/8-1
		if x>>(end1&63)&0xff != ',' || x>>(end2&63)&0xff != ',' {
			break
		}
		v1 := threeDigits(d << (-end1 & 63))
		v2 := threeDigits(d >> (end1 & 63) >> 8 << (-8 * digits2 & 63))
		if v1|v2 > 255 || v1 < least[digits1] || v2 < least[digits2] {
			break
		}
		buf[w] = byte(v1)
		buf[w+1] = byte(v2)
		w += 2
		p += end2/8 + 1
	}
	s.pos = p
	return w - to
}

// threeDigits is the number whose digits, 0 to 9 each, are the top three bytes of v, the ones uppermost.
func threeDigits(v uint64) uint64 {
	return v>>56 + v>>48&0xff*10 + v>>40&0xff*100
}

// byteValue reads one integer 0…255.
func (s *scanner) byteValue() (byte, error) {
	if _, err := s.peek(); err != nil {
		return 0, err
	}
	d, n, err := s.number()
	if err != nil {
		return 0, err
	}
	if !d.integer || d.negative || !d.whole || d.mantissa > 255 {
		return 0, s.syntax("an array that is no BLOB: its elements must be integers 0 to 255")
	}
	s.pos += n
	return byte(d.mantissa), nil
}
