package wire

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// renderer writes JSON in one of the many ways that mean the same.
type renderer struct {
	t   *rapid.T
	out strings.Builder
}

func (r *renderer) space() {
	r.out.WriteString(rapid.SampledFrom([]string{"", "", "", "", " ", "\n", "\r\n\t"}).Draw(r.t, "space"))
}

func (r *renderer) raw(s string) {
	r.space()
	r.out.WriteString(s)
	r.space()
}

// text writes s, each character as itself or as one of its escapes.
func (r *renderer) text(s string) {
	r.out.WriteByte('"')
	for _, c := range s {
		short := strings.IndexRune("\"\\/\b\f\n\r\t", c)
		how := rapid.IntRange(0, 9).Draw(r.t, "escape")
		switch {
		case how >= 2 && c >= 0x20 && c != '"' && c != '\\':
			r.out.WriteRune(c)
		case how >= 1 && short >= 0:
			r.out.WriteByte('\\')
			r.out.WriteByte(`"\/bfnrt`[short])
		default:
			for _, u := range utf16.Encode([]rune{c}) {
				fmt.Fprintf(&r.out, rapid.SampledFrom([]string{`\u%04x`, `\u%04X`}).Draw(r.t, "hex"), u)
			}
		}
	}
	r.out.WriteByte('"')
}

// object writes members in any order, with some that nobody knows in between.
func (r *renderer) object(members map[string]func()) {
	keys := make([]string, 0, len(members)+1)
	for _, key := range []string{"columns", "rows", "results", "success", "meta", "result", "errors", "messages", "changes", "last_row_id"} {
		if members[key] != nil {
			keys = append(keys, key)
		}
	}
	if rapid.Bool().Draw(r.t, "unknown key") {
		keys = append(keys, rapid.SampledFrom([]string{"", "Success", "row", "meta\u0000"}).Draw(r.t, "key"))
	}
	keys = rapid.Permutation(keys).Draw(r.t, "keys")
	r.raw("{")
	for i, key := range keys {
		if i > 0 {
			r.raw(",")
		}
		r.space()
		r.text(key)
		r.raw(":")
		if write := members[key]; write != nil {
			write()
		} else {
			r.anything(3)
		}
	}
	r.raw("}")
}

func (r *renderer) array(n int, write func(i int)) {
	r.raw("[")
	for i := range n {
		if i > 0 {
			r.raw(",")
		}
		write(i)
	}
	r.raw("]")
}

func (r *renderer) anything(depth int) {
	switch k := rapid.IntRange(0, 7).Draw(r.t, "kind"); {
	case k == 0 && depth > 0:
		r.array(rapid.IntRange(0, 3).Draw(r.t, "n"), func(int) { r.anything(depth - 1) })
	case k == 1 && depth > 0:
		r.object(map[string]func(){"rows": func() { r.anything(depth - 1) }})
	default:
		r.cell(cells().Draw(r.t, "value"))
	}
}

func (r *renderer) cell(v any) {
	switch v := v.(type) {
	case nil:
		r.raw("null")
	case string:
		r.text(v)
	case []byte:
		r.array(len(v), func(i int) { r.raw(strconv.Itoa(int(v[i]))) })
	case float64:
		format := rapid.SampledFrom([]byte("efgEG")).Draw(r.t, "format")
		s := strconv.FormatFloat(v, format, -1, 64)
		if !strings.ContainsAny(s, ".eE") {
			s += rapid.SampledFrom([]string{".0", "e0", "E+00", ".000e-0"}).Draw(r.t, "no integer")
		}
		r.raw(s)
	default:
		r.raw(fmt.Sprint(v))
	}
}

func cells() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just(any(nil)),
		rapid.Int64().AsAny(),
		rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).AsAny(),
		rapid.Map(rapid.Int64Range(-1e6, 1e6), func(n int64) any { return float64(n) / 1000 }),
		rapid.String().AsAny(),
		rapid.StringN(0, 40, -1).AsAny(),
		rapid.SliceOf(rapid.Byte()).AsAny(),
		rapid.Bool().AsAny(),
	)
}

func results() *rapid.Generator[[]result] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) result {
		res := result{columns: rapid.SliceOfN(rapid.StringN(0, 8, -1), 0, 6).Draw(t, "columns")}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := make([]any, len(res.columns))
			for i := range row {
				row[i] = cells().Draw(t, "cell")
			}
			res.rows = append(res.rows, row)
		}
		return res
	}), 0, 4)
}

// randomReader returns as many bytes at a time as it likes.
type randomReader struct {
	t    *rapid.T
	rest string
}

func (r *randomReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, r.rest[:rapid.IntRange(0, min(len(r.rest), 50)).Draw(r.t, "chunk")])
	r.rest = r.rest[n:]
	return n, nil
}

// Whatever a response says, and however it is written and delivered, it is read as it was meant, and as
// encoding/json reads it.
func TestDecodeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := results().Draw(t, "results")
		r := &renderer{t: t}
		r.object(map[string]func(){
			"success":  func() { r.raw("true") },
			"errors":   func() { r.raw("[]") },
			"messages": func() { r.raw("[]") },
			"result": func() {
				r.array(len(want), func(i int) {
					res := &want[i]
					r.object(map[string]func(){
						"success": func() { r.raw("true") },
						"meta": func() {
							start := r.out.Len()
							r.object(map[string]func(){
								"changes":     func() { r.raw("3") },
								"last_row_id": func() { r.raw("9007199254740992") },
							})
							raw := []byte(r.out.String()[start:])
							res.meta, res.counters = canonical(raw), counters(raw)
						},
						"results": func() {
							r.object(map[string]func(){
								"columns": func() { r.array(len(res.columns), func(i int) { r.text(res.columns[i]) }) },
								"rows": func() {
									r.array(len(res.rows), func(i int) {
										r.array(len(res.rows[i]), func(j int) { r.cell(res.rows[i][j]) })
									})
								},
							})
						},
					})
				})
			},
		})
		body := r.out.String()
		if len(want) == 0 {
			want = nil
		}
		want = exact(want)

		ref, err := reference([]byte(body))
		require.NoError(t, err)
		require.Equal(t, want, exact(ref))
		got, err := decode(&randomReader{t, body})
		require.NoError(t, err)
		require.Equal(t, want, exact(got))
		got, err = decode(strings.NewReader(body))
		require.NoError(t, err)
		require.Equal(t, want, exact(got))

		cut := strings.TrimRight(body, " \t\r\n")
		cut = cut[:rapid.IntRange(0, len(cut)-1).Draw(t, "cut")]
		_, err = decode(strings.NewReader(cut))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
}

// Every way of converting a number rounds as strconv does.
func TestNumberProperty(t *testing.T) {
	literal := rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?`),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})\.[0-9]{1,9}`),
		rapid.StringMatching(`-?(0|[1-9][0-9]{14,16})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?`),
		rapid.Map(rapid.Float64(), func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }),
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
	).Filter(func(s string) bool { return json.Valid([]byte(s)) })
	rapid.Check(t, func(t *rapid.T) { checkNumber(t, literal.Draw(t, "literal")) })
}

// The same where one way of converting gives way to another.
func TestNumberBoundaries(t *testing.T) {
	for _, m := range []string{"0", "1", "9", "9007199254740991", "9007199254740992", "9007199254740993", "9007199254740995",
		"999999999999999999", "1000000000000000000", "9223372036854775807", "9223372036854775808", "9223372036854775809",
		"9999999999999999999", "18446744073709551615", "18446744073709551616", "99999999999999999999"} {
		for _, sign := range []string{"", "-"} {
			checkNumber(t, sign+m)
			for n := range len(m) - 1 {
				checkNumber(t, sign+m[:n+1]+"."+m[n+1:])
			}
			for exp := -345; exp <= 310; exp++ {
				checkNumber(t, fmt.Sprint(sign, m, "e", exp))
				checkNumber(t, fmt.Sprint(sign, m, ".5E", exp))
			}
		}
	}
	checkNumber(t, "1e99999999999999999999")
	checkNumber(t, "1e-99999999999999999999")
	checkNumber(t, "0e99999999999999999999")
}

// checkNumber converts s as a cell is converted, and as strconv does.
func checkNumber(t require.TestingT, s string) {
	got, n := shortNumber([]byte(s + ","))
	ok := n > 0
	if !ok {
		var d decimal
		d, n, ok = scanDecimal([]byte(s + ","))
		require.True(t, ok, s)
		got, ok = d.convert([]byte(s))
	}
	require.Equal(t, len(s), n, s)
	want, err := referenceCell(json.Number(s))
	require.Equal(t, err == nil, ok, s)
	if !ok {
		return
	}
	switch want := want.(type) {
	case int64:
		require.Equal(t, rawCell{kind: Int, bits: uint64(want)}, got, s)
	case float64:
		require.Equal(t, rawCell{kind: Float, bits: math.Float64bits(want)}, got, s)
	}
}

// The grammar of numbers is encoding/json's.
func TestNumberGrammar(t *testing.T) {
	const alphabet = "01.-+eE "
	var try func(prefix string, depth int)
	try = func(prefix string, depth int) {
		if prefix != "" {
			_, n, ok := scanDecimal([]byte(prefix + ","))
			if _, short := shortNumber([]byte(prefix + ",")); short > 0 {
				require.True(t, ok, prefix)
				require.Equal(t, n, short, prefix)
			}
			require.Equal(t, json.Valid([]byte(prefix)) && !strings.Contains(prefix, " "), ok && n == len(prefix), prefix)
		}
		if depth > 0 {
			for _, c := range alphabet {
				try(prefix+string(c), depth-1)
			}
		}
	}
	try("", 5)
}
