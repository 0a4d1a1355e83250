package dryrun

import (
	"encoding/hex"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/wire"
)

// Cell is one value of an answer in its written form, which is exact and holds
// neither quotes nor commas:
//
//	n          NULL
//	i-5        INTEGER
//	r5p-2      REAL, 5*2^-2, the mantissa in [2^60, 2^61)
//	z          REAL zero
//	P, Q       +Inf, -Inf
//	t6162      TEXT, in hex
//	b00ff      BLOB, in hex
//
// A REAL is not written as decimal text, since SQLite's conversion is off by a
// bit for about one number in seven.
type Cell string

// mantissaBits places a mantissa in [2^60, 2^61): wide enough that scaling by an
// exponent that log2 got wrong by one still fits 64 bits.
const mantissaBits = 61

// realCell writes a finite REAL.
func realCell(v float64) Cell {
	if v == 0 {
		return "z"
	}
	frac, exp := math.Frexp(v)
	b := append(make([]byte, 0, 32), 'r')
	b = strconv.AppendInt(b, int64(frac*(1<<mantissaBits)), 10)
	b = append(b, 'p')
	return Cell(strconv.AppendInt(b, int64(exp-mantissaBits), 10))
}

// seenCell writes a cell of an ordinary response as much as JSON has told of it:
// any number as a REAL, since 1 may be INTEGER or REAL there and integers beyond
// 2^53 are rounded; infinities are null.
func seenCell(c wire.Cell) Cell {
	switch c.Kind() {
	case wire.Int:
		return realCell(float64(c.Int64()))
	case wire.Float:
		return realCell(c.Float64())
	case wire.String:
		return Cell("t" + upperHex(c.Bytes()))
	case wire.Blob:
		return Cell("b" + upperHex(c.Bytes()))
	case wire.Bool:
		if c.Bool() {
			return realCell(1)
		}
		return "z"
	}
	return "n"
}

// upperHex is hex as SQLite's hex() writes it.
func upperHex(b []byte) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

var errCell = errors.New("malformed value")

// appendJSON writes the cell as D1 writes it in a response, with all that is
// lost there, so that a program sees the same inside a transaction as outside.
func (c Cell) appendJSON(dst []byte) ([]byte, error) {
	if c == "" {
		return nil, errCell
	}
	body := string(c[1:])
	switch c[0] {
	case 'n', 'P', 'Q', 'z':
		if body != "" {
			return nil, errCell
		}
		if c[0] == 'z' {
			return append(dst, '0'), nil
		}
		return append(dst, "null"...), nil
	case 'i':
		n, err := strconv.ParseInt(body, 10, 64)
		if err != nil {
			return nil, errCell
		}
		if n > 1<<53 || n < -1<<53 {
			return wire.AppendFloat(dst, float64(n)), nil
		}
		return strconv.AppendInt(dst, n, 10), nil
	case 'r':
		v, err := parseReal(body)
		if err != nil {
			return nil, err
		}
		return wire.AppendFloat(dst, v), nil
	case 't':
		text, err := hex.DecodeString(body)
		if err != nil {
			return nil, errCell
		}
		return wire.AppendString(dst, scalar(text)), nil
	case 'b':
		blob, err := hex.DecodeString(body)
		if err != nil {
			return nil, errCell
		}
		dst = append(dst, '[')
		for i, v := range blob {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendUint(dst, uint64(v), 10)
		}
		return append(dst, ']'), nil
	}
	return nil, errCell
}

// text is the text of a TEXT cell.
func (c Cell) text() string {
	if !strings.HasPrefix(string(c), "t") {
		return ""
	}
	text, _ := hex.DecodeString(string(c[1:]))
	return string(text)
}

// int is the value of a number, cut to an integer.
func (c Cell) int() int64 {
	switch {
	case strings.HasPrefix(string(c), "i"):
		n, _ := strconv.ParseInt(string(c[1:]), 10, 64)
		return n
	case strings.HasPrefix(string(c), "r"):
		v, _ := parseReal(string(c[1:]))
		return int64(v)
	}
	return 0
}

func parseReal(body string) (float64, error) {
	for i := range body {
		if body[i] != 'p' {
			continue
		}
		m, err1 := strconv.ParseInt(body[:i], 10, 64)
		p, err2 := strconv.Atoi(body[i+1:])
		if err1 != nil || err2 != nil {
			break
		}
		return math.Ldexp(float64(m), p), nil
	}
	return 0, errCell
}
