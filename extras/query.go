package extras

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/d1go/d1"
	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/bridge"
	"github.com/d1go/d1/internal/wire"
)

// Statement is a SQL text, or several separated by semicolons, with arguments of
// the same types as the driver takes, bound as exactly.
type Statement struct {
	SQL  string // each statement up to 100,000 bytes
	Args []any  // sql.Named included
}

// Meta is what D1 reports about one statement.
type Meta struct {
	d1.Meta                   // of it, DryRun, Guard and FromLedger are never set here
	SQLDuration time.Duration // of the SQL alone (timings.sql_duration_ms); 0 if not reported
}

// RawResult is the result of one statement from the /raw endpoint. Cells are nil,
// int64, float64, string, []byte or bool. An integer beyond ±2^53, which D1
// has rounded, is a float64.
type RawResult struct {
	Columns []string // names, in order; the same one may come twice
	Rows    [][]any  // one cell for each column; not nil
	Meta    Meta     // what D1 reports
}

// QueryResult is the result of one statement from the /query endpoint: each row
// is an object, so of several columns of one name only the last is left. Cells
// are as in RawResult.
type QueryResult struct {
	Results []map[string]any // rows, by column name; not nil
	Success bool             // as D1 sent it; a failure is an error of Query already
	Meta    Meta             // what D1 reports
}

// Raw runs statements in one request, which is one transaction, and gives one
// result for each, with all rows in memory. To stream rows, or scan them into
// types, use database/sql. Reads are repeated after failures that may pass; of a
// write without an answer the error is d1.ErrOutcomeUnknown, as Config.Ledger does
// not reach here.
func (c *Client) Raw(ctx context.Context, statements ...Statement) ([]RawResult, error) {
	id, request, err := c.encode(ctx, statements)
	if err != nil {
		return nil, err
	}
	stream, err := c.inside.Client().Raw(ctx, id, request.Body, request.ReadOnly)
	if err != nil {
		return nil, bridge.WrapError(err, request.ReadOnly)
	}
	defer stream.Close()
	var results []RawResult
	dec := stream.Decoder()
	for err = nil; err == nil; err = dec.NextResult() { // Raw has gone to the first result
		r := RawResult{Columns: dec.Columns(), Rows: [][]any{}}
		for err = dec.Next(); err == nil; err = dec.Next() {
			row := make([]any, len(r.Columns))
			for i := range row {
				row[i] = cell(dec.Cell(i))
			}
			r.Rows = append(r.Rows, row)
		}
		if err != io.EOF {
			break
		}
		r.Meta = c.meta(dec.Meta())
		results = append(results, r)
	}
	if err != io.EOF {
		return nil, bridge.WrapError(stream.Err(err), request.ReadOnly)
	}
	return results, request.check(len(results))
}

// maxInteger is the largest integer that D1's JSON carries exactly: JavaScript
// has rounded those beyond.
const maxInteger = 1<<53 - 1

// cell copies a cell.
func cell(c wire.Cell) any {
	switch c.Kind() {
	case wire.Int:
		return integer(c.Int64())
	case wire.Float:
		return c.Float64()
	case wire.String:
		return string(c.Bytes())
	case wire.Blob:
		return bytes.Clone(c.Bytes())
	case wire.Bool:
		return c.Bool()
	}
	return nil
}

func integer(n int64) any {
	if n > maxInteger || n < -maxInteger {
		return float64(n)
	}
	return n
}

// Query is Raw with rows as objects. The answer may have 16 MiB in all.
func (c *Client) Query(ctx context.Context, statements ...Statement) ([]QueryResult, error) {
	id, request, err := c.encode(ctx, statements)
	if err != nil {
		return nil, err
	}
	access := changes
	if request.ReadOnly {
		access = reads
	}
	var out []struct {
		Results []map[string]json.RawMessage `json:"results"`
		Success bool                         `json:"success"`
		Meta    json.RawMessage              `json:"meta"`
	}
	r := api.Request{Method: http.MethodPost, Path: "/" + id + "/query", Body: json.RawMessage(request.Body)}
	if _, err := c.call(ctx, access, r, &out); err != nil {
		return nil, err
	}
	results := make([]QueryResult, len(out))
	for i, o := range out {
		results[i] = QueryResult{Results: make([]map[string]any, len(o.Results)), Success: o.Success, Meta: c.meta(o.Meta)}
		for j, row := range o.Results {
			values := make(map[string]any, len(row))
			for name, text := range row {
				if values[name], err = jsonCell(text); err != nil {
					return nil, protocolError(request.outcome(), "the value of column %q can't be read: %v", name, err)
				}
			}
			results[i].Results[j] = values
		}
	}
	return results, request.check(len(results))
}

// jsonCell decodes a cell of /query.
func jsonCell(text json.RawMessage) (any, error) {
	switch text[0] {
	case '{':
		return nil, errors.New("an object")
	case '[':
		var blob []byte
		err := json.Unmarshal(text, &blob)
		return blob, err
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		var n int64
		if json.Unmarshal(text, &n) == nil {
			return integer(n), nil
		}
	}
	var v any
	err := json.Unmarshal(text, &v)
	return v, err
}

// request is an encoded request and what is known about it.
type request struct{ bridge.Request }

func (r request) outcome() api.Outcome {
	if r.ReadOnly {
		return api.OutcomeNotRun
	}
	return api.OutcomeUnknown
}

func (r request) check(results int) error {
	if results != r.Results {
		return protocolError(r.outcome(), "%d results for %d statements", results, r.Results)
	}
	return nil
}

func (c *Client) encode(ctx context.Context, statements []Statement) (id string, _ request, err error) {
	list := make([]bridge.Statement, len(statements))
	for i, s := range statements {
		list[i] = bridge.Statement(s)
	}
	encoded, err := c.inside.Encode(list)
	if err == nil {
		id, err = c.DatabaseID(ctx)
	}
	return id, request{encoded}, err
}

// meta decodes a "meta", which stays valid when the decoder's buffer does not.
func (c *Client) meta(raw []byte) Meta {
	raw = bytes.Clone(raw)
	m := Meta{Meta: c.inside.Meta(raw).(d1.Meta)}
	var w struct {
		Timings struct {
			Duration float64 `json:"sql_duration_ms"`
		} `json:"timings"`
	}
	if json.Unmarshal(raw, &w) == nil {
		m.SQLDuration = time.Duration(w.Timings.Duration * float64(time.Millisecond))
	}
	return m
}
