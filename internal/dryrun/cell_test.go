package dryrun

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/wire"
)

// floats has every class of REAL and the edges between them.
func floats() []float64 {
	list := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 0.5, 1.5, math.Pi, 1e21, 1e-6, 9.999999e-7, 123456789.125,
		1<<53 - 1, 1 << 53, 1<<53 + 2, 1 << 62, 1 << 63, 1 << 64, -(1 << 63),
		math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64,
		math.Inf(1), math.Inf(-1),
	}
	for _, edge := range []float64{1e-250, 0x1p-1022, 1, 0x1p53, 0x1p63, 0x1p1023, 0x1p-1074, 1e300} {
		list = append(list, edge, math.Nextafter(edge, 0), math.Nextafter(edge, math.Inf(1)), -math.Nextafter(edge, 0))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		if f := math.Float64frombits(random.Uint64()); !math.IsNaN(f) {
			list = append(list, f)
		}
		list = append(list, math.Float64frombits(random.Uint64N(1<<52)), random.NormFloat64()) // a subnormal; an ordinary one
	}
	return list
}

// bind gives the expression that is v in the engine, and its parameter.
func bind(v any) (expression, param string) {
	switch v := v.(type) {
	case nil:
		return "?", "null"
	case int64:
		return "(?+0)", strconv.Quote(strconv.FormatInt(v, 10))
	case float64:
		if math.IsInf(v, 0) {
			return "(?+0)", strconv.Quote(strings.TrimPrefix(strconv.FormatFloat(math.Copysign(9, v), 'f', -1, 64)+"e999", "+"))
		}
		return "?", string(wire.AppendFloat(nil, v))
	case string:
		return "?", string(wire.AppendString(nil, v))
	case rawText:
		return "CAST(unhex(?)AS TEXT)", strconv.Quote(upperHex([]byte(v)))
	}
	return "unhex(?)", strconv.Quote(upperHex(v.([]byte)))
}

// rawText is TEXT that is not UTF-8.
type rawText string

// cellOf is the cell that must come for v.
func cellOf(v any) Cell {
	switch v := v.(type) {
	case nil:
		return "n"
	case int64:
		return Cell("i" + strconv.FormatInt(v, 10))
	case float64:
		switch {
		case math.IsInf(v, 1):
			return "P"
		case math.IsInf(v, -1):
			return "Q"
		}
		return realCell(v)
	case string:
		return Cell("t" + upperHex([]byte(v)))
	case rawText:
		return Cell("t" + upperHex([]byte(v)))
	}
	return Cell("b" + upperHex(v.([]byte)))
}

func cellValues() []any {
	values := []any{
		nil, int64(0), int64(1), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(1<<53 + 1), int64(1 << 53), int64(-1<<53 - 1),
		"", "a", "A", "it's", `"`, `a\b`, "a\x00b", "\x00", "é😀", "line\nline\r\t", "1", "1.0", ";", ",", ":", "t41", "\uFFFD", "\uFFFF", strings.Repeat("long ", 1000),
		[]byte{}, []byte{0}, []byte("a"), []byte{0, 255, 128}, make([]byte, 5000),
		rawText("\xff"), rawText("a\xe2\x82"), rawText("\xe2\x82b\xf0\x9f\x98"), rawText("\xc0\x80"), rawText("\xed\xa0\x80"), rawText("\xf4\x90\x80\x80"), rawText("\x80\x80"),
	}
	for _, f := range floats() {
		values = append(values, f)
	}
	return values
}

// TestCells sends values through a dry run and an ordinary request: the cells are
// exact, and what a program sees of them is the same both ways.
func TestCells(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		values := cellValues()
		for len(values) > 0 {
			group := values[:min(80, len(values))]
			values = values[len(group):]
			var expressions, bound []string
			var want []string
			for _, v := range group {
				expression, param := bind(v)
				expressions, bound = append(expressions, expression), append(bound, param)
				want = append(want, string(cellOf(v)))
			}
			q := Question{
				Statement: wire.Statement{SQL: "SELECT " + strings.Join(expressions, ","), Params: []byte(strings.Join(bound, ","))},
				Columns:   len(group),
			}
			_, message := e.post(t, q.Probe(nonce, "", 0)...)
			part, framed, err := ReadPart(message, nonce, "")
			require.NoError(t, err)
			require.True(t, framed, message)
			require.Equal(t, want, strings.Split(part.Rows[0], ","))

			a := NewAnswer(expressions)
			a.Add(part.Rows...)
			text, err := a.AppendResult([]byte(`{"result":[`))
			require.NoError(t, err)
			require.Equal(t, e.plain(t, q.Statement).Results.Rows, results(t, append(text, `]}`...))[0].Results.Rows)

			require.True(t, e.holds(t, q.Guard(a, "conflict")))
			if seen := e.seen(t, q.Statement); !seen.Lossy() {
				require.True(t, e.holds(t, q.Guard(seen, "conflict")))
			}
		}
	})
}

// TestGuardTellsApart changes one value into another: a guard notices unless
// nobody could have seen the difference.
func TestGuardTellsApart(t *testing.T) {
	values := []any{nil, int64(1), 1.0, "1", []byte("1"), "1.0", int64(0), 0.0, "", []byte{}, "a", "A", "a ", "a\x00", "a\x00b",
		int64(1 << 53), int64(1<<53 + 1), 0.1, math.Nextafter(0.1, 1), math.Inf(1), math.MaxFloat64, 5e-324}
	// JSON tells neither the types of numbers nor what it rounded.
	same := func(a, b any) bool {
		number := func(v any) any {
			switch v := v.(type) {
			case int64:
				return float64(v)
			case float64:
				if math.IsInf(v, 0) {
					return nil
				}
			case []byte:
				return rawText(v)
			}
			return v
		}
		return number(a) == number(b)
	}
	onEngines(t, func(t *testing.T, e engine) {
		e.exec(t, "CREATE TABLE t(x)")
		q := Question{Statement: wire.Statement{SQL: "SELECT x FROM t"}, Columns: 1}
		set := func(v any) wire.Statement {
			expression, param := bind(v)
			return wire.Statement{SQL: "REPLACE INTO t(rowid,x)VALUES(1," + expression + ")", Params: []byte(param)}
		}
		for _, before := range values {
			_, message := e.post(t, set(before))
			require.Empty(t, message)
			exact, seen := e.probe(t, q), e.seen(t, q.Statement)
			for i, after := range values {
				// Guards that fail roll the change back, and so does the end.
				end := wire.Statement{SQL: "SELECT json_extract('null','conflict of the test')"}
				_, message := e.post(t, set(after), q.Guard(seen, "conflict seen"), q.Guard(exact, "conflict exact"), end)
				switch {
				case !same(before, after):
					require.Contains(t, message, "conflict seen", "%#v %#v", before, values[i])
				case cellOf(before) != cellOf(after):
					require.Contains(t, message, "conflict exact", "%#v %#v", before, values[i])
				default:
					require.Contains(t, message, "conflict of the test", "%#v %#v", before, values[i])
				}
			}
		}
	})
}

func TestRealCell(t *testing.T) {
	for _, f := range floats() {
		if f == 0 || math.IsInf(f, 0) {
			continue
		}
		cell := string(realCell(f))
		back, err := parseReal(cell[1:])
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(f), math.Float64bits(back), cell)
		m, _, _ := strings.Cut(cell[1:], "p")
		mantissa, err := strconv.ParseInt(m, 10, 64)
		require.NoError(t, err)
		require.GreaterOrEqual(t, max(mantissa, -mantissa), int64(1<<60))
		require.Less(t, max(mantissa, -mantissa), int64(1<<61))
	}
}

func TestMalformedCells(t *testing.T) {
	for _, c := range []Cell{"", "x", "n1", "z0", "P1", "i", "i1.5", "i99999999999999999999", "ix", "r", "r1", "r1p", "rp1", "r1px", "t4", "tzz", "b0", "bxx", "u41"} {
		_, err := c.appendJSON(nil)
		require.ErrorIs(t, err, errCell, c)
	}
	a := NewAnswer([]string{"a", "b"})
	a.Add("i1")
	_, err := a.AppendResult(nil)
	require.ErrorIs(t, err, errCell, "a row with too few cells")
}
