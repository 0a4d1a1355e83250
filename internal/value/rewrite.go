package value

import (
	"database/sql/driver"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/d1go/d1/internal/wire"
)

// form is a statement rewritten for one combination of argument kinds.
type form struct {
	sql    string
	source string
	spans  []span // the rewritten placeholders; nil when nothing changed
}

// span maps a rewritten placeholder back to what the statement says.
type span struct {
	pos, end       int // in form.sql
	srcPos, srcEnd int // in form.source
}

// place is where the text is rewritten: a placeholder, or a pinned reference to
// the clock.
type place struct {
	pos, end       int
	number         int // of the parameter that stands there
	before, behind string
}

// places are all of them, in order.
func (s *Statement) places(pinned bool) []place {
	list := make([]place, 0, len(s.Params))
	for _, p := range s.Params {
		list = append(list, place{pos: p.Pos, end: p.End, number: p.Number})
	}
	if pinned {
		for i, p := range s.pinned() {
			for _, at := range p.at {
				at.number = s.NumParams + i + 1
				list = append(list, at)
			}
		}
		slices.SortFunc(list, func(a, b place) int { return a.pos - b.pos })
	}
	return list
}

// rewrite builds the text in which every placeholder gives the engine the value
// with the type and (missing) affinity of a bound parameter.
func (s *Statement) rewrite(kinds []byte, packed, pinned bool) *form {
	f := &form{sql: s.SQL, source: s.SQL}
	if !packed && !pinned && s.unchanged(kinds) {
		return f
	}
	slots := slots(kinds, packed)
	var b strings.Builder
	b.Grow(len(s.SQL) + 12*len(s.Params))
	last := 0
	for _, p := range s.places(pinned) {
		b.WriteString(s.SQL[last:p.pos])
		at := b.Len()
		b.WriteString(p.before)
		k := kind(kinds[p.number-1])
		switch {
		case packed:
			writePacked(&b, k, slots[p.number-1])
		case s.numbered || pinned:
			writePlain(&b, k, slots[p.number-1]+1)
		default:
			writePlain(&b, k, 0)
		}
		b.WriteString(p.behind)
		f.spans = append(f.spans, span{at, b.Len(), p.pos, p.end})
		last = p.end
	}
	b.WriteString(s.SQL[last:])
	f.sql = b.String()
	return f
}

// unchanged reports whether the text can go out byte for byte: it can if every
// value binds as it is and no placeholder has a name, which D1 does not document.
func (s *Statement) unchanged(kinds []byte) bool {
	for _, k := range kinds {
		if kind(k) != kindPlain && kind(k) != kindFloat {
			return false
		}
	}
	for _, p := range s.Params {
		if p.Name != "" {
			return false
		}
	}
	return true
}

// slots gives the index of each parameter's first wire parameter, or array
// element when packed.
func slots(kinds []byte, packed bool) []int {
	out := make([]int, len(kinds))
	next := 0
	for i, k := range kinds {
		out[i] = next
		next++
		if kind(k) == kindBlobBig || packed && kind(k) == kindFloat {
			next++
		}
	}
	return out
}

// writePlain writes the expression for a parameter of its own: ?N, or ? if n is 0.
func writePlain(b *strings.Builder, k kind, n int) {
	placeholder := func(offset int) {
		b.WriteByte('?')
		if n > 0 {
			b.WriteString(strconv.Itoa(n + offset))
		}
	}
	switch k {
	case kindInt:
		b.WriteByte('(')
		placeholder(0)
		b.WriteString("+0)")
	case kindBlob:
		b.WriteString("unhex(")
		placeholder(0)
		b.WriteByte(')')
	case kindBlobBig:
		b.WriteString("CAST(unhex(")
		placeholder(0)
		b.WriteString(")||unhex(")
		placeholder(1)
		b.WriteString(") AS BLOB)")
	default:
		placeholder(0)
	}
}

// writePacked writes the expression for element i of the array in ?1. The arrow
// gives JSON integers, strings and null their SQL types exactly and without
// affinity. A REAL is two elements, mantissa and exponent, as SQLite's decimal
// conversion is off by a bit for about one number in ten.
func writePacked(b *strings.Builder, k kind, i int) {
	element := func(i int) {
		b.WriteString("(?1->>")
		b.WriteString(strconv.Itoa(i))
		b.WriteByte(')')
	}
	switch k {
	case kindFloat:
		b.WriteByte('(')
		element(i)
		b.WriteString("*pow(2,")
		element(i + 1)
		b.WriteString("))")
	case kindBlob:
		b.WriteString("unhex")
		element(i)
	case kindBlobBig:
		b.WriteString("CAST(unhex")
		element(i)
		b.WriteString("||unhex")
		element(i + 1)
		b.WriteString(" AS BLOB)")
	default:
		element(i)
	}
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

// packParams encodes all values as one JSON array in one string parameter.
func packParams(values []driver.NamedValue, kinds []byte) ([]byte, error) {
	array := append(make([]byte, 0, 8*len(values)), '[')
	for i, v := range values {
		if i > 0 {
			array = append(array, ',')
		}
		switch v := v.Value.(type) {
		case int64:
			array = strconv.AppendInt(array, v, 10)
		case bool:
			if v {
				array = append(array, '1')
			} else {
				array = append(array, '0')
			}
		case float64:
			array = appendPackedFloat(array, v)
		default:
			array = appendTextual(array, v, kind(kinds[i]))
		}
	}
	array = append(array, ']')
	if len(array) > MaxValue {
		return nil, &ArgError{Reason: strconv.Itoa(len(values)) + " arguments of " + strconv.Itoa(len(array)) +
			" bytes together; over 100 they travel as one value, which D1 limits to " + strconv.Itoa(MaxValue) + " bytes"}
	}
	return wire.AppendString(nil, string(array)), nil
}

// appendPackedFloat writes v as m,p with v = m*2^p exactly. Kinds are decided by
// type, so an infinity, which is kindInt, is one element.
func appendPackedFloat(dst []byte, v float64) []byte {
	switch {
	case math.IsInf(v, 1):
		return append(dst, "9e999"...)
	case math.IsInf(v, -1):
		return append(dst, "-9e999"...)
	case math.IsNaN(v):
		return append(dst, "null,0"...)
	case v == 0 && math.Signbit(v):
		return append(dst, "-0.0,0"...)
	}
	m, p := Mantissa(v)
	dst = strconv.AppendInt(dst, m, 10)
	dst = append(dst, ',')
	return strconv.AppendInt(dst, int64(p), 10)
}

// Mantissa splits a finite v into v = m*2^p with |m| < 2^53 and p in the range
// in which 2^p is a double itself.
func Mantissa(v float64) (m int64, p int) {
	frac, exp := math.Frexp(v)
	m, p = int64(frac*(1<<53)), exp-53
	for p < -1074 { // a subnormal: its low bits are zero
		m, p = m/2, p+1
	}
	return m, p
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
