package value

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"database/sql/driver"
)

// MaxValue is the largest string, BLOB or row that D1 stores, in bytes.
const MaxValue = 2_000_000

// maxHexBlob is the largest blob that fits a single unhex(?): its hex text is a
// parameter too, and a parameter may be no longer than a stored value.
const maxHexBlob = MaxValue / 2

// kind is the class of an argument that decides how its placeholder is
// rewritten. It depends on the argument's type, never on its value, so that
// D1's query insights still group statements by text. The two exceptions are
// infinities and blobs over a million bytes, which need two parameters.
type kind byte

const (
	kindPlain   kind = 'p' // nil, string, time: ?
	kindFloat   kind = 'f' // float64: ?, a JSON number binds as REAL
	kindInt     kind = 'i' // int64, bool: ~~?
	kindInf     kind = 'x' // float64 ±Inf, for which JSON has no number: (?+0)
	kindBlob    kind = 'b' // []byte: unhex(?)
	kindBlobBig kind = 'B' // []byte over maxHexBlob: two halves
)

// ArgError reports an argument that cannot be sent exactly.
type ArgError struct {
	Ordinal int    // 1-based, as in driver.NamedValue; 0 if the count is wrong
	Name    string // of a named argument, without prefix
	Reason  string

	Statement int // 1-based number of the statement in its text; 0 if it is no certain one
}

func (e *ArgError) Error() string {
	switch {
	case e.Name != "":
		return "argument " + strconv.Quote(e.Name) + ": " + e.Reason
	case e.Ordinal > 0:
		return "argument " + strconv.Itoa(e.Ordinal) + ": " + e.Reason
	}
	return e.Reason
}

// Normalize converts an argument to one of the types that Bind knows: nil,
// int64, float64, bool, string, []byte or time.Time. ok is false for types that
// the default converter of database/sql should try (pointers, Valuers, other
// named types).
func Normalize(v any) (out driver.Value, ok bool, err error) {
	switch v := v.(type) {
	case nil, int64, float64, bool, string, []byte, time.Time:
		return v, true, nil
	case int:
		return int64(v), true, nil
	case int8:
		return int64(v), true, nil
	case int16:
		return int64(v), true, nil
	case int32:
		return int64(v), true, nil
	case uint8:
		return int64(v), true, nil
	case uint16:
		return int64(v), true, nil
	case uint32:
		return int64(v), true, nil
	case uint:
		return unsigned(uint64(v))
	case uint64:
		return unsigned(v)
	case float32:
		return float64(v), true, nil
	case driver.Valuer:
		return nil, false, nil
	}
	// A named unsigned type (type ID uint64) would get database/sql's own
	// message about the high bit; say what to do instead.
	if rv := reflect.ValueOf(v); rv.CanUint() {
		return unsigned(rv.Uint())
	}
	return nil, false, nil
}

func unsigned(v uint64) (driver.Value, bool, error) {
	if v > math.MaxInt64 {
		return nil, true, fmt.Errorf("uint64 %d does not fit SQLite's 64-bit signed INTEGER; bind it as a string", v)
	}
	return int64(v), true, nil
}

// classify returns the kind of a normalized value, or an error if it cannot be
// sent exactly.
func classify(v driver.Value) (kind, error) {
	switch v := v.(type) {
	case nil:
		return kindPlain, nil
	case int64, bool:
		return kindInt, nil
	case float64:
		if math.IsInf(v, 0) {
			return kindInf, nil
		}
		return kindFloat, nil
	case string:
		if len(v) > MaxValue {
			return 0, fmt.Errorf("string of %d bytes; D1 stores at most %d", len(v), MaxValue)
		}
		if !utf8.ValidString(v) {
			return 0, fmt.Errorf("string is not valid UTF-8 and cannot travel as JSON; bind it as []byte")
		}
		return kindPlain, nil
	case []byte:
		switch {
		case v == nil:
			return kindPlain, nil
		case len(v) > MaxValue:
			return 0, fmt.Errorf("[]byte of %d bytes; D1 stores at most %d", len(v), MaxValue)
		case len(v) > maxHexBlob:
			return kindBlobBig, nil
		}
		return kindBlob, nil
	case time.Time:
		if y := v.UTC().Year(); y < 0 || y > 9999 {
			return 0, fmt.Errorf("time in year %d; SQLite's dates have years 0000 to 9999", y)
		}
		return kindPlain, nil
	}
	return 0, fmt.Errorf("unsupported type %T", v)
}
