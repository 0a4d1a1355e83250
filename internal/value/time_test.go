package value

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseTime(t *testing.T) {
	utc := func(year int, month time.Month, day, hour, minute, second, nano int) time.Time {
		return time.Date(year, month, day, hour, minute, second, nano, time.UTC)
	}
	tests := []struct {
		text      string
		want      time.Time
		timestamp bool // also without being asked for
	}{
		{"2026-11-21", utc(2026, 11, 21, 0, 0, 0, 0), false},
		{"2026-11-21 10:00", utc(2026, 11, 21, 10, 0, 0, 0), false},
		{"2026-11-21T10:00", utc(2026, 11, 21, 10, 0, 0, 0), false},
		{"2026-11-21 10:00Z", utc(2026, 11, 21, 10, 0, 0, 0), false},
		{"2026-11-21 10:00+02:00", utc(2026, 11, 21, 8, 0, 0, 0), false},
		{"2026-11-21 10:00:01", utc(2026, 11, 21, 10, 0, 1, 0), true},
		{"2026-11-21 10:00:00.123", utc(2026, 11, 21, 10, 0, 0, 123_000_000), true},
		{"2026-11-21T10:00:00.123456789Z", utc(2026, 11, 21, 10, 0, 0, 123_456_789), true},
		{"2026-11-21T10:00:00.1234567890000z", utc(2026, 11, 21, 10, 0, 0, 123_456_789), true},
		{"2026-11-21 10:00:00-05:30", utc(2026, 11, 21, 15, 30, 0, 0), true},
		{"2026-01-01 00:00:00+14:00", utc(2025, 12, 31, 10, 0, 0, 0), true},
		{"2024-02-29 23:59:59", utc(2024, 2, 29, 23, 59, 59, 0), true},
		{"0000-01-01 00:00:00", utc(0, 1, 1, 0, 0, 0, 0), true},
		{"9999-12-31 23:59:59.999999999+00:00", utc(9999, 12, 31, 23, 59, 59, 999_999_999), true},
	}
	for _, test := range tests {
		got, ok := ParseTime([]byte(test.text))
		require.True(t, ok, test.text)
		require.True(t, test.want.Equal(got), "%s: %s", test.text, got)
		require.Equal(t, test.timestamp, isTimestamp(test.text), test.text)
	}
	_, offset := must(t, "2026-11-21 10:00:00-05:30").Zone()
	require.Equal(t, -(5*3600 + 30*60), offset)
	require.Equal(t, time.UTC, must(t, "2026-11-21 10:00:00").Location())
}

func must(t *testing.T, text string) time.Time {
	t.Helper()
	v, ok := ParseTime([]byte(text))
	require.True(t, ok, text)
	return v
}

func TestParseTimeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "2026", "2026-11", "2026-1-1", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31", "2026-11-00", "20261121", "+2026-11-21",
		"2026-11-21 ", "2026-11-21Z", "2026-11-21  10:00", "2026-11-21 10", "2026-11-21 10:0", "2026-11-21 24:00", "2026-11-21 10:60", "2026-11-21 10:00:60",
		"2026-11-21 10:00:00.", "2026-11-21 10:00:00.1234567891", "2026-11-21 10:00:00,5", "2026-11-21 10:00:00 UTC", "2026-11-21 10:00:00+2:00",
		"2026-11-21 10:00:00+15:00", "2026-11-21 10:00:00+02:60", "2026-11-21 10:00:00+0200", "2026-11-21t10:00:00", "2026/11/21", "10:00:00", "now",
		"2026-11-21 10:00:00\x00", "20a6-11-21", "2O26-11-21", "2026-1a-21", "2026-11-2a", "2026-11-21 1a:00", "2026-11-21 10:0a", "2026-11-21 10:00:0a", "2026-11-21 10:00+0a:00", "2026-11-21 10:00:00 ", "２026-11-21",
	} {
		_, ok := ParseTime([]byte(text))
		require.False(t, ok, "%q", text)
		require.False(t, isTimestamp(text), "%q", text)
	}
}

// TestTimesSort checks the three promises of the text that is written: it reads
// back as the same instant, sorts as the instants do, and SQLite understands it.
func TestTimesSort(t *testing.T) {
	e := newEngine(t)
	instants := rapid.Custom(func(t *rapid.T) time.Time {
		seconds := rapid.Int64Range(-62167219200, 253402300799).Draw(t, "seconds") // years 0 to 9999
		nano := rapid.SampledFrom([]int64{0, 1, 10, 120_000_000, 123_456_789, 999_999_999}).Draw(t, "nano")
		zone := time.FixedZone("", rapid.IntRange(-14*60, 14*60).Draw(t, "zone")*60)
		return time.Unix(seconds, nano).In(zone)
	})
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(instants, 2, 10).Draw(t, "instants")
		texts := make([]string, len(list))
		for i, v := range list {
			texts[i] = string(AppendTime(nil, v))
			back, ok := ParseTime([]byte(texts[i]))
			require.True(t, ok, texts[i])
			require.True(t, back.Equal(v), "%s is %s", texts[i], v)
			require.True(t, isTimestamp(texts[i]))

			cells, err := e.native(`SELECT unixepoch(?)`, positional(texts[i]))
			require.NoError(t, err)
			require.Equal(t, []any{v.Unix()}, cells, texts[i])
		}
		slices.SortFunc(list, time.Time.Compare)
		slices.Sort(texts)
		for i, v := range list {
			require.Equal(t, string(AppendTime(nil, v)), texts[i])
		}
	})
}

// FuzzParseTime compares with SQLite: what is understood is the same instant
// there.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{
		"2026-11-21", "2026-11-21 10:00", "2026-11-21T10:00:00.123Z", "2026-11-21 10:00:00.123456789-05:30", "2024-02-29", "2026-02-30",
		"0000-01-01 00:00:00+14:00", "9999-12-31 23:59:59z", "2026-11-21 10:00 +02:00",
	} {
		f.Add(s)
	}
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseTime([]byte(s))
		if !ok {
			require.False(t, isTimestamp(s))
			return
		}
		if got.UTC().Year() < 0 || got.UTC().Year() > 9999 {
			return // SQLite's functions end there
		}
		cells, err := e.native(`SELECT julianday(?)`, positional(s))
		require.NoError(t, err)
		require.IsType(t, real(0), cells[0], "SQLite does not understand %q", s)
		// SQLite counts milliseconds from noon of 24 November 4714 BC; a
		// double holds such a day to 50 µs.
		days := math.Float64frombits(uint64(cells[0].(real)))
		milliseconds := (days - 2440587.5) * 86_400_000
		require.InDelta(t, float64(got.UnixMilli()), milliseconds, 1.5, "%q is %s", s, got)
	})
}

func isTimestamp(s string) bool {
	_, ok := ParseTimestamp([]byte(s))
	return ok
}

func BenchmarkParseTimestamp(b *testing.B) {
	text := []byte("2026-01-02 03:04:05.678+00:00")
	for b.Loop() {
		if _, ok := ParseTimestamp(text); !ok {
			b.Fatal("not a timestamp")
		}
	}
}
