package value

import (
	"database/sql/driver"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBind(t *testing.T) {
	moment := time.Date(2026, 11, 21, 12, 30, 45, 120_000_000, time.FixedZone("", 2*3600))
	type arg = driver.NamedValue
	tests := []struct {
		name string
		text string
		args []arg
		want []string // text and parameters of each statement, in turn
	}{
		{"no placeholder", `SELECT 1`, nil, []string{`SELECT 1`, ``}},
		{"unchanged", `SELECT ?, ?2 -- ?`, positional("a", nil), []string{`SELECT ?, ?2`, `"a",null`}},
		{"every type", `SELECT ?,?,?,?,?,?,?,?`,
			positional(int64(-5), true, false, 1.5, "x", []byte{0xAB}, nil, moment),
			[]string{`SELECT ~~?,~~?,~~?,?,?,unhex(?),?,?`, `"-5","1","0",1.5,"x","ab",null,"2026-11-21 10:30:45.12+00:00"`}},
		{"limits of int64", `SELECT ?,?`, positional(int64(math.MaxInt64), int64(math.MinInt64)),
			[]string{`SELECT ~~?,~~?`, `"9223372036854775807","-9223372036854775808"`}},
		{"floats", `SELECT ?,?,?`, positional(math.Copysign(0, -1), 5e-324, math.NaN()), []string{`SELECT ?,?,?`, `-0,5e-324,null`}},
		{"infinities", `SELECT ?,?`, positional(math.Inf(1), math.Inf(-1)), []string{`SELECT likely(?+0),(?+0)`, `"9e999","-9e999"`}},
		{"blobs", `SELECT ?,?`, positional([]byte{}, []byte(nil)), []string{`SELECT unhex(?),?`, `"",null`}},
		{"no space before", `SELECT?WHERE 1 LIKE?AND 2 LIKE?`, positional(int64(1), []byte{1}, "x"),
			[]string{`SELECT~~?WHERE 1 LIKE unhex(?)AND 2 LIKE?`, `"1","01","x"`}},
		{"strings", `SELECT ?`, positional("'\"\\\x00\n😀\u2028"), []string{`SELECT ?`, "\"'\\\"\\\\\\u0000\\n😀\u2028\""}},

		{"numbers", `SELECT ?2, ?1, ?2`, positional(int64(1), "b"), []string{`SELECT ?2, ~~?1, ?2`, `"1","b"`}},
		{"gap", `SELECT ?1, ?3`, positional(int64(1), int64(2), int64(3)), []string{`SELECT ~~?1, ~~?3`, `"1","2","3"`}},
		{"? behind ?NNN", `SELECT ?2, ?`, positional("a", "b", int64(3)), []string{`SELECT ?2, ~~?3`, `"a","b","3"`}},
		{"names", `SELECT :a, @b, $c, :a`, []arg{named("a", "x"), named("b", int64(2)), named("c", nil)},
			[]string{`SELECT ?1, ~~?2, ?3, ?1`, `"x","2",null`}},
		{"names in another order", `SELECT :a, :b`, []arg{named("b", "y"), named("a", "x")}, []string{`SELECT ?1, ?2`, `"x","y"`}},
		{"one name, two prefixes", `SELECT :a, @a`, []arg{named("a", "x")}, []string{`SELECT ?1, ?2`, `"x","x"`}},
		{"names by position", `SELECT :a, @b, :a`, positional("x", "y"), []string{`SELECT ?1, ?2, ?1`, `"x","y"`}},
		{"mixture", `SELECT ?, :a, ?2, ?`, []arg{{Value: "p"}, named("a", "n"), {Value: "q"}}, []string{`SELECT ?1, ?2, ?2, ?3`, `"p","n","q"`}},
		{"Unicode name", `SELECT :größe`, []arg{named("größe", "x")}, []string{`SELECT ?1`, `"x"`}},

		{"several statements", `INSERT INTO t VALUES(?, ?); SELECT ?; SELECT 1;`, positional("a", int64(2), int64(3)),
			[]string{`INSERT INTO t VALUES(?, ~~?)`, `"a","2"`, `SELECT ~~?`, `"3"`, `SELECT 1`, ``}},
		{"a name in several statements", `SELECT :a; SELECT ?, :a`, []arg{named("a", "x"), {Value: "p"}},
			[]string{`SELECT ?1`, `"x"`, `SELECT ?1, ?2`, `"p","x"`}},
		{"numbers of several statements", `SELECT ?2, ?1; SELECT ?1`, positional("a", "b", "c"),
			[]string{`SELECT ?2, ?1`, `"a","b"`, `SELECT ?1`, `"c"`}},
		{"not placeholders", `SELECT '?', "?", [?], x'' /* ? */ , ?`, positional("a"), []string{`SELECT '?', "?", [?], x'' /* ? */ , ?`, `"a"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bound, err := Parse(test.text).Bind(test.args, full)
			require.NoError(t, err)
			var got []string
			for _, b := range bound {
				got = append(got, b.SQL, string(b.Params))
				require.Zero(t, b.Packed())
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestBindRefuses(t *testing.T) {
	type arg = driver.NamedValue
	big := strings.Repeat("x", MaxValue+1)
	tests := []struct {
		name    string
		text    string
		args    []arg
		message string
	}{
		{"too few", `SELECT ?, ?`, positional("a"), `1 argument given, and none is left for placeholder ?2`},
		{"none", `SELECT :a`, nil, `0 arguments given, and none is left for placeholder :a`},
		{"too few for a gap", `SELECT ?3`, positional("a", "b"), `2 arguments given, and none is left for placeholder ?3`},
		{"too few for the second", `SELECT ?; SELECT ?`, positional("a"), `1 argument given, and none is left for placeholder ?1`},
		{"too many", `SELECT ?`, positional("a", "b", "c"), `1 argument wanted, 3 given`},
		{"too many for none", `SELECT 1`, positional("a"), `0 arguments wanted, 1 given`},
		{"unknown name", `SELECT :a`, []arg{named("a", "x"), named("b", "y")}, `argument "b": no placeholder of that name`},
		{"name in another case", `SELECT :a`, []arg{named("A", "x")}, `1 argument given, and none is left for placeholder :a; no placeholder is named "A"`},
		{"several missing", `SELECT ?, :b, ?, :b, :d`, positional("a"), `1 argument given, and none is left for placeholders :b, ?3 and :d`},
		{"many missing", `SELECT ?,?,?,?,?,?,?`, nil, `0 arguments given, and none is left for placeholders ?1, ?2, ?3, ?4, ?5 and 2 more`},
		{"unknown names", `SELECT :a`, []arg{named("a", "x"), named("b", "y"), named("c", "y")}, `arguments "b" and "c": no placeholders of these names`},
		{"misspelled", `SELECT :a, :c; SELECT :b`, []arg{named("a", "x"), named("b", "y"), named("cc", "y")}, `3 arguments given, and none is left for placeholder :c; no placeholder is named "cc"`},
		{"name twice", `SELECT :a`, []arg{named("a", "x"), named("a", "y")}, `argument "a": given twice`},
		{"long string", `SELECT ?, ?`, positional("a", big), `argument 2: string of 2000001 bytes; D1 stores at most 2000000`},
		{"long blob", `SELECT ?`, positional([]byte(big)), `argument 1: []byte of 2000001 bytes; D1 stores at most 2000000`},
		{"long named string", `SELECT :a`, []arg{named("a", big)}, `argument "a": string of 2000001 bytes; D1 stores at most 2000000`},
		{"invalid UTF-8", `SELECT ?`, positional("a\xff"), `argument 1: string is not valid UTF-8 and cannot travel as JSON; bind it as []byte`},
		{"surrogate", `SELECT ?`, positional("\xed\xa0\x80"), `argument 1: string is not valid UTF-8 and cannot travel as JSON; bind it as []byte`},
		{"year 10000", `SELECT ?`, positional(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), `argument 1: time in year 10000; SQLite's dates have years 0000 to 9999`},
		{"year -1", `SELECT ?`, positional(time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))), `argument 1: time in year -1; SQLite's dates have years 0000 to 9999`},
		{"unknown type", `SELECT ?`, positional(struct{}{}), `argument 1: unsupported type struct {}`},
		{"long text", `SELECT '` + strings.Repeat("x", MaxSQL) + `'`, nil, `statement of 100009 bytes; D1 takes at most 100000`},
		{"long after rewriting", `SELECT ? -- ` + "\n, '" + strings.Repeat("x", MaxSQL-18) + `'`, positional(int64(1)), `statement of 100001 bytes; D1 takes at most 100000`},
		{"long when packed", `SELECT 1 IN (` + strings.TrimSuffix(strings.Repeat("?,", 9500), ",") + `)`, positional(make([]any, 9500)...),
			`statement of 102753 bytes with its 9500 arguments packed; D1 takes at most 100000`},
		{"long group", `SELECT 1 IN (` + strings.TrimSuffix(strings.Repeat("?,", 150), ",") + `)`,
			positional(append(repeat(148, "x"), strings.Repeat("a", MaxValue/2), strings.Repeat("b", MaxValue/2))...),
			`arguments 149 to 150 have 2000007 bytes together; over 100 arguments travel in groups, each a value that D1 limits to 2000000 bytes`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bound, err := Parse(test.text).Bind(test.args, full)
			require.EqualError(t, err, test.message)
			require.Nil(t, bound)
			var argErr *ArgError
			require.ErrorAs(t, err, &argErr)
		})
	}
}

func repeat(n int, v any) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func TestLargestValues(t *testing.T) {
	e := newEngine(t)
	blob := make([]byte, MaxValue)
	for i := range blob {
		blob[i] = byte(i * 7)
	}
	for name, v := range map[string]any{
		"string": strings.Repeat("é", MaxValue/2),
		"blob":   blob,
		"half":   blob[:maxHexBlob],
		"half+1": blob[:maxHexBlob+1],
	} {
		t.Run(name, func(t *testing.T) {
			const text = `SELECT ?2, ?1, ?2`
			args := positional(int64(7), v)
			bound, err := Parse(text).Bind(args, full)
			require.NoError(t, err)
			got, err := e.d1(bound[0])
			require.NoError(t, err)
			want, err := e.native(text, args)
			require.NoError(t, err)
			require.Len(t, got, len(want))
			for i := range want { // not by require.Equal, which would print them
				require.True(t, reflect.DeepEqual(want[i], got[i]), "column %d", i)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	type id uint64
	type number int32
	moment := time.Now()
	tests := []struct {
		in   any
		want driver.Value
		ok   bool
		err  string
	}{
		{nil, nil, true, ""},
		{int64(1), int64(1), true, ""},
		{int(-1), int64(-1), true, ""},
		{int8(-1), int64(-1), true, ""},
		{int16(-1), int64(-1), true, ""},
		{int32(-1), int64(-1), true, ""},
		{uint(1), int64(1), true, ""},
		{uint8(1), int64(1), true, ""},
		{uint16(1), int64(1), true, ""},
		{uint32(1), int64(1), true, ""},
		{uint64(math.MaxInt64), int64(math.MaxInt64), true, ""},
		{uint64(math.MaxInt64 + 1), nil, true, "uint64 9223372036854775808 does not fit SQLite's 64-bit signed INTEGER; bind it as a string"},
		{id(1), int64(1), true, ""},
		{id(math.MaxUint64), nil, true, "uint64 18446744073709551615 does not fit SQLite's 64-bit signed INTEGER; bind it as a string"},
		{number(1), nil, false, ""},
		{float32(1.5), 1.5, true, ""},
		{1.5, 1.5, true, ""},
		{true, true, true, ""},
		{"s", "s", true, ""},
		{[]byte("b"), []byte("b"), true, ""},
		{moment, moment, true, ""},
		{new(int), nil, false, ""},
		{valuer{}, nil, false, ""},
		{struct{}{}, nil, false, ""},
	}
	for _, test := range tests {
		got, ok, err := Normalize(test.in)
		require.Equal(t, test.want, got, "%T", test.in)
		require.Equal(t, test.ok, ok, "%T", test.in)
		if test.err == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, test.err)
		}
	}
}

// valuer is an unsigned type that knows its own value.
type valuer struct{}

func (valuer) Value() (driver.Value, error) { return nil, errors.New("not called") }

func TestArgumentsAreNotKept(t *testing.T) {
	blob := []byte{1, 2}
	args := positional(blob, "x")
	bound, err := Parse(`SELECT ?; SELECT date('now'), ?`).Bind(args, Options{MaxParams: MaxParams, Now: time.Unix(0, 0)})
	require.NoError(t, err)
	require.Equal(t, positional([]byte{1, 2}, "x"), args)
	blob[0] = 9
	require.Equal(t, `"0102"`, string(bound[0].Params))
}

func TestTextDependsOnTypesOnly(t *testing.T) {
	q := Parse(`SELECT ?, ?, ?, ?, ?`)
	first, err := q.Bind(positional(int64(1), 1.5, "a", []byte{1}, nil), full)
	require.NoError(t, err)
	second, err := q.Bind(positional(int64(math.MinInt64), math.Copysign(0, -1), "", []byte{}, time.Now()), full)
	require.NoError(t, err)
	require.Equal(t, first[0].SQL, second[0].SQL)
	require.Same(t, first[0].form, second[0].form)

	other, err := q.Bind(positional(int64(1), 1.5, "a", nil, []byte{1}), full)
	require.NoError(t, err)
	require.NotEqual(t, first[0].SQL, other[0].SQL)

	fresh, err := Parse(`SELECT ?, ?, ?, ?, ?`).Bind(positional(int64(2), 2.5, "b", []byte{2}, nil), full)
	require.NoError(t, err)
	require.Equal(t, first[0].SQL, fresh[0].SQL)
}

func TestFormsAreBounded(t *testing.T) {
	q := Parse(`SELECT ?, ?, ?, ?, ?, ?`)
	for n := range 1 << 6 {
		args := positional(repeat(6, "x")...)
		for i := range args {
			if n>>i&1 == 1 {
				args[i].Value = int64(1)
			}
		}
		bound, err := q.Bind(args, full)
		require.NoError(t, err)
		require.Equal(t, n == 0, bound[0].SQL == q.Text)
	}
	require.Len(t, q.Statements[0].forms, maxForms)
}

func TestBindAllocations(t *testing.T) {
	q := Parse(`SELECT id, name FROM users WHERE name = ? AND city = ? ORDER BY id LIMIT 10`)
	args := positional("Ada", "London")
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := q.Bind(args, full); err != nil {
			t.Fatal(err)
		}
	})
	// The list of statements, the parameters as they grow, and what deals.
	require.LessOrEqual(t, allocs, 6.0)
}

func BenchmarkBind(b *testing.B) {
	for name, args := range map[string][]driver.NamedValue{
		"text": positional("Ada", "London"), "typed": positional(int64(42), []byte{1, 2, 3}),
	} {
		b.Run(name, func(b *testing.B) {
			q := Parse(`SELECT id, name FROM users WHERE name = ? AND city = ? ORDER BY id LIMIT 10`)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := q.Bind(args, full); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
