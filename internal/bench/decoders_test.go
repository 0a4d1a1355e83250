package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/bytedance/sonic"
	"github.com/go-faster/jx"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/wire"
)

// BenchmarkDecoders decodes 100,000 rows of 8 mixed columns from a stream with
// the libraries that the driver could be built on, each as fast as its interface
// allows: row by row into the same []any, integers as int64, but sonic, which
// has no such interface and makes a [][]any.
func BenchmarkDecoders(b *testing.B) {
	const rows = 100_000
	recorded := mixed(b, rows)
	response := append(append(bytes.Clone(recorded.head), bytes.Repeat(recorded.chunk, recorded.times)...), recorded.tail...)
	first := []any{int64(0), "User number 0", "user0@example.com", 0.005, int64(0),
		"Likes \"quotes\", ünïcode and\nline breaks; number 0", "2026-01-02 03:04:05.678+00:00", int64(0)}
	for _, test := range []struct {
		name   string
		decode func(r io.Reader, row []any, next func()) error
	}{
		{"wire", decodeWire},
		{"jx", decodeJX},
		{"jsontext", decodeJSONText},
		{"sonic", decodeSonic},
		{"json", decodeJSON},
	} {
		b.Run("client="+test.name, func(b *testing.B) {
			b.SetBytes(int64(len(response)))
			loop(b, func() {
				n, row := 0, make([]any, 8)
				err := test.decode(bytes.NewReader(response), row, func() {
					if n++; n == 1 {
						require.Equal(b, first, row)
					}
				})
				require.NoError(b, err)
				require.Equal(b, rows, n)
			})
		})
	}
}

func decodeWire(r io.Reader, row []any, next func()) error {
	d := wire.NewDecoder(r)
	defer d.Release()
	if err := d.NextResult(); err != nil {
		return err
	}
	for {
		if err := d.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		for i := range row {
			switch c := d.Cell(i); c.Kind() {
			case wire.Int:
				row[i] = c.Int64()
			case wire.Float:
				row[i] = c.Float64()
			case wire.String:
				row[i] = string(c.Bytes())
			default:
				row[i] = nil
			}
		}
		next()
	}
}

func decodeJX(r io.Reader, row []any, next func()) error {
	d := jx.Decode(r, 32<<10)
	var cell func(d *jx.Decoder) error
	i := 0
	cell = func(d *jx.Decoder) (err error) {
		switch d.Next() {
		case jx.Number:
			var n jx.Num
			if n, err = d.Num(); err != nil {
				return err
			}
			if n.IsInt() {
				row[i], err = n.Int64()
			} else {
				row[i], err = n.Float64()
			}
		case jx.String:
			row[i], err = d.Str()
		default:
			row[i], err = nil, d.Null()
		}
		i++
		return err
	}
	readRow := func(d *jx.Decoder) error {
		i = 0
		if err := d.Arr(cell); err != nil {
			return err
		}
		next()
		return nil
	}
	return d.Obj(func(d *jx.Decoder, key string) error {
		if key != "result" {
			return d.Skip()
		}
		return d.Arr(func(d *jx.Decoder) error {
			return d.Obj(func(d *jx.Decoder, key string) error {
				if key != "results" {
					return d.Skip()
				}
				return d.Obj(func(d *jx.Decoder, key string) error {
					if key != "rows" {
						return d.Skip()
					}
					return d.Arr(readRow)
				})
			})
		})
	})
}

func decodeJSONText(r io.Reader, row []any, next func()) error {
	d := jsontext.NewDecoder(r)
	for { // up to the rows
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		if token.Kind() == '"' && token.String() == "rows" {
			break
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '[' {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		for i := range row {
			token, err := d.ReadToken()
			if err != nil {
				return err
			}
			switch token.Kind() {
			case '0':
				// Token.Int rounds; the text tells what kind of number it is.
				text := token.String()
				if strings.ContainsAny(text, ".eE") {
					row[i], err = strconv.ParseFloat(text, 64)
				} else {
					row[i], err = strconv.ParseInt(text, 10, 64)
				}
				if err != nil {
					return err
				}
			case '"':
				row[i] = token.String()
			default:
				row[i] = nil
			}
		}
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		next()
	}
	for {
		if _, err := d.ReadToken(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func decodeSonic(r io.Reader, row []any, next func()) error {
	var answer jsonResponse
	api := sonic.Config{UseInt64: true, ValidateString: true}.Froze()
	if err := api.NewDecoder(r).Decode(&answer); err != nil {
		return err
	}
	for _, cells := range answer.Result[0].Results.Rows {
		copy(row, cells)
		next()
	}
	return nil
}

func decodeJSON(r io.Reader, row []any, next func()) error {
	var answer jsonResponse
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		return err
	}
	for _, cells := range answer.Result[0].Results.Rows {
		for i, c := range cells {
			if n, ok := c.(json.Number); ok {
				var err error
				if strings.ContainsAny(string(n), ".eE") {
					c, err = n.Float64()
				} else {
					c, err = n.Int64()
				}
				if err != nil {
					return err
				}
			}
			row[i] = c
		}
		next()
	}
	return nil
}
