package emulator

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Numbers must read back as themselves, and be spelled as encoding/json does, which follows ECMAScript but for -0.
func TestAppendNumberProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		got := string(appendNumber(nil, f))
		if math.IsNaN(f) || math.IsInf(f, 0) {
			require.Equal(t, "null", got)
			return
		}
		back, err := strconv.ParseFloat(got, 64)
		require.NoError(t, err)
		require.Equal(t, f, back)
		want, err := json.Marshal(f)
		require.NoError(t, err)
		if f != 0 {
			require.Equal(t, string(want), got)
		}
	})
}

func TestAppendIntegerProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64().Draw(t, "v")
		back, err := strconv.ParseFloat(string(appendInteger(nil, v)), 64)
		require.NoError(t, err)
		require.Equal(t, float64(v), back)
	})
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\x00\x1f\"\\/\x7f", "é😀\u2028", "\xff", "a\xe2\x82", "\xf0\x9f\x98x", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := appendString(nil, []byte(s))
		require.True(t, utf8.Valid(got))
		var back string
		require.NoError(t, json.Unmarshal(got, &back))
		if utf8.ValidString(s) {
			require.Equal(t, s, back)
		}
	})
}

func TestMaximalSubpart(t *testing.T) {
	// From the Unicode standard, "U+FFFD Substitution of Maximal Subparts", tables 3-8 to 3-11.
	for in, want := range map[string]string{
		"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41": "��������A",
		"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41": "��������A",
		"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42": "�����A��B",
		"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41": "����A",
	} {
		require.Equal(t, `"`+want+`"`, string(appendString(nil, []byte(in))), "%x", in)
	}
}

func TestToUint8(t *testing.T) {
	for f, want := range map[float64]byte{
		0: 0, 255: 255, 256: 0, -1: 255, -0.5: 0, 1.9: 1, 1e300: 0, math.Inf(1): 0, -257: 255,
	} {
		require.Equal(t, want, toUint8(f), "%v", f)
	}
	require.Equal(t, byte(0), toUint8(math.NaN()))
}

func TestArrayIndex(t *testing.T) {
	for name, want := range map[string]int64{
		"0": 0, "10": 10, "4294967294": 4294967294, "4294967295": -1, "01": -1, "": -1, "-1": -1, "+1": -1, "1.0": -1, "a": -1,
	} {
		require.Equal(t, want, arrayIndex(name), name)
	}
}

func FuzzDecodeParameter(f *testing.F) {
	for _, seed := range []string{`1`, `"a"`, `null`, `[1,2]`, `true`, `{}`, `[[]]`, `["a"]`, `1e999`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		var raw json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(text), &raw))
		p, ok := decodeParameter(raw)
		if !ok {
			require.Nil(t, p)
			return
		}
		switch p.(type) {
		case nil, float64, string, []byte:
		default:
			t.Fatalf("%s became a %T", text, p)
		}
	})
}
