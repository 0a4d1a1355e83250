package wire

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAppendResult: the copies of the results say what the response says.
func TestAppendResult(t *testing.T) {
	bodies := append([]string{wrap(3, `[1,"a",null],[2,"b",[1,2]],[3,"\"\u00fc\n",1.5]`)}, accepted...)
	for _, body := range bodies {
		want, err := decode(strings.NewReader(body))
		require.NoError(t, err)
		var got []result
		d := NewDecoder(strings.NewReader(body))
		err = d.NextResult()
		for ; err == nil; err = d.NextResult() {
			copied, err := d.AppendResult([]byte("x"), 1<<20)
			require.NoError(t, err, body)
			one, err := decode(bytes.NewReader(copied[1:]))
			require.NoError(t, err, "%s", copied)
			got = append(got, one...)
		}
		require.Equal(t, io.EOF, err)
		d.Release()
		require.Equal(t, exact(want), exact(got), body)
	}
}

// TestAppendResultRest: rows that have been read are not copied.
func TestAppendResultRest(t *testing.T) {
	d := NewDecoder(strings.NewReader(wrap(1, `[1],[2],[3]`)))
	defer d.Release()
	require.NoError(t, d.NextResult())
	require.NoError(t, d.Next())
	copied, err := d.AppendResult(nil, 1<<20)
	require.NoError(t, err)
	rest, err := decode(bytes.NewReader(copied))
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(2)}, {int64(3)}}, rest[0].rows)
}

// TestAppendResultLimit: a result that is too long can be skipped, and the next
// one copied.
func TestAppendResultLimit(t *testing.T) {
	long := `{"results":{"columns":["a"],"rows":[["` + strings.Repeat("x", 500) + `"],["y"]]},"success":true}`
	short := `{"results":{"columns":["a"],"rows":[[1]]},"success":true}`
	d := NewDecoder(strings.NewReader(`{"result":[` + long + "," + short + `],"success":true}`))
	defer d.Release()
	require.NoError(t, d.NextResult())
	_, err := d.AppendResult(nil, 200)
	require.Equal(t, io.ErrShortBuffer, err)
	require.NoError(t, d.NextResult())
	copied, err := d.AppendResult(nil, 200)
	require.NoError(t, err)
	got, err := decode(bytes.NewReader(copied))
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(1)}}, got[0].rows)
	require.Equal(t, io.EOF, d.NextResult())
}

// TestAppendResultTruncated: the copy of the last result is there only if the
// response is whole.
func TestAppendResultTruncated(t *testing.T) {
	body := wrap(1, `[1]`)
	for n := strings.Index(body, "rows"); n < len(body); n++ {
		d := NewDecoder(strings.NewReader(body[:n]))
		err := d.NextResult()
		if err == nil {
			_, err = d.AppendResult(nil, 1<<20)
		}
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, body[:n])
		d.Release()
	}
}
