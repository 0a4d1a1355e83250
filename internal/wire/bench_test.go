package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"testing"
)

// mixed is a response of rows × 8 columns as a table of a web application has them.
func mixed(rows int) []byte {
	b := []byte(`{"result":[{"results":{"columns":["id","name","email","score","active","bio","created_at","parent"],"rows":[`)
	for i := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		parent := "null"
		if i%3 == 0 {
			parent = strconv.Itoa(i / 3)
		}
		b = fmt.Appendf(b, `[%d,"User number %d","user%d@example.com",%v,%d,"Likes \"quotes\", ünïcode and\nline breaks; number %d","2026-01-02 03:04:05.678+00:00",%s]`,
			i, i, i, float64(i%10000)/100+0.005, i&1, i, parent)
	}
	return append(b, `]},"success":true,"meta":{"duration":0.2,"changes":0,"last_row_id":0,"rows_read":100,"served_by":"x"}}],"success":true,"errors":[],"messages":[]}`...)
}

func blobBody() []byte {
	b := []byte(`{"result":[{"results":{"columns":["b"],"rows":[[[`)
	x := uint32(1)
	for i := range 1 << 20 {
		if i > 0 {
			b = append(b, ',')
		}
		x = x*1664525 + 1013904223
		b = strconv.AppendUint(b, uint64(x>>24), 10)
	}
	return append(b, `]]]},"success":true,"meta":{}}],"success":true,"errors":[],"messages":[]}`...)
}

var benchmarks = []struct {
	name string
	body []byte
}{
	{"rows=100000", mixed(100_000)},
	{"blob=1MB", blobBody()},
	{"rows=1", mixed(1)},
}

// BenchmarkWire decodes, and boxes every cell as database/sql needs it.
func BenchmarkWire(b *testing.B) {
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.body)))
			b.ReportAllocs()
			r := bytes.NewReader(nil)
			row := make([]any, 8)
			for b.Loop() {
				r.Reset(bb.body)
				d := NewDecoder(r)
				if err := d.NextResult(); err != nil {
					b.Fatal(err)
				}
				for {
					if err := d.Next(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
					for i := range d.Columns() {
						row[i] = box(d.Cell(i))
					}
				}
				d.Release()
			}
		})
	}
}

// BenchmarkWireUnboxed decodes only.
func BenchmarkWireUnboxed(b *testing.B) {
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.body)))
			b.ReportAllocs()
			r := bytes.NewReader(nil)
			for b.Loop() {
				r.Reset(bb.body)
				d := NewDecoder(r)
				if err := d.NextResult(); err != nil {
					b.Fatal(err)
				}
				for d.Next() == nil {
				}
				d.Release()
			}
		})
	}
}

// BenchmarkEncodingJSON does the same with encoding/json, as most would write it: body in memory, rows as [][]any.
func BenchmarkEncodingJSON(b *testing.B) {
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.body)))
			b.ReportAllocs()
			for b.Loop() {
				var env struct {
					Success bool
					Errors  []APIMessage
					Result  []struct {
						Results struct {
							Columns []string
							Rows    [][]any
						}
						Meta json.RawMessage
					}
				}
				if err := json.Unmarshal(bb.body, &env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFloor does the least that any decoder must: it looks at every byte for the ends of strings and numbers,
// and boxes something of the right size. It checks nothing and decodes nothing.
func BenchmarkFloor(b *testing.B) {
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.body)))
			b.ReportAllocs()
			for b.Loop() {
				floor(bb.body)
			}
		})
	}
}

var sink any

func floor(body []byte) {
	blob := 0
	for i := 0; i < len(body); {
		switch c := body[i]; {
		case c == '"':
			start := i + 1
			for i = start; body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
			if body[i+1] != ':' {
				sink = string(body[start:i])
			}
			i++
		case c == '-' || c-'0' < 10:
			var n uint64
			for ; body[i] >= '-'; i++ {
				n = n*10 + uint64(body[i]-'0')
			}
			if blob > 1<<10 {
				break // an element of a BLOB isn't boxed
			}
			if n > 1e6 {
				sink = math.Float64frombits(n)
			} else {
				sink = int64(n)
			}
			if body[i] == ',' {
				blob++
			}
		default:
			if c == '[' {
				blob = 0
			}
			i++
		}
	}
}
