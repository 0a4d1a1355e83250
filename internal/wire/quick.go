package wire

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// quick reads the usual cells: text without escapes, short numbers, null and bools, each with nothing but a comma before
// it and whole in the buffer. It stops before the first cell that is anything else, and returns the number of cells
// read. first says that the first of them is also the first of its row, without a comma.
func (s *scanner) quick(cells []rawCell, first bool) (n int) {
	buf, p := s.buf, s.pos
	for n < len(cells) {
		if !first {
			if p >= len(buf) || buf[p] != ',' {
				break
			}
			p++
		}
		first = false
		c, size := quickCell(buf[p:], p-s.keep)
		if size == 0 {
			return n // the comma stays for the slow way
		}
		cells[n] = c
		n++
		p += size
		s.pos = p
	}
	return n
}

// quickCell reads the cell at the start of b, which is at from counted from keep. It returns the cell's length, or
// 0 if it is for the slow way.
func quickCell(b []byte, from int) (rawCell, int) {
	if len(b) == 0 {
		return rawCell{}, 0
	}
	switch c := b[0]; {
	case c == '"':
		n, nonASCII := plainRun(b[1:])
		if n+1 >= len(b) || b[n+1] != '"' || n > MaxCell ||
			nonASCII.to > 0 && !utf8.Valid(b[1+nonASCII.from:1+nonASCII.to]) {
			return rawCell{}, 0
		}
		start := from + 1
		return rawCell{kind: String, bits: uint64(start)<<32 | uint64(start+n)}, n + 2
	case c == 'n' && len(b) >= 4 && string(b[:4]) == "null":
		return rawCell{kind: Null}, 4
	case c == 't' && len(b) >= 4 && string(b[:4]) == "true":
		return rawCell{kind: Bool, bits: 1}, 4
	case c == 'f' && len(b) >= 5 && string(b[:5]) == "false":
		return rawCell{kind: Bool}, 5
	default:
		return shortNumber(b)
	}
}

// shortNumber reads a number without exponent, with a comma or closing bracket right behind it: an integer of up to 15
// digits, or a fraction of any usual length. n is its length, 0 if b starts otherwise.
func shortNumber(b []byte) (c rawCell, n int) {
	const (
		maxDigits = 15 // so many are exact in a float64, and so are the powers of ten: one division rounds correctly (Clinger 1990)
		maxLength = 32 // JavaScript writes up to 25 bytes
	)
	if len(b) > maxLength {
		b = b[:maxLength]
	}
	start := 0
	if len(b) > 0 && b[0] == '-' {
		start = 1
	}
	var v uint64
	i := start
	for i < len(b) && b[i]-'0' < 10 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	digits, fraction := i-start, 0
	if digits == 0 || b[start] == '0' && digits > 1 || i == len(b) {
		return rawCell{}, 0
	}
	if b[i] == '.' {
		i++
		for i < len(b) && b[i]-'0' < 10 {
			v = v*10 + uint64(b[i]-'0')
			i++
			fraction++
		}
		if fraction == 0 || i == len(b) {
			return rawCell{}, 0
		}
	}
	if b[i] != ',' && b[i] != ']' && b[i] != '}' {
		return rawCell{}, 0
	}
	if fraction > 0 {
		var f float64
		if digits+fraction <= maxDigits {
			if f = float64(v) / pow10[fraction]; start > 0 {
				f = -f
			}
		} else {
			var err error
			if f, err = strconv.ParseFloat(string(b[:i]), 64); err != nil {
				return rawCell{}, 0
			}
		}
		return rawCell{kind: Float, bits: math.Float64bits(f)}, i
	}
	if digits > maxDigits {
		return rawCell{}, 0
	}
	if start > 0 {
		v = -v
	}
	return rawCell{kind: Int, bits: v}, i
}
