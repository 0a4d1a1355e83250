package wire

import (
	"math"
	"strconv"
)

// decimal is a number as written: ±mantissa × 10^exp, if whole is true.
type decimal struct {
	mantissa uint64 // the first 19 significant digits
	exp      int
	negative bool
	integer  bool // neither fraction nor exponent
	whole    bool // mantissa and exp say all
}

// number scans the number at pos and returns it with its length; it does not consume it.
func (s *scanner) number() (decimal, int, error) {
	for {
		d, n, ok := scanDecimal(s.buf[s.pos:])
		if !ok {
			s.pos += n
			return decimal{}, 0, s.unexpected("a value")
		}
		if n > MaxNumber {
			return decimal{}, 0, &LimitError{Offset: s.offset(), What: "bytes in a number", Limit: MaxNumber}
		}
		// A number has no end of its own: what is at the end of the buffer may go on.
		if s.pos+n < len(s.buf) {
			return d, n, nil
		}
		if err := s.fill(); err != nil {
			return decimal{}, 0, err
		}
	}
}

// scanDecimal scans the number at the start of b by the grammar of RFC 8259 and returns its length. If b ends
// before the number surely does, the length is len(b); if the grammar is violated, ok is false and n is where.
func scanDecimal(b []byte) (d decimal, n int, ok bool) {
	const maxDigits = 19 // the largest count that always fits a uint64
	if n < len(b) && b[n] == '-' {
		d.negative = true
		n++
	}
	if n == len(b) {
		return d, n, true
	}
	d.integer, d.whole = true, true
	switch start := n; {
	case b[n] == '0':
		n++
	case b[n]-'1' < 9:
		for ; n < len(b) && b[n]-'0' < 10; n++ {
			if n-start < maxDigits {
				d.mantissa = d.mantissa*10 + uint64(b[n]-'0')
			}
		}
		d.whole = n-start <= maxDigits
	default:
		return d, n, false
	}
	if n == len(b) || b[n] != '.' && b[n]|0x20 != 'e' {
		return d, n, true
	}
	d.integer = false
	if b[n] == '.' {
		n++
		start := n
		for ; n < len(b) && b[n]-'0' < 10; n++ {
			if d.mantissa >= 1e18 { // no room for another digit
				d.whole = false
				continue
			}
			d.mantissa = d.mantissa*10 + uint64(b[n]-'0')
			d.exp--
		}
		if n == len(b) {
			return d, n, true
		}
		if n == start {
			return d, n, false
		}
	}
	if b[n]|0x20 != 'e' {
		return d, n, true
	}
	n++
	sign := 1
	if n < len(b) && (b[n] == '+' || b[n] == '-') {
		if b[n] == '-' {
			sign = -1
		}
		n++
	}
	start, exp := n, 0
	for ; n < len(b) && b[n]-'0' < 10; n++ {
		exp = min(exp*10+int(b[n]-'0'), 1e6) // any cap beyond the floats will do: convert then takes the slow way
	}
	d.exp += sign * exp
	return d, n, n > start || n == len(b)
}

// pow10 holds the powers of ten that a float64 represents exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
	1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// convert turns d, written as text, into a cell: an Int if it is an integer that fits, else the nearest Float.
// ok is false if that would be an infinity.
func (d decimal) convert(text []byte) (c rawCell, ok bool) {
	if d.integer && d.whole {
		switch {
		case d.mantissa <= math.MaxInt64 && !d.negative:
			return rawCell{kind: Int, bits: d.mantissa}, true
		case d.mantissa <= 1<<63 && d.negative:
			return rawCell{kind: Int, bits: -d.mantissa}, true
		}
	}
	var f float64
	if d.whole && d.mantissa <= 1<<53 && -22 <= d.exp && d.exp <= 22 {
		// Both operands are exact, so the one operation rounds correctly (Clinger 1990).
		f = float64(d.mantissa)
		if d.exp < 0 {
			f /= pow10[-d.exp]
		} else {
			f *= pow10[d.exp]
		}
		if d.negative {
			f = -f
		}
	} else {
		var err error
		if f, err = strconv.ParseFloat(string(text), 64); err != nil {
			return rawCell{}, false
		}
	}
	return rawCell{kind: Float, bits: math.Float64bits(f)}, true
}
