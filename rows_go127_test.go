//go:build go1.27

package d1_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestScanByDestination scans text that looks like a time: since Go 1.27 the
// destination decides, whatever parse_time says.
func TestScanByDestination(t *testing.T) {
	const text = "2026-11-21 10:00:00"
	moment := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for _, option := range []string{"parse_time=true", "parse_time=false"} {
		db := open(t, engines[0].dsn(t), option)
		scan := func(expr string, dest any) {
			t.Helper()
			require.NoError(t, db.QueryRow("SELECT "+expr).Scan(dest))
		}
		quoted := "'" + text + "'"

		var s string
		scan(quoted, &s)
		require.Equal(t, text, s)
		var p *string
		scan(quoted, &p)
		require.Equal(t, text, *p)
		var w word
		scan(quoted, &w)
		require.Equal(t, word(text), w)
		var pw *word
		scan(quoted, &pw)
		require.Equal(t, word(text), *pw)
		var b []byte
		scan(quoted, &b)
		require.Equal(t, text, string(b))
		var ns sql.NullString
		scan(quoted, &ns)
		require.Equal(t, sql.NullString{String: text, Valid: true}, ns)
		var gs sql.Null[string]
		scan(quoted, &gs)
		require.Equal(t, sql.Null[string]{V: text, Valid: true}, gs)

		var v time.Time
		for expr, want := range map[string]time.Time{
			quoted:                         moment,
			"'2026-11-21'":                 moment.Add(-10 * time.Hour),
			"'2026-11-21 10:00'":           moment,
			"'2026-11-21T10:00:00Z'":       moment,
			"'2026-11-21 12:00:00+02:00'":  moment,
			"'2026-11-21 10:00:00.123'":    moment.Add(123 * time.Millisecond),
			"datetime('2026-11-21 10:00')": moment,
		} {
			scan(expr, &v)
			require.True(t, want.Equal(v), "%s: %s", expr, v)
		}
		var pt *time.Time
		scan("'2026-11-21'", &pt)
		require.Equal(t, moment.Add(-10*time.Hour), *pt)
		scan("NULL", &pt)
		require.Nil(t, pt)
		var nt sql.NullTime
		scan("'2026-11-21 10:00'", &nt)
		require.Equal(t, sql.NullTime{Time: moment, Valid: true}, nt)
		var gt sql.Null[time.Time]
		scan("'2026-11-21 10:00'", &gt)
		require.Equal(t, sql.Null[time.Time]{V: moment, Valid: true}, gt)

		require.ErrorContains(t, db.QueryRow(`SELECT 'tomorrow'`).Scan(&v), `"tomorrow" is not a time in one of SQLite's formats with a date`)
		require.ErrorContains(t, db.QueryRow(`SELECT 'tomorrow'`).Scan(&nt), `"tomorrow" is not a time`)
		require.False(t, nt.Valid)

		for _, nowhere := range []any{(*string)(nil), (*time.Time)(nil), (**time.Time)(nil), (*word)(nil)} {
			require.Error(t, db.QueryRow("SELECT "+quoted).Scan(nowhere), "%T", nowhere)
		}

		// A struct of a program's own goes by parse_time.
		type stamp time.Time
		err := db.QueryRow("SELECT " + quoted).Scan((*stamp)(&v))
		require.Equal(t, option == "parse_time=true", err == nil, "%v", err)
	}
}
