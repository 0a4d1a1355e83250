package bench

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strconv"
	"testing"
)

// floor does the least that any driver must: it has the whole response in
// memory, finds the ends of the values in it, turns each into a Go value and
// boxes it. It checks nothing, resolves no escapes and knows no names of columns and
// no BLOBs. It is a driver with a single connection, so that the cost of
// database/sql can be measured on top.
type floor struct {
	client  *poster
	columns int
	body    []byte
	at      int
}

func newFloor(tb testing.TB, srv *replay, recorded body, columns int) *floor {
	return &floor{client: newPoster(tb, srv.rawURL()), columns: columns, body: make([]byte, recorded.size())}
}

// fetch reads the response.
func (f *floor) fetch(ctx context.Context) error {
	err := f.client.post(ctx, []byte(`{"sql":"SELECT"}`), func(r io.Reader) error {
		_, err := io.ReadFull(r, f.body)
		return err
	})
	f.at = bytes.Index(f.body, []byte(`"rows":[`)) + len(`"rows":[`)
	return err
}

// Next implements driver.Rows.
func (f *floor) Next(row []driver.Value) error {
	body, i := f.body, f.at
	if body[i] == ']' {
		return io.EOF
	}
	if body[i] == ',' {
		i++
	}
	for column := range row {
		i++ // the bracket or comma before the cell
		switch body[i] {
		case '"':
			start := i + 1
			for i = start; body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
			row[column] = string(body[start:i])
			i++
		case 'n':
			row[column] = nil
			i += len("null")
		default:
			start, integer := i, true
			for ; body[i] != ',' && body[i] != ']'; i++ {
				integer = integer && body[i] != '.'
			}
			if integer {
				row[column], _ = strconv.ParseInt(string(body[start:i]), 10, 64)
			} else {
				row[column], _ = strconv.ParseFloat(string(body[start:i]), 64)
			}
		}
	}
	f.at = i + 1
	return nil
}

func (f *floor) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f *floor) Driver() driver.Driver                        { return nil }
func (f *floor) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (f *floor) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (f *floor) Close() error                                 { return nil }
func (f *floor) Columns() []string                            { return make([]string, f.columns) }

func (f *floor) QueryContext(ctx context.Context, _ string, _ []driver.NamedValue) (driver.Rows, error) {
	return f, f.fetch(ctx)
}
