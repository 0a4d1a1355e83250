package d1

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"reflect"
	"time"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// rows reads a response as it arrives: one row is in memory at a time. Results
// without columns, those of statements that return no rows, are passed over.
type rows struct {
	dec     *wire.Decoder
	stream  *api.Stream   // nil if the response is not from the network
	bound   []value.Bound // the statements, for the names of their columns
	results int           // how many results there are

	readOnly bool // the statements only read
	rawTime  bool
	ctx      context.Context   // the caller's, who waits for Close to tell the Meta; may be nil
	hook     func(Meta)        // may be nil
	lost     func(error) error // asks the ledger about a write that failed; may be nil

	result  int // index of the current result
	columns []string
	started bool  // a row of the current result has been asked for
	pending bool  // the first row has been read ahead, for ColumnType
	end     error // why the current result has no more rows: io.EOF, or a failure
}

var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsNextResultSet              = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
)

// localRows reads rows from a response that the driver made or has read before.
func (c *Connector) localRows(body []byte) *rows {
	r := &rows{dec: wire.NewDecoder(bytes.NewReader(body)), rawTime: c.cfg.RawTime}
	if err := r.dec.NextResult(); err != nil {
		r.end = err
		return r
	}
	r.columns = r.dec.Columns()
	return r
}

// emptyRows is the answer of a statement that the driver handles itself and that
// returns no rows.
func emptyRows() *rows {
	return &rows{dec: wire.NewDecoder(bytes.NewReader(nil)), end: io.EOF}
}

// open takes up the first result that has columns; the decoder stands at the
// first of all.
func (r *rows) open() error {
	if r.takeUp() {
		return nil
	}
	if err := r.NextResultSet(); err != io.EOF {
		return err
	}
	return nil
}

// takeUp starts on the result at which the decoder stands. It reports whether
// the result has columns.
func (r *rows) takeUp() bool {
	r.started, r.pending, r.end = false, false, nil
	r.columns = r.dec.Columns()
	if r.result < len(r.bound) {
		r.bound[r.result].ColumnNames(r.columns)
	}
	return len(r.columns) > 0
}

// HasNextResultSet reports whether there may be another result.
func (r *rows) HasNextResultSet() bool { return r.result+1 < r.results }

// NextResultSet goes on to the next result that has columns. io.EOF means that
// there is none, and that the response was whole.
func (r *rows) NextResultSet() error {
	for {
		for r.end == nil {
			r.advance()
		}
		if r.end != io.EOF {
			return r.end
		}
		err := r.dec.NextResult()
		if err == io.EOF && r.stream != nil && r.HasNextResultSet() {
			err = errResultCount
		}
		if err != nil {
			r.end = r.fail(err)
			return r.end
		}
		r.result++
		if r.takeUp() {
			return nil
		}
	}
}

// advance reads the next row into the decoder, or sets r.end.
func (r *rows) advance() {
	r.started = true
	err := r.dec.Next()
	if err == nil {
		return
	}
	if err == io.EOF && r.hook != nil {
		r.hook(decodeMeta(bytes.Clone(r.dec.Meta())))
	}
	r.end = r.fail(err)
}

// step makes the next row current.
func (r *rows) step() error {
	if r.pending {
		r.pending = false
		return nil
	}
	if r.end == nil {
		r.advance()
	}
	return r.end
}

// fail classifies an error of the decoder. io.EOF passes.
func (r *rows) fail(err error) error {
	if err == io.EOF || r.stream == nil {
		return err
	}
	err = r.stream.Err(err)
	if r.lost != nil {
		return r.lost(err)
	}
	return requestError(err, r.readOnly)
}

// Columns are the names of the current result's columns.
func (r *rows) Columns() []string { return r.columns }

// How much Close reads to get at the Meta. D1 has done all of its work before it
// answers, so what is near comes at once.
const (
	maxRowsForMeta = 100
	maxTimeForMeta = 100 * time.Millisecond
)

// Close gives the HTTP connection back. Rows not read are dropped, but for a few
// if the caller wants the Meta, which comes behind them: QueryRow closes after the
// first row. Not if the context has ended: then database/sql closes on a goroutine
// of its own, where the caller does not expect to be called.
func (r *rows) Close() error {
	if r.hook != nil && r.end == nil && r.ctx != nil && r.ctx.Err() == nil {
		if r.stream != nil {
			defer r.stream.CancelAfter(maxTimeForMeta)()
		}
		r.lost = nil // that they are not read to the end is no failure
		for n := 0; n <= maxRowsForMeta && r.end == nil; n++ {
			r.advance()
		}
	}
	if r.end == nil {
		r.end = io.EOF
	}
	if r.stream != nil {
		return r.stream.Close()
	}
	r.dec.Release()
	return nil
}

// Next reads the next row. A response that is cut off is an error here, never a
// short result.
func (r *rows) Next(dest []driver.Value) error {
	if err := r.step(); err != nil {
		return err
	}
	for i := range dest {
		dest[i] = r.value(i)
	}
	return nil
}

// value converts cell i of the current row.
func (r *rows) value(i int) driver.Value {
	c := r.dec.Cell(i)
	switch c.Kind() {
	case wire.Int:
		n := c.Int64()
		if n > maxSafeInteger || n < -maxSafeInteger {
			// Rounded by D1. As a float64 it fails to scan into an integer,
			// rather than giving one that is wrong.
			return float64(n)
		}
		return n
	case wire.Float:
		return c.Float64()
	case wire.String:
		if !r.rawTime {
			if t, ok := value.ParseTimestamp(c.Bytes()); ok {
				return t
			}
		}
		return string(c.Bytes())
	case wire.Blob:
		return bytes.Clone(c.Bytes())
	case wire.Bool:
		return c.Bool()
	}
	return nil
}

// ColumnTypeDatabaseTypeName says what the first row tells: TEXT, BLOB, REAL for
// a number with a fraction, NUMERIC for one without, which may be INTEGER or
// REAL. It is empty for NULL or without rows: D1 sends no declared types.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	switch r.firstKind(i) {
	case wire.Int:
		return "NUMERIC"
	case wire.Float:
		return "REAL"
	case wire.String:
		return "TEXT"
	case wire.Blob:
		return "BLOB"
	}
	return ""
}

// ColumnTypeScanType is a type that holds what the column has in the first row,
// and NULL: any row may be NULL, and a column of SQLite may mix types.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	switch r.firstKind(i) {
	case wire.Float:
		return reflect.TypeFor[sql.NullFloat64]()
	case wire.String:
		if _, ok := value.ParseTimestamp(r.dec.Cell(i).Bytes()); r.rawTime || !ok {
			return reflect.TypeFor[sql.NullString]()
		}
	case wire.Blob:
		return reflect.TypeFor[[]byte]()
	}
	return reflect.TypeFor[any]()
}

// firstKind is the kind of cell i of the first row, which is read ahead for it.
func (r *rows) firstKind(i int) wire.CellKind {
	if !r.started && r.end == nil {
		r.advance()
		r.pending = r.end == nil
	}
	if r.end != nil || i >= len(r.columns) {
		return wire.Null
	}
	return r.dec.Cell(i).Kind()
}
