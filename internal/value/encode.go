package value

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/d1go/d1/internal/wire"
)

// paramsSize is how many bytes appendParams needs at least, in the usual case all.
func paramsSize(values []driver.NamedValue) int {
	n := 0
	for _, v := range values {
		switch v := v.Value.(type) {
		case string:
			n += len(v) + len(`"",`)
		case []byte:
			n += hex.EncodedLen(len(v)) + len(`"",`)
		default:
			n += len(`"2006-01-02 15:04:05+00:00",`)
		}
	}
	return n
}

// appendParams encodes the values as elements of the "params" array.
func appendParams(dst []byte, values []driver.NamedValue, kinds []byte) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch v := v.Value.(type) {
		case int64:
			dst = append(dst, '"')
			dst = strconv.AppendInt(dst, v, 10)
			dst = append(dst, '"')
		case bool:
			if v {
				dst = append(dst, `"1"`...)
			} else {
				dst = append(dst, `"0"`...)
			}
		case float64:
			switch {
			case math.IsInf(v, 1):
				dst = append(dst, `"9e999"`...)
			case math.IsInf(v, -1):
				dst = append(dst, `"-9e999"`...)
			case math.IsNaN(v):
				dst = append(dst, "null"...) // SQLite turns NaN into NULL
			default:
				dst = wire.AppendFloat(dst, v)
			}
		default:
			dst = appendTextual(dst, v, kind(kinds[i]))
		}
	}
	return dst
}

// appendPacked encodes all values as elements of the "params" array, each a JSON
// array of perArray values in a string. Many short arrays rather than one: the
// engine walks an array from its start to find an element.
func appendPacked(dst []byte, values []driver.NamedValue, kinds []byte, perArray int) ([]byte, error) {
	p := packer{params: dst, perArray: perArray, array: make([]byte, 0, 64)}
	for i, v := range values {
		p.number = i + 1
		switch v := v.Value.(type) {
		case int64:
			p.array = strconv.AppendInt(p.element(), v, 10)
		case bool:
			if v {
				p.array = append(p.element(), '1')
			} else {
				p.array = append(p.element(), '0')
			}
		case float64:
			p.float(v)
		case []byte:
			if kind(kinds[i]) == kindBlobBig {
				p.array = appendHex(p.element(), v[:maxHexBlob])
				v = v[maxHexBlob:]
			}
			p.array = appendTextual(p.element(), v, kindBlob)
		default:
			p.array = appendTextual(p.element(), v, kindPlain)
		}
	}
	p.flush()
	return p.params, p.err
}

// packer collects elements in arrays, and arrays in params.
type packer struct {
	params   []byte
	perArray int
	array    []byte // the array under way, with a bracket or comma before each element
	count    int    // of elements in it
	first    int    // parameter number of the first argument in it
	last     int    // of the last one
	number   int    // of the argument under way
	err      error
}

// element makes room for one more element and returns the array to append it to.
func (p *packer) element() []byte {
	if p.count == p.perArray {
		p.flush()
	}
	p.last = p.number
	if p.count++; p.count == 1 {
		p.first = p.number
		return append(p.array, '[')
	}
	return append(p.array, ',')
}

// flush ends the array under way.
func (p *packer) flush() {
	p.array = append(p.array, ']')
	if len(p.array) > MaxValue && p.err == nil {
		p.err = &ArgError{Reason: fmt.Sprintf("arguments %d to %d have %d bytes together; over %d arguments travel in groups, each a value that D1 limits to %d bytes",
			p.first, p.last, len(p.array), MaxParams, MaxValue)}
	}
	if len(p.params) > 0 {
		p.params = append(p.params, ',')
	}
	p.params = wire.AppendString(p.params, string(p.array))
	p.array, p.count = p.array[:0], 0
}

// float appends v as m,p with v = m*2^p exactly. Kinds are decided by type, so
// an infinity, which has a kind of its own, is one element.
func (p *packer) float(v float64) {
	switch {
	case math.IsInf(v, 1):
		p.array = append(p.element(), "9e999"...)
		return
	case math.IsInf(v, -1):
		p.array = append(p.element(), "-9e999"...)
		return
	case math.IsNaN(v): // NULL in SQLite
		p.array = append(p.element(), "null"...)
		p.array = append(p.element(), '0')
		return
	case v == 0 && math.Signbit(v): // an integer has no negative zero
		p.array = append(p.element(), "-0.0"...)
		p.array = append(p.element(), '0')
		return
	}
	m, e := mantissa(v)
	p.array = strconv.AppendInt(p.element(), m, 10)
	p.array = strconv.AppendInt(p.element(), int64(e), 10)
}

// mantissa splits a finite v into v = m*2^e with |m| < 2^53 and e in the range
// in which 2^e is a double itself.
func mantissa(v float64) (m int64, e int) {
	frac, exp := math.Frexp(v)
	m, e = int64(frac*(1<<53)), exp-53
	for e < -1074 { // a subnormal: its low bits are zero
		m, e = m/2, e+1
	}
	return m, e
}

// appendTextual encodes nil, string, time and blob values: the same plain and
// packed.
func appendTextual(dst []byte, v driver.Value, k kind) []byte {
	switch v := v.(type) {
	case string:
		return wire.AppendString(dst, v)
	case []byte:
		if v == nil {
			break
		}
		if k == kindBlobBig {
			dst = appendHex(dst, v[:maxHexBlob])
			dst = append(dst, ',')
			v = v[maxHexBlob:]
		}
		return appendHex(dst, v)
	case time.Time:
		dst = append(dst, '"')
		dst = AppendTime(dst, v)
		return append(dst, '"')
	}
	return append(dst, "null"...)
}

func appendHex(dst []byte, v []byte) []byte {
	dst = append(dst, '"')
	dst = hex.AppendEncode(dst, v)
	return append(dst, '"')
}
