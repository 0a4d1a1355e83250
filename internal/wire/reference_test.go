package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// result is one element of "result", with cells as nil, int64, float64, string, []byte or bool.
type result struct {
	columns []string
	rows    [][]any
	meta    string // canonical JSON; "" if there is none

	counters Counters // in meta
}

// decode reads a whole response with a Decoder.
func decode(r io.Reader) ([]result, error) {
	d := NewDecoder(r)
	defer d.Release()
	var results []result
	for {
		if err := d.NextResult(); err == io.EOF {
			return results, nil
		} else if err != nil {
			return results, err
		}
		res := result{columns: d.Columns()}
		for {
			err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return append(results, res), err
			}
			row := make([]any, len(res.columns))
			for i := range row {
				row[i] = box(d.Cell(i))
			}
			res.rows = append(res.rows, row)
		}
		if m := d.Meta(); m != nil {
			res.meta = canonical(m)
		}
		res.counters = d.Counters()
		results = append(results, res)
	}
}

// box turns a cell into a value of its own.
func box(c Cell) any {
	switch c.Kind() {
	case Int:
		return c.Int64()
	case Float:
		return c.Float64()
	case String:
		return string(c.Bytes())
	case Blob:
		return append([]byte{}, c.Bytes()...)
	case Bool:
		return c.Bool()
	default:
		return nil
	}
}

// canonical renders JSON so that equal values are equal text.
func canonical(raw []byte) string {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return "broken: " + err.Error()
	}
	out, err := json.Marshal(v)
	if err != nil {
		return "broken: " + err.Error()
	}
	return string(out)
}

// counters looks for the counters in a "meta".
func counters(raw []byte) (c Counters) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return c
	}
	for dec.More() {
		key, err := dec.Token()
		var v any
		if err != nil || dec.Decode(&v) != nil {
			return c
		}
		n, _ := v.(json.Number)
		if f, err := n.Float64(); err == nil {
			switch key {
			case "changes":
				c.Changes = f
			case "last_row_id":
				c.LastRowID = f
			}
		}
	}
	return c
}

// reference reads a whole successful response with encoding/json.
func reference(body []byte) ([]result, error) {
	var env map[string]json.RawMessage
	if err := json.Unmarshal(body, &env); err != nil {
		return nil, err
	}
	if string(env["success"]) != "true" {
		return nil, errors.New("no success")
	}
	var elements []map[string]json.RawMessage
	if raw := env["result"]; len(raw) > 0 && raw[0] == '[' {
		if err := json.Unmarshal(raw, &elements); err != nil {
			return nil, err
		}
	}
	var out []result
	for _, e := range elements {
		res := result{columns: []string{}}
		if m := e["meta"]; m != nil && string(m) != "null" {
			res.meta, res.counters = canonical(m), counters(m)
		}
		var t map[string]json.RawMessage
		if raw := e["results"]; raw != nil {
			if err := json.Unmarshal(raw, &t); err != nil {
				return nil, err
			}
		}
		if raw := t["columns"]; raw != nil {
			if err := json.Unmarshal(raw, &res.columns); err != nil {
				return nil, err
			}
		}
		if raw := t["rows"]; raw != nil {
			dec := json.NewDecoder(bytes.NewReader(raw))
			dec.UseNumber()
			var rows [][]any
			if err := dec.Decode(&rows); err != nil {
				return nil, err
			}
			for _, row := range rows {
				if len(row) != len(res.columns) {
					return nil, errors.New("row and columns differ in length")
				}
				for i := range row {
					var err error
					if row[i], err = referenceCell(row[i]); err != nil {
						return nil, err
					}
				}
				res.rows = append(res.rows, row)
			}
		}
		out = append(out, res)
	}
	return out, nil
}

func referenceCell(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return i, nil
		}
		return strconv.ParseFloat(string(v), 64)
	case []any:
		b := []byte{}
		for _, e := range v {
			n, ok := e.(json.Number)
			u, err := strconv.ParseUint(string(n), 10, 8)
			if !ok || err != nil {
				return nil, fmt.Errorf("%v in a BLOB", e)
			}
			b = append(b, byte(u))
		}
		return b, nil
	case map[string]any:
		return nil, errors.New("object in a cell")
	default:
		return v, nil
	}
}

// exact makes results comparable with require.Equal down to the sign of zero.
func exact(results []result) []result {
	for _, res := range results {
		for _, row := range res.rows {
			for i, v := range row {
				if f, ok := v.(float64); ok {
					row[i] = fmt.Sprintf("float64 %#x", math.Float64bits(f))
				}
			}
		}
	}
	return results
}
