package value

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// edges are values of every type that are easily changed on the way.
func edges() []any {
	return []any{
		int64(0), int64(1), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(1<<53 + 1), int64(-1<<53 - 1),
		0.0, math.Copysign(0, -1), 1.0, -1.5, 0.1, 1e308, math.MaxFloat64, math.SmallestNonzeroFloat64, 2.2250738585072014e-308,
		2.225073858507201e-308, math.Inf(1), math.Inf(-1), math.NaN(), 1e21, 9007199254740993.0,
		"", "5", "05", "5.0", "a\x00b", "\x00", "😀", "'", `"`, `\`, "\n\t\u007f\u2028", "[1]", "null", "9e999",
		[]byte{}, []byte(nil), []byte{0}, []byte("abc\xff"), true, false, nil,
	}
}

// TestPackedValues compares each edge, packed among others, with itself bound
// natively.
func TestPackedValues(t *testing.T) {
	e := newEngine(t)
	var values []any
	for len(values) <= 3*MaxParams {
		values = append(values, edges()...)
	}
	for _, marks := range []string{"(?)", "(?||'')", "(typeof(?))", "(quote(?))"} {
		text := "VALUES " + strings.TrimSuffix(strings.Repeat(marks+",", len(values)), ",")
		args := positional(values...)
		bound, err := Parse(text).Bind(args, full)
		require.NoError(t, err)
		require.Equal(t, len(values), bound[0].Packed())
		got, err := e.d1(bound[0])
		require.NoError(t, err)
		want, err := e.native(text, args)
		require.NoError(t, err)
		require.Equal(t, want, got, marks)
	}
}

// TestPackedFloats packs floats of all magnitudes.
func TestPackedFloats(t *testing.T) {
	e := newEngine(t)
	random := rand.New(rand.NewPCG(1, 2))
	var values []any
	check := func() {
		text := "VALUES " + strings.TrimSuffix(strings.Repeat("(?),", len(values)), ",")
		bound, err := Parse(text).Bind(positional(values...), full)
		require.NoError(t, err)
		got, err := e.d1(bound[0])
		require.NoError(t, err)
		for i, v := range values {
			require.Equal(t, real(math.Float64bits(v.(float64))), got[i], "%x", v)
		}
		values = values[:0]
	}
	for exponent := uint64(0); exponent < 0x7FF; exponent += 1 + random.Uint64N(20) {
		for _, fraction := range []uint64{0, 1, 1<<52 - 1, random.Uint64() & (1<<52 - 1)} {
			for _, sign := range []uint64{0, 1 << 63} {
				values = append(values, math.Float64frombits(sign|exponent<<52|fraction))
			}
		}
		if len(values) >= 500 {
			check()
		}
	}
	for shift := range 52 { // subnormals of every length
		values = append(values, math.Float64frombits(random.Uint64()>>12>>shift), math.Float64frombits(1<<shift))
	}
	check()
}

func TestMantissa(t *testing.T) {
	for _, v := range []float64{1, -1, 0.1, math.MaxFloat64, math.SmallestNonzeroFloat64, 3 * math.SmallestNonzeroFloat64, 2.2250738585072014e-308, 0} {
		m, p := mantissa(v)
		require.LessOrEqual(t, p, 1023)
		require.GreaterOrEqual(t, p, -1074)
		require.Equal(t, v, float64(m)*math.Ldexp(1, p))
	}
}

func TestPackedText(t *testing.T) {
	text := "SELECT 1 IN (" + strings.TrimSuffix(strings.Repeat("?,", 101), ",") + ")"
	args := positional(repeat(101, int64(7))...)
	bound, err := Parse(text).Bind(args, full)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(bound[0].SQL, "SELECT 1 IN ((?1->>0),(?1->>1),(?2->>0),"), bound[0].SQL)
	require.True(t, strings.HasPrefix(string(bound[0].Params), `"[7,7]","[7,7]",`), "%s", bound[0].Params)

	fewer, err := Parse(text).Bind(args, Options{MaxParams: 10})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(fewer[0].SQL, "SELECT 1 IN ((?1->>0),(?1->>1),(?1->>2),"))
	require.Equal(t, 10, strings.Count(string(fewer[0].Params), "["))
}

// TestPackedForms binds one statement under several limits.
func TestPackedForms(t *testing.T) {
	e := newEngine(t)
	q := Parse(`SELECT ?, ?, ?, date('now')`)
	args := positional(int64(1), 2.5, []byte{3})
	want, err := e.native(`SELECT ?, ?, ?`, args)
	require.NoError(t, err)
	for range 2 {
		for _, limit := range []int{1, 2, 3, 4, MaxParams} {
			bound, err := q.Bind(args, Options{MaxParams: limit})
			require.NoError(t, err)
			got, err := e.d1(bound[0])
			require.NoError(t, err)
			require.Equal(t, want, got[:3], fmt.Sprint(limit, bound[0].SQL))
		}
	}
}

// TestPackedNames binds many names and numbers, some more than once.
func TestPackedNames(t *testing.T) {
	e := newEngine(t)
	var text strings.Builder
	var args []driver.NamedValue
	text.WriteString("VALUES (:n0,?1)")
	for i := range 300 {
		name := fmt.Sprintf("n%d", i)
		fmt.Fprintf(&text, ",(:%s,?%d)", name, i/2+1)
		args = append(args, named(name, int64(i)))
	}
	bound, err := Parse(text.String()).Bind(args, full)
	require.NoError(t, err)
	require.Equal(t, 300, bound[0].Packed())
	got, err := e.d1(bound[0])
	require.NoError(t, err)
	want, err := e.native(text.String(), args)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
