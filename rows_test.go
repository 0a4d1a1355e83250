package d1_test

import (
	"database/sql"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rowOfTypes has a column of every type, and what is hard about each.
const rowOfTypes = `SELECT 42 AS i, -9007199254740991 AS safe, 9007199254740993 AS rounded, '9007199254740993' AS exact, 1.5 AS f, 1.0 AS whole, ` +
	`'text' AS s, '2026-11-21 10:00:00' AS moment, '2026-11-21' AS day, x'00ff' AS b, x'' AS empty, NULL AS n, 1 AS yes`

func TestScanIntoAny(t *testing.T) {
	moment := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for _, mode := range []struct {
		option string
		moment any
	}{{"parse_time=true", moment}, {"parse_time=false", "2026-11-21 10:00:00"}} {
		t.Run(mode.option, func(t *testing.T) {
			onEngines(t, func(t *testing.T, db *sql.DB) {
				got := make([]any, 13)
				pointers := make([]any, len(got))
				for i := range got {
					pointers[i] = &got[i]
				}
				require.NoError(t, db.QueryRow(rowOfTypes).Scan(pointers...))
				require.Equal(t, []any{
					int64(42), int64(-1<<53 + 1), float64(1 << 53), "9007199254740993", 1.5, int64(1),
					"text", mode.moment, "2026-11-21", []byte{0, 0xff}, []byte{}, nil, int64(1),
				}, got)
			}, mode.option)
		})
	}
}

// upper is a Scanner of a program's own.
type upper struct{ text string }

func (u *upper) Scan(v any) error {
	switch v := v.(type) {
	case string:
		u.text = strings.ToUpper(v)
		return nil
	case nil:
		u.text = "NULL"
		return nil
	}
	return errors.New("no text")
}

type word string

// TestScan scans one value into many destinations; the expectations hold on all
// releases of Go.
func TestScan(t *testing.T) {
	moment := time.Date(2026, 11, 21, 10, 0, 0, 123_000_000, time.UTC)
	const text = `'2026-11-21T12:00:00.123+02:00'`
	tests := []struct {
		expr string
		dest any // a pointer to a zero value
		want any // nil if scanning fails
	}{
		{`42`, new(int64), int64(42)},
		{`42`, new(int), 42},
		{`42`, new(int8), int8(42)},
		{`420`, new(int8), nil},
		{`42`, new(uint64), uint64(42)},
		{`-1`, new(uint64), nil},
		{`42`, new(float64), 42.0},
		{`42`, new(string), "42"},
		{`42`, new([]byte), []byte("42")},
		{`42`, new(*int64), ptr(int64(42))},
		{`42`, new(sql.NullInt64), sql.NullInt64{Int64: 42, Valid: true}},
		{`42`, new(sql.NullInt32), sql.NullInt32{Int32: 42, Valid: true}},
		{`42`, new(sql.Null[int64]), sql.Null[int64]{V: 42, Valid: true}},
		{`42`, new(sql.Null[int16]), sql.Null[int16]{V: 42, Valid: true}},
		{`42`, new(sql.NullFloat64), sql.NullFloat64{Float64: 42, Valid: true}},
		{`42`, new(time.Time), nil},
		{`1`, new(bool), true},
		{`0`, new(bool), false},
		{`2`, new(bool), nil},
		{`1`, new(sql.NullBool), sql.NullBool{Bool: true, Valid: true}},
		{`9007199254740991`, new(int64), int64(1<<53 - 1)},
		{`9007199254740993`, new(int64), nil},
		{`9223372036854775807`, new(int64), nil},
		{`9007199254740993`, new(uint64), nil},
		{`9007199254740993`, new(sql.NullInt64), nil},
		{`9007199254740993`, new(float64), float64(1 << 53)},
		{`CAST(9007199254740993 AS TEXT)`, new(int64), int64(1<<53 + 1)},
		{`CAST(-9223372036854775808 AS TEXT)`, new(int64), int64(math.MinInt64)},
		{`CAST(9223372036854775807 AS TEXT)`, new(*int64), ptr(int64(math.MaxInt64))},
		{`CAST(9223372036854775807 AS TEXT)`, new(sql.NullInt64), sql.NullInt64{Int64: math.MaxInt64, Valid: true}},
		{`'9223372036854775808'`, new(int64), nil},
		{`'18446744073709551615'`, new(uint64), uint64(math.MaxUint64)},
		{`1.5`, new(float64), 1.5},
		{`1.0`, new(float64), 1.0},
		{`1e308`, new(float64), 1e308},
		{`5e-324`, new(float64), 5e-324},
		{`1.5`, new(float32), float32(1.5)},
		{`1.5`, new(int64), nil},
		{`1.5`, new(string), "1.5"},
		{`1.5`, new(sql.NullFloat64), sql.NullFloat64{Float64: 1.5, Valid: true}},
		{`1.5`, new(sql.Null[float64]), sql.Null[float64]{V: 1.5, Valid: true}},
		{`9e999`, new(float64), nil},
		{`'text'`, new(string), "text"},
		{`'text'`, new([]byte), []byte("text")},
		{`'text'`, new(*string), ptr("text")},
		{`'text'`, new(word), word("text")},
		{`'text'`, new(*word), ptr(word("text"))},
		{`'text'`, new(sql.NullString), sql.NullString{String: "text", Valid: true}},
		{`'text'`, new(sql.Null[string]), sql.Null[string]{V: "text", Valid: true}},
		{`'text'`, new(upper), upper{"TEXT"}},
		{`'text'`, new(int64), nil},
		{`'text'`, new(time.Time), nil},
		{`'a' || char(0) || '😀'`, new(string), "a\x00😀"},
		{`''`, new(string), ""},
		{`''`, new([]byte), []byte{}},
		{`'true'`, new(bool), true},
		{text, new(time.Time), moment},
		{text, new(*time.Time), ptr(moment)},
		{text, new(sql.NullTime), sql.NullTime{Time: moment, Valid: true}},
		{text, new(sql.Null[time.Time]), sql.Null[time.Time]{V: moment, Valid: true}},
		{`x'00ff'`, new([]byte), []byte{0, 0xff}},
		{`x''`, new([]byte), []byte{}},
		{`x'6162'`, new(string), "ab"},
		{`x'6162'`, new(sql.Null[[]byte]), sql.Null[[]byte]{V: []byte("ab"), Valid: true}},
		{`NULL`, new(int64), nil},
		{`NULL`, new(string), nil},
		{`NULL`, new(time.Time), nil},
		{`NULL`, new([]byte), []byte(nil)},
		{`NULL`, new(*int64), (*int64)(nil)},
		{`NULL`, new(*time.Time), (*time.Time)(nil)},
		{`NULL`, new(sql.NullString), sql.NullString{}},
		{`NULL`, new(sql.NullTime), sql.NullTime{}},
		{`NULL`, new(sql.Null[int64]), sql.Null[int64]{}},
		{`NULL`, new(upper), upper{"NULL"}},
	}
	onEngines(t, func(t *testing.T, db *sql.DB) {
		for _, test := range tests {
			dest := reflect.New(reflect.TypeOf(test.dest).Elem())
			err := db.QueryRow("SELECT " + test.expr).Scan(dest.Interface())
			if test.want == nil {
				require.Error(t, err, "%s into %T gave %v", test.expr, test.dest, dest.Elem())
				continue
			}
			require.NoError(t, err, "%s into %T", test.expr, test.dest)
			requireSame(t, test.want, dest.Elem().Interface(), "%s into %T", test.expr, test.dest)
		}
	})
}

func ptr[T any](v T) *T { return &v }

// requireSame is require.Equal but for the zones of times.
func requireSame(t *testing.T, want, got any, message string, args ...any) {
	t.Helper()
	utc := func(v any) any {
		switch v := v.(type) {
		case time.Time:
			return v.UTC()
		case *time.Time:
			if v != nil {
				return v.UTC()
			}
		case sql.NullTime:
			return sql.NullTime{Time: v.Time.UTC(), Valid: v.Valid}
		case sql.Null[time.Time]:
			return sql.Null[time.Time]{V: v.V.UTC(), Valid: v.Valid}
		}
		return v
	}
	require.Equal(t, utc(want), utc(got), append([]any{message}, args...)...)
}

// TestRawBytes reads rows without copying; what was read stays until the next row.
func TestRawBytes(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		rows, err := db.Query(`SELECT value, x'00ff', 7 FROM json_each('["first","second","' || printf('%.*c', 100000, 'x') || '","last"]')`)
		require.NoError(t, err)
		defer rows.Close()
		var got []string
		for rows.Next() {
			var text, blob, number sql.RawBytes
			require.NoError(t, rows.Scan(&text, &blob, &number))
			require.Equal(t, "\x00\xff", string(blob))
			require.Equal(t, "7", string(number))
			got = append(got, string(text))
		}
		require.NoError(t, rows.Err())
		require.Equal(t, []string{"first", "second", strings.Repeat("x", 100000), "last"}, got)
	})
}

// TestScanTwice scans one row several times, into other types.
func TestScanTwice(t *testing.T) {
	db := open(t, engines[0].dsn(t))
	rows, err := db.Query(`SELECT 1, 'a' UNION ALL SELECT 2, 'b'`)
	require.NoError(t, err)
	defer rows.Close()
	for want := int64(1); rows.Next(); want++ {
		var n int64
		var s, digits string
		var v any
		require.NoError(t, rows.Scan(&n, &s))
		require.NoError(t, rows.Scan(&digits, &v))
		require.Equal(t, want, n)
		require.Equal(t, string(rune('0'+want)), digits)
		require.Equal(t, v, s)
	}
	require.NoError(t, rows.Err())
}

func TestColumnTypes(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		rows, err := db.Query(rowOfTypes)
		require.NoError(t, err)
		defer rows.Close()
		types, err := rows.ColumnTypes()
		require.NoError(t, err)
		var names, databaseTypes []string
		var scanTypes []reflect.Type
		dest := make([]any, len(types))
		for i, c := range types {
			names = append(names, c.Name())
			databaseTypes = append(databaseTypes, c.DatabaseTypeName())
			scanTypes = append(scanTypes, c.ScanType())
			dest[i] = reflect.New(c.ScanType()).Interface()
			for _, known := range []bool{second(c.Nullable()), second(c.Length())} {
				require.False(t, known, "D1 does not say")
			}
		}
		require.Equal(t, []string{"i", "safe", "rounded", "exact", "f", "whole", "s", "moment", "day", "b", "empty", "n", "yes"}, names)
		require.Equal(t, []string{"NUMERIC", "NUMERIC", "NUMERIC", "TEXT", "REAL", "NUMERIC", "TEXT", "TEXT", "TEXT", "BLOB", "BLOB", "", "NUMERIC"}, databaseTypes)
		require.Equal(t, reflect.TypeFor[sql.NullString](), scanTypes[6])
		require.Equal(t, reflect.TypeFor[any](), scanTypes[7], "text or a time")

		// Looking ahead has not lost the row, and the types hold its values.
		require.True(t, rows.Next())
		require.NoError(t, rows.Scan(dest...))
		require.False(t, rows.Next())
		require.NoError(t, rows.Err())

		rows, err = db.Query(`SELECT 1 AS a WHERE 0`)
		require.NoError(t, err)
		defer rows.Close()
		types, err = rows.ColumnTypes()
		require.NoError(t, err)
		require.Equal(t, "", types[0].DatabaseTypeName())
		require.Equal(t, reflect.TypeFor[any](), types[0].ScanType())
		require.False(t, rows.Next())
		require.NoError(t, rows.Err())
	})
}

func second[T any](_ T, ok bool) bool { return ok }

// TestResultSets reads several statements of one string; those without columns
// are passed over.
func TestResultSets(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec(`CREATE TABLE t(a)`)
		require.NoError(t, err)
		rows, err := db.Query(`INSERT INTO t VALUES (?); SELECT ?+1 AS b; UPDATE t SET a = 5; SELECT a, :n FROM t; SELECT 1 WHERE 0; DELETE FROM t`, 1, 2, sql.Named("n", "x"))
		require.NoError(t, err)
		defer rows.Close()
		var got [][]any
		for more := true; more; more = rows.NextResultSet() {
			names, err := rows.Columns()
			require.NoError(t, err)
			got = append(got, []any{strings.Join(names, " ")})
			for rows.Next() {
				cells := make([]any, len(names))
				pointers := make([]any, len(names))
				for i := range cells {
					pointers[i] = &cells[i]
				}
				require.NoError(t, rows.Scan(pointers...))
				got = append(got, cells)
			}
		}
		require.NoError(t, rows.Err())
		require.Equal(t, [][]any{{"b"}, {int64(3)}, {"a :n"}, {int64(5), "x"}, {"1"}}, got)
	})
}
