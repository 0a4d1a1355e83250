//go:build go1.27

package d1

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

var _ driver.RowsColumnScanner = (*rows)(nil)

// NextRow makes the next row current, for ScanColumn.
func (r *rows) NextRow() error { return r.step() }

// ScanColumn scans by the destination's type, so that text becomes a time.Time
// only where one is asked for, and common destinations need no allocation.
func (r *rows) ScanColumn(ctx driver.ScanContext, i int, dest any) error {
	c := r.dec.Cell(i)
	switch c.Kind() {
	case wire.Int:
		if n := c.Int64(); n <= maxSafeInteger && n >= -maxSafeInteger && scanInt(n, dest) {
			return nil
		}
	case wire.Float:
		if scanFloat(c.Float64(), dest) {
			return nil
		}
	case wire.String:
		if handled, err := scanText(c.Bytes(), dest); handled {
			return err
		}
		if !mayTakeTime(dest) {
			return sql.ConvertAssign(ctx, dest, string(c.Bytes()))
		}
	case wire.Blob:
		switch d := dest.(type) {
		case *[]byte:
			if d != nil {
				*d = bytes.Clone(c.Bytes())
				return nil
			}
		case *sql.RawBytes:
			if d != nil {
				*d = c.Bytes() // borrowed until the next row, as RawBytes is
				return nil
			}
		}
	}
	return sql.ConvertAssign(ctx, dest, r.value(i))
}

// scanInt stores n where that needs no conversion.
func scanInt(n int64, dest any) bool {
	switch d := dest.(type) {
	case *int64:
		if d != nil {
			*d = n
			return true
		}
	case *int:
		if d != nil && int64(int(n)) == n {
			*d = int(n)
			return true
		}
	case *bool:
		if d != nil && n&^1 == 0 {
			*d = n == 1
			return true
		}
	case *sql.NullInt64:
		if d != nil {
			*d = sql.NullInt64{Int64: n, Valid: true}
			return true
		}
	case *sql.Null[int64]:
		if d != nil {
			*d = sql.Null[int64]{V: n, Valid: true}
			return true
		}
	}
	return scanFloat(float64(n), dest)
}

// scanFloat stores v where that needs no conversion.
func scanFloat(v float64, dest any) bool {
	switch d := dest.(type) {
	case *float64:
		if d != nil {
			*d = v
			return true
		}
	case *sql.NullFloat64:
		if d != nil {
			*d = sql.NullFloat64{Float64: v, Valid: true}
			return true
		}
	case *sql.Null[float64]:
		if d != nil {
			*d = sql.Null[float64]{V: v, Valid: true}
			return true
		}
	}
	return false
}

// scanText stores text in destinations that ask for text, a time or a number,
// where that needs no conversion.
func scanText(text []byte, dest any) (handled bool, err error) {
	switch d := dest.(type) {
	case *string:
		if d != nil {
			*d = string(text)
			return true, nil
		}
	case *[]byte:
		if d != nil {
			*d = bytes.Clone(text)
			return true, nil
		}
	case *sql.RawBytes:
		if d != nil {
			*d = text
			return true, nil
		}
	case *sql.NullString:
		if d != nil {
			*d = sql.NullString{String: string(text), Valid: true}
			return true, nil
		}
	case *sql.Null[string]:
		if d != nil {
			*d = sql.Null[string]{V: string(text), Valid: true}
			return true, nil
		}
	case **string:
		if d != nil {
			s := string(text)
			*d = &s
			return true, nil
		}
	case *int64:
		if d != nil {
			n, err := strconv.ParseInt(string(text), 10, 64)
			if err != nil {
				return false, nil // ConvertAssign words the error
			}
			*d = n
			return true, nil
		}
	case *time.Time:
		if d == nil {
			return true, errNilPointer // ConvertAssign would panic
		}
		*d, err = scanTime(text)
		return true, err
	case *sql.NullTime:
		if d != nil {
			t, err := scanTime(text)
			*d = sql.NullTime{Time: t, Valid: err == nil}
			return true, err
		}
	case *sql.Null[time.Time]:
		if d != nil {
			t, err := scanTime(text)
			*d = sql.Null[time.Time]{V: t, Valid: err == nil}
			return true, err
		}
	case **time.Time:
		if d != nil {
			t, err := scanTime(text)
			if err == nil {
				*d = &t
			}
			return true, err
		}
	}
	return false, nil
}

// mayTakeTime reports whether a destination that scanText does not know can hold a
// time.Time, so that parse_time decides as on Go 1.26: any, Scanners and structs.
// A string type of the program's own gets its text as it is.
func mayTakeTime(dest any) bool {
	t := reflect.TypeOf(dest)
	for t != nil && t.Kind() == reflect.Pointer {
		if t.Implements(reflect.TypeFor[sql.Scanner]()) {
			return true
		}
		t = t.Elem()
	}
	return t != nil && (t.Kind() == reflect.Interface || t.Kind() == reflect.Struct)
}

var errNilPointer = errors.New("destination pointer is nil")

func scanTime(text []byte) (time.Time, error) {
	t, ok := value.ParseTime(text)
	if !ok {
		return time.Time{}, fmt.Errorf("%q is not a time in one of SQLite's formats with a date", text)
	}
	return t, nil
}
