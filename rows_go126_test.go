//go:build !go1.27

package d1_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestParseTime: before Go 1.27 a driver does not see the destination, so that
// full timestamps become times, unless parse_time is off.
func TestParseTime(t *testing.T) {
	parsing := open(t, engines[0].dsn(t))
	raw := open(t, engines[0].dsn(t), "parse_time=false")
	for _, test := range []struct {
		text  string
		stamp bool
	}{
		{"2026-11-21 10:00:00", true}, {"2026-11-21T10:00:00Z", true}, {"2026-11-21 10:00:00.123456789+02:00", true},
		{"2026-11-21", false}, {"2026-11-21 10:00", false}, {"10:00:00", false}, {"2026-02-30 10:00:00", false}, {"2026-11-21 10:00:00 ", false},
	} {
		var v any
		require.NoError(t, parsing.QueryRow("SELECT ?", test.text).Scan(&v))
		_, isTime := v.(time.Time)
		require.Equal(t, test.stamp, isTime, test.text)
		var moment time.Time
		require.Equal(t, test.stamp, parsing.QueryRow("SELECT ?", test.text).Scan(&moment) == nil, test.text)
		var null sql.NullTime
		require.Equal(t, test.stamp, parsing.QueryRow("SELECT ?", test.text).Scan(&null) == nil, test.text)

		var s string
		require.NoError(t, raw.QueryRow("SELECT ?", test.text).Scan(&s))
		require.Equal(t, test.text, s)
		require.Error(t, raw.QueryRow("SELECT ?", test.text).Scan(&moment))
	}
}
