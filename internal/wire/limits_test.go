package wire

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("moves about 1 GB")
	}
	zeros := func(n int) io.Reader { return io.LimitReader(repeatReader("0,"), int64(2*n)) }
	text := func(s string, n int) io.Reader { return io.LimitReader(repeatReader(s), int64(n*len(s))) }
	around := func(inner io.Reader) io.Reader {
		before, after, _ := strings.Cut(wrap(1, "[@]"), "@")
		return io.MultiReader(strings.NewReader(before), inner, strings.NewReader(after))
	}
	join := func(parts ...any) io.Reader {
		var readers []io.Reader
		for _, p := range parts {
			if s, ok := p.(string); ok {
				p = strings.NewReader(s)
			}
			readers = append(readers, p.(io.Reader))
		}
		return io.MultiReader(readers...)
	}
	long := strings.Repeat("a", MaxRow/64)
	tests := map[string]struct {
		body  io.Reader
		limit int // 0: accepted
	}{
		"largest text":          {around(join(`"`, text("a", MaxCell), `"`)), 0},
		"text":                  {around(join(`"`, text("a", MaxCell+1), `"`)), MaxCell},
		"largest escaped text":  {around(join(`"`, text(`\n23456789abcdef\u0020`, MaxCell/16), `"`)), 0},
		"escaped text":          {around(join(`"`, text(`\n23456789abcdef\u0020`, MaxCell/16), `1"`)), MaxCell},
		"broken text":           {around(join(`"`, text("\xff\xff\xff\xff5678", MaxCell/12), `"`)), MaxCell},
		"largest blob":          {around(join(`[`, zeros(MaxCell-1), `0]`)), 0},
		"blob":                  {around(join(`[`, zeros(MaxCell), `0]`)), MaxCell},
		"row":                   {join(`{"result":[{"results":{"columns":["a","b","c","d","e"],"rows":[["`, text("a", 1<<24), `","`, text("a", 1<<24), `","`, text("a", 1<<24), `","`, text("a", 1<<24), `","`, text("a", 1<<24), `"]]}}],"success":true}`), MaxRow},
		"held rows":             {join(`{"result":[{"results":{"rows":[`, text(`["`+long+`"],`, 64), `[1]],"columns":["a"]}}],"success":true}`), MaxRow},
		"meta":                  {join(`{"result":[{"meta":[`, text(`"`+long+`",`, 64), `1]}],"success":true}`), MaxRow},
		"skipped array":         {join(`{"x":[`, text(`"`+long+`",`, 64), `1],"success":true}`), 0},
		"skipped text":          {join(`{"x":"`, text(long, 65), `","success":true}`), 0},
		"most columns":          {join(`{"result":[{"results":{"columns":[`, text(`"",`, MaxColumns-1), `""]}}],"success":true}`), 0},
		"columns":               {join(`{"result":[{"results":{"columns":[`, text(`"",`, MaxColumns), `""]}}],"success":true}`), MaxColumns},
		"column names":          {join(`{"result":[{"results":{"columns":[`, text(`"`+long+`",`, 64), `"a"]}}],"success":true}`), MaxRow},
		"deepest nesting":       {join(`{"x":`, text(`[`, MaxDepth), text(`]`, MaxDepth), `,"success":true}`), 0},
		"nesting":               {join(`{"x":`, text(`[`, MaxDepth+1), text(`]`, MaxDepth+1), `,"success":true}`), MaxDepth},
		"nested objects":        {join(`{"x":`, text(`{"":`, MaxDepth+1)), MaxDepth},
		"longest number":        {around(join(text("1", 1), `.`, text("1", MaxNumber-2))), 0},
		"number":                {around(join(text("1", 1), `.`, text("1", MaxNumber-1))), MaxNumber},
		"number, at once":       {strings.NewReader(wrap(1, `[1.`+strings.Repeat("1", MaxNumber-1)+`]`)), MaxNumber},
		"number, byte by byte":  {iotest.OneByteReader(around(join(`1.`, text("1", MaxNumber-1)))), MaxNumber},
		"number without an end": {around(text("1", 1<<20)), MaxNumber},
		"most errors":           {join(`{"messages":[`, text(`{},`, MaxErrors-1), `{}],"success":true}`), 0},
		"errors":                {join(`{"messages":[`, text(`{},`, MaxErrors), `{}],"success":true}`), MaxErrors},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := NewDecoder(tt.body)
			defer d.Release()
			var err error
			for err == nil {
				if err = d.NextResult(); err == nil {
					for err == nil {
						err = d.Next()
					}
					if err == io.EOF {
						err = nil
					}
				}
			}
			if tt.limit == 0 {
				require.Equal(t, io.EOF, err)
				return
			}
			var limit *LimitError
			require.ErrorAs(t, err, &limit)
			require.Equal(t, tt.limit, limit.Limit)
			require.NotEmpty(t, limit.Error())
		})
	}
}

// repeatReader reads the same text for ever.
func repeatReader(s string) io.Reader {
	return &repeater{chunk: bytes.Repeat([]byte(s), max(1, 64<<10/len(s)))}
}

type repeater struct {
	chunk []byte
	pos   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, r.chunk[r.pos:])
	r.pos = (r.pos + n) % len(r.chunk)
	return n, nil
}

// What values need while they are decoded is their own size, not that of their JSON.
func TestMemoryOfLargeValues(t *testing.T) {
	const size = 1 << 20
	tests := map[string]string{
		"text":    `"` + strings.Repeat("a", size) + `"`,
		"escaped": `"` + strings.Repeat(`\ud83d\ude00`, size/4) + `"`,
		"blob":    `[` + strings.Repeat(`255, `, size-1) + `255]`,
		"compact": `[` + strings.Repeat(`255,`, size-1) + `255]`,
	}
	for name, cell := range tests {
		for range 2 { // the second time perhaps with a larger buffer from the pool
			d := NewDecoder(strings.NewReader(wrap(1, "["+cell+"]")))
			require.NoError(t, d.NextResult(), name)
			require.NoError(t, d.Next(), name)
			require.Len(t, d.Cell(0).Bytes(), size, name)
			require.LessOrEqual(t, cap(d.main.buf), 2*size, name)
			d.Release()
		}
	}
}

func TestPoolKeepsNoGiants(t *testing.T) {
	d := NewDecoder(strings.NewReader(wrap(1, `["`+strings.Repeat("a", 2*maxPooledSize)+`"]`)))
	require.NoError(t, d.NextResult())
	require.NoError(t, d.Next())
	b := d.bufs
	d.Release()
	require.LessOrEqual(t, cap(b.read), maxPooledSize)
}
