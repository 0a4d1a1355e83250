package differential

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"modernc.org/sqlite"

	"github.com/d1go/d1"
)

// queryer is a *sql.DB, *sql.Tx or a prepared statement's adapter.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// outcome is what a program sees of a statement.
type outcome struct {
	Columns []string
	Rows    [][]any // what Scan gives an *any
	Code    int     // extended SQLite result code of the error, 0 if there is none
	Message string  // of the error, without what a driver puts around it
}

// run runs a statement and reads all its rows. A failure that is no answer of the
// engine is returned as such.
func run(ctx context.Context, on queryer, query string, args []any) (outcome, error) {
	rows, err := on.QueryContext(ctx, query, args...)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	o := outcome{}
	if o.Columns, err = rows.Columns(); err != nil {
		return o, err
	}
	for rows.Next() {
		cells := make([]any, len(o.Columns))
		pointers := make([]any, len(cells))
		for i := range cells {
			pointers[i] = &cells[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			return o, err
		}
		o.Rows = append(o.Rows, cells)
	}
	if err := rows.Err(); err != nil {
		return failure(err)
	}
	return o, nil
}

func failure(err error) (outcome, error) {
	if native := (*sqlite.Error)(nil); errors.As(err, &native) {
		return outcome{Code: native.Code(), Message: nativeMessage(native.Error())}, nil
	}
	if e := (*d1.Error)(nil); errors.As(err, &e) && e.ExtendedCode != 0 {
		return outcome{Code: int(e.ExtendedCode), Message: engineMessage(e.Message)}, nil
	}
	return outcome{}, err
}

// nativeMessage takes the engine's words out of
//
//	constraint failed: UNIQUE constraint failed: t.a (2067)
func nativeMessage(text string) string {
	if at := strings.LastIndex(text, " ("); at >= 0 {
		text = text[:at]
	}
	for _, kind := range []string{"SQL logic error: ", "constraint failed: ", "datatype mismatch: "} {
		if rest, ok := strings.CutPrefix(text, kind); ok {
			return rest
		}
	}
	return text
}

// engineMessage takes the engine's words out of
//
//	no such column: a at offset 7: SQLITE_ERROR
//	UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)
func engineMessage(text string) string {
	text, _, _ = strings.Cut(text, " (extended: ")
	if at := strings.LastIndex(text, ": SQLITE_"); at >= 0 {
		text = text[:at]
	}
	if at := strings.LastIndex(text, " at offset "); at >= 0 {
		text = text[:at]
	}
	return text
}
