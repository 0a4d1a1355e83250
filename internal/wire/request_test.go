package wire

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// texts are strings that encoders get wrong.
var texts = []string{
	"", "a", `"`, `\`, `\"`, "/", "</script>&", "\x00", "\b\f\n\r\t\v", "\x1f\x20\x7f", "12345678", `1234567"`, `12345678"`,
	"\u2028\u2029", "\ufeff", "\ufffd", "\uffff", "é", "日本語", "😀", "👩‍👩‍👧", "a😀\n", "\U0010ffff", strings.Repeat("x\"", 100),
}

func TestAppendString(t *testing.T) {
	for _, s := range texts {
		encoded := AppendString([]byte("x"), s)
		require.Equal(t, byte('x'), encoded[0])
		var back string
		require.NoError(t, json.Unmarshal(encoded[1:], &back), "%q", s)
		require.Equal(t, s, back)
		shortest := len(s) + 2 + strings.Count(s, `"`) + strings.Count(s, `\`)
		for _, c := range s {
			if strings.ContainsRune("\b\f\n\r\t", c) {
				shortest++
			} else if c < 0x20 {
				shortest += 5
			}
		}
		require.Len(t, encoded[1:], shortest, "%q", s)
	}
}

func TestAppendStatement(t *testing.T) {
	select1 := Statement{SQL: `SELECT "a"`}
	insert := Statement{SQL: "INSERT INTO t VALUES (?, ?)", Params: []byte(`"1",null`)}
	require.Equal(t, `{"sql":"SELECT \"a\""}`, string(AppendStatement(nil, select1)))
	require.Equal(t, `{"sql":"INSERT INTO t VALUES (?, ?)","params":["1",null]}`, string(AppendStatement(nil, insert)))
	require.Equal(t, `{"batch":[]}`, string(AppendBatch(nil, nil)))
	require.Equal(t, `{"batch":[{"sql":"SELECT \"a\""},{"sql":"INSERT INTO t VALUES (?, ?)","params":["1",null]}]}`,
		string(AppendBatch(nil, []Statement{select1, insert})))
}

func TestAppendFloat(t *testing.T) {
	check := func(t require.TestingT, f float64) {
		s := string(AppendFloat(nil, f))
		back, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		require.Equal(t, math.Float64bits(f), math.Float64bits(back), s)
		want, err := json.Marshal(f) // writes floats as JavaScript does
		require.NoError(t, err)
		require.Equal(t, string(want), s)
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, 1e6, 1e20, 1e21, -1e21, 1e-6, 1e-7, -1e-7, 1e-10, 1e100,
		1e-100, math.MaxFloat64, math.SmallestNonzeroFloat64, 1 << 53, math.Pi} {
		check(t, f)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "f"))
	})
	for _, f := range []float64{math.Inf(1), math.Inf(-1), math.NaN()} {
		require.Panics(t, func() { AppendFloat(nil, f) })
	}
}
