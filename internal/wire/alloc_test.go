//go:build !race

package wire

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllocations(t *testing.T) {
	const runs = 1000
	row := `[123456,-9007199254740991,1.25,123456.789012345678,"plain text","esc\u0061ped\n 😀",[1,20,255],null,true],`
	body := wrap(9, strings.Repeat(row, runs+10)+strings.TrimSuffix(row, ","))
	d := NewDecoder(strings.NewReader(body))
	defer d.Release()
	require.NoError(t, d.NextResult())
	require.Zero(t, testing.AllocsPerRun(runs, func() {
		if err := d.Next(); err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			_ = d.Cell(i).Bytes()
		}
	}), "per row")

	// A whole small response: the decoder, the columns and their names.
	r := strings.NewReader("")
	small := wrap(3, `[1,"a",null]`)
	require.LessOrEqual(t, testing.AllocsPerRun(runs, func() {
		r.Reset(small)
		d := NewDecoder(r)
		if err := d.NextResult(); err != nil {
			t.Fatal(err)
		}
		for d.Next() != io.EOF {
		}
		d.Release()
	}), 4.0)

	buf := make([]byte, 0, 1024)
	require.Zero(t, testing.AllocsPerRun(runs, func() {
		buf = AppendStatement(buf[:0], Statement{SQL: `SELECT "a" FROM t -- a text too long for any buffer on the stack`, Params: buf[:0]})
		buf = AppendFloat(buf, 1.5)
	}))
}
