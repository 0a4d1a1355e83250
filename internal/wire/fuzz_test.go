package wire

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// FuzzDecode: the decoder never panics; what it accepts encoding/json accepts, and sees the same in it; how the
// bytes are delivered makes no difference; and no part of an accepted response is one.
func FuzzDecode(f *testing.F) {
	for _, body := range accepted {
		f.Add([]byte(body))
	}
	f.Add([]byte(`{"success":false,"errors":[{"code":7500,"message":"m"}],"result":[{"error":"e"}]}`))
	f.Add([]byte(wrap(1, `[[256]]`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decode(strings.NewReader(string(body)))
		slow, slowErr := decode(iotest.OneByteReader(strings.NewReader(string(body))))
		if err != nil {
			require.EqualError(t, slowErr, err.Error())
			return
		}
		require.NoError(t, slowErr)
		want, err := reference(body)
		require.NoError(t, err)
		require.Equal(t, exact(want), exact(got))
		require.Equal(t, want, exact(slow))
		d := NewDecoder(strings.NewReader(string(body)))
		require.NoError(t, d.Finish())
		d.Release()

		trimmed := strings.TrimRight(string(body), " \t\r\n")
		for n := 0; n < len(trimmed); n += 1 + len(trimmed)/100 {
			_, err := decode(strings.NewReader(trimmed[:n]))
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%q", trimmed[:n])
			d := NewDecoder(strings.NewReader(trimmed[:n]))
			require.ErrorIs(t, d.Finish(), io.ErrUnexpectedEOF, "%q", trimmed[:n])
			d.Release()
		}
		_, err = decode(strings.NewReader(trimmed + "]"))
		require.Error(t, err)
	})
}

// FuzzAppendString: any text comes back from encoding/json and from the decoder as it was.
func FuzzAppendString(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			t.Skip()
		}
		encoded := AppendString(nil, s)
		var back string
		require.NoError(t, json.Unmarshal(encoded, &back))
		require.Equal(t, s, back)
		got, err := decode(strings.NewReader(wrap(1, "["+string(encoded)+"]")))
		require.NoError(t, err)
		require.Equal(t, s, got[0].rows[0][0])
	})
}
