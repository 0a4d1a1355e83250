package emulator

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

// resultFormat is how rows are written.
type resultFormat int

const (
	formatObjects resultFormat = iota // /query: one object per row
	formatArrays                      // /raw: columns, and one array per row
)

// appendRow appends the current row of stmt, for /raw.
func appendRow(b []byte, stmt *sqlite3.Stmt, columns int) []byte {
	b = append(b, '[')
	for i := range columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendColumn(b, stmt, i)
	}
	return append(b, ']')
}

// objectKey is one property of a row written as an object.
type objectKey struct {
	text   []byte // the name as JSON, and the colon
	column int    // where its value comes from
}

// objectKeys says how JavaScript's Object.fromEntries(columns with values) is printed: of columns with one name the
// last one's value stands in the place of the first, and names that are array indexes come first, in numerical order.
func objectKeys(names []string) []objectKey {
	type entry struct {
		name   string
		index  int64 // the name as an array index, or -1
		column int
	}
	var entries []entry
	place := make(map[string]int, len(names))
	for column, name := range names {
		if at, ok := place[name]; ok {
			entries[at].column = column
			continue
		}
		place[name] = len(entries)
		entries = append(entries, entry{name, arrayIndex(name), column})
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		switch {
		case a.index >= 0 && b.index >= 0:
			return int(a.index - b.index)
		case a.index >= 0:
			return -1
		case b.index >= 0:
			return 1
		}
		return 0
	})
	keys := make([]objectKey, len(entries))
	for i, e := range entries {
		keys[i] = objectKey{append(appendString(nil, []byte(e.name)), ':'), e.column}
	}
	return keys
}

// arrayIndex is the number that name writes when JavaScript takes it for an array index (canonical, below 2^32-1),
// and -1 otherwise.
func arrayIndex(name string) int64 {
	n, err := strconv.ParseUint(name, 10, 32)
	if err != nil || n == math.MaxUint32 || strconv.FormatUint(n, 10) != name {
		return -1
	}
	return int64(n)
}

// appendObject appends the current row of stmt, for /query.
func appendObject(b []byte, stmt *sqlite3.Stmt, keys []objectKey) []byte {
	b = append(b, '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, key.text...)
		b = appendColumn(b, stmt, key.column)
	}
	return append(b, '}')
}

func appendColumn(b []byte, stmt *sqlite3.Stmt, i int) []byte {
	switch stmt.ColumnType(i) {
	case lib.SQLITE_INTEGER:
		return appendInteger(b, stmt.ColumnInt64(i))
	case lib.SQLITE_FLOAT:
		return appendNumber(b, stmt.ColumnFloat(i))
	case lib.SQLITE_TEXT:
		return appendString(b, stmt.ColumnText(i))
	case lib.SQLITE_BLOB:
		return appendBytes(b, stmt.ColumnBlob(i))
	default:
		return append(b, "null"...)
	}
}

// maxSafeInteger is the largest magnitude at which every integer is a double.
const maxSafeInteger = 1 << 53

// appendInteger appends an INTEGER, which has become a double on its way out of the engine.
func appendInteger(b []byte, v int64) []byte {
	if -maxSafeInteger <= v && v <= maxSafeInteger {
		return strconv.AppendInt(b, v, 10)
	}
	return appendNumber(b, float64(v))
}

// appendNumber appends a double as JSON.stringify prints it: shortest digits, plain up to 1e21 and down to 1e-6, no
// negative zero, and null for what JSON can't say.
func appendNumber(b []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case f == 0:
		return append(b, '0')
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(b, "null"...)
	case 1e-6 <= abs && abs < 1e21:
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	// Go pads the exponent to two digits, JavaScript doesn't.
	if n := len(b); b[n-2] == '0' && (b[n-3] == '-' || b[n-3] == '+') {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// appendBytes appends a BLOB: an array of its bytes.
func appendBytes(b, v []byte) []byte {
	b = append(b, '[')
	for i, c := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(c), 10)
	}
	return append(b, ']')
}

const hexDigits = "0123456789abcdef"

// appendString appends text as JSON.stringify quotes it. What isn't UTF-8 became U+FFFD when the engine made a
// JavaScript string of it.
func appendString(b, text []byte) []byte {
	b = append(b, '"')
	done := 0 // text before this is in b
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(b, text[done:i]...)
				b = append(b, "\uFFFD"...)
				i += maximalSubpart(text[i:])
				done = i
				continue
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, text[done:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		done = i
	}
	b = append(b, text[done:]...)
	return append(b, '"')
}

// maximalSubpart is the length of the invalid UTF-8 at the start of text that becomes one U+FFFD by the Unicode
// standard: the longest beginning of some valid sequence, or one byte.
func maximalSubpart(text []byte) int {
	low, high, more := byte(0x80), byte(0xbf), 0
	switch c := text[0]; {
	case 0xc2 <= c && c <= 0xdf:
		more = 1
	case c == 0xe0:
		low, more = 0xa0, 2
	case c == 0xed:
		high, more = 0x9f, 2
	case 0xe1 <= c && c <= 0xef:
		more = 2
	case c == 0xf0:
		low, more = 0x90, 3
	case 0xf1 <= c && c <= 0xf3:
		more = 3
	case c == 0xf4:
		high, more = 0x8f, 3
	}
	n := 1
	for ; more > 0 && n < len(text) && low <= text[n] && text[n] <= high; more-- {
		n++
		low, high = 0x80, 0xbf
	}
	return n
}
