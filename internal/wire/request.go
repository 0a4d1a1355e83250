package wire

import (
	"math"
	"strconv"
)

// Statement is one statement ready to travel.
type Statement struct {
	SQL    string
	Params []byte // elements of the JSON array, comma-separated, without the brackets; empty: no "params"
}

// AppendStatement appends s as the request body {"sql":"…","params":[…]}.
func AppendStatement(dst []byte, s Statement) []byte {
	dst = append(dst, `{"sql":`...)
	dst = AppendString(dst, s.SQL)
	if len(s.Params) > 0 {
		dst = append(dst, `,"params":[`...)
		dst = append(dst, s.Params...)
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// AppendBatch appends the request body {"batch":[…]}.
func AppendBatch(dst []byte, batch []Statement) []byte {
	dst = append(dst, `{"batch":[`...)
	for i, s := range batch {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendStatement(dst, s)
	}
	return append(dst, `]}`...)
}

// AppendString appends s as a JSON string, escaping only what JSON requires. s must be valid UTF-8: bytes that
// aren't are passed on as they are, and a server would reject or replace them.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for {
		n, _ := plainRun([]byte(s)) // not copied: plainRun neither keeps nor changes it
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		switch c := s[n]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		default: // another control character
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		s = s[n+1:]
	}
}

// AppendFloat appends the shortest JSON number that reads back as f, written as JavaScript would write it (and
// -0 as -0). JSON has no infinities and no NaN: AppendFloat panics on them.
func AppendFloat(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	if !(abs <= math.MaxFloat64) {
		panic("wire: AppendFloat of a value that is not finite")
	}
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
		// strconv pads the exponent to two digits: e-07 → e-7.
		if n := len(dst); dst[n-4] == 'e' && dst[n-2] == '0' {
			dst = append(dst[:n-2], dst[n-1])
		}
		return dst
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
