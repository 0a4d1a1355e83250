package differential

import (
	"bytes"
	"math"
	"time"
)

// value is a Go argument. SQLite's text for a time is the only choice that
// drivers make differently, so the native one gets it as text.
type value any

// values are the arguments that are easily changed on the way.
var values = []value{
	int64(0), int64(1), int64(-1), int64(5), int64(math.MaxInt32), int64(math.MinInt32), int64(1 << 31), int64(-1<<31 - 1),
	int64(1<<53 - 1), int64(1 << 53), int64(1<<53 + 1), int64(-1<<53 - 1), int64(math.MaxInt64), int64(math.MinInt64),
	0.0, math.Copysign(0, -1), 1.0, 5.0, 1.5, -2.5, 0.1, 1e21, 1e308, -1e308, math.MaxFloat64, 5e-324, 2.2250738585072011e-308,
	9007199254740993.0, 9223372036854775808.0, -9223372036854775808.0, math.Inf(1), math.Inf(-1), math.NaN(),
	"", "5", "05", "5.0", "5x", " 5", "abc", "ABC", "a\x00b", "\x00", "😀é", "'", `\`, `"`, "%", "\n\r\t\u007f\u2028", "[1,2]", `{"a":5}`, "null", "9e999", "0x10",
	"9007199254740993", "2026-11-21 10:00:00", "2026-11-21T10:00:00.123456789+02:00",
	[]byte{}, []byte(nil), []byte{0}, []byte("5"), []byte("abc"), []byte{0xff, 0xfe}, bytes.Repeat([]byte("0123456789abcdef"), 4096),
	true, false, nil,
	time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
	time.Date(2026, 11, 21, 10, 0, 0, 123_456_789, time.FixedZone("", 5*3600+1800)),
	time.Date(1969, 12, 31, 23, 59, 59, 1000, time.FixedZone("", -8*3600)),
}

// native gives the argument as the native driver gets it.
func native(v value) any {
	if t, ok := v.(time.Time); ok {
		return t.UTC()
	}
	return v
}
