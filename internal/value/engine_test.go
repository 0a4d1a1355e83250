package value

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
)

// engine is a SQLite that binds like D1, or natively.
type engine struct{ *sqlite.Conn }

func newEngine(tb testing.TB) engine {
	tb.Helper()
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite|sqlite.OpenCreate)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, conn.Close()) })
	return engine{conn}
}

// real is a REAL by its bits, so that -0.0 is not 0.0.
type real uint64

// native runs a statement with its arguments bound as a SQLite driver binds them.
func (e engine) native(query string, args []driver.NamedValue) ([]any, error) {
	return e.run(query, len(args), func(stmt *sqlite.Stmt, i int) {
		switch v := args[i-1].Value.(type) {
		case nil:
			stmt.BindNull(i)
		case int64:
			stmt.BindInt64(i, v)
		case bool:
			stmt.BindBool(i, v)
		case float64:
			stmt.BindFloat(i, v)
		case string:
			stmt.BindText(i, v)
		case []byte:
			if v == nil {
				stmt.BindNull(i)
				break
			}
			if len(v) == 0 {
				stmt.BindZeroBlob(i, 0)
				break
			}
			stmt.BindBytes(i, v)
		case time.Time:
			stmt.BindText(i, string(AppendTime(nil, v)))
		default:
			panic(fmt.Sprintf("argument of type %T", v))
		}
	})
}

// d1 runs a statement as D1 does: numbers are REAL, strings TEXT.
func (e engine) d1(b Bound) ([]any, error) {
	var params []any
	if err := json.Unmarshal([]byte("["+string(b.Params)+"]"), &params); err != nil {
		return nil, err
	}
	if len(params) > MaxParams {
		return nil, fmt.Errorf("%d parameters", len(params))
	}
	return e.run(b.SQL, len(params), func(stmt *sqlite.Stmt, i int) {
		switch v := params[i-1].(type) {
		case nil:
			stmt.BindNull(i)
		case float64:
			stmt.BindFloat(i, v)
		case string:
			stmt.BindText(i, v)
		default:
			panic(fmt.Sprintf("parameter of type %T", v))
		}
	})
}

// run gives the cells of all rows with their types.
func (e engine) run(query string, params int, bind func(stmt *sqlite.Stmt, i int)) (cells []any, err error) {
	stmt, trailing, err := e.PrepareTransient(query)
	if err != nil {
		return cells, err
	}
	defer stmt.Finalize()
	if trailing > 0 {
		return cells, fmt.Errorf("%d trailing bytes", trailing)
	}
	if n := stmt.BindParamCount(); n != params {
		return cells, fmt.Errorf("%d parameters for %d", params, n)
	}
	for i := range params {
		bind(stmt, i+1)
	}
	for {
		if row, err := stmt.Step(); err != nil || !row {
			return cells, err
		}
		for i := range stmt.ColumnCount() {
			var cell any
			switch stmt.ColumnType(i) {
			case sqlite.TypeInteger:
				cell = stmt.ColumnInt64(i)
			case sqlite.TypeFloat:
				cell = real(math.Float64bits(stmt.ColumnFloat(i)))
			case sqlite.TypeText:
				cell = stmt.ColumnText(i)
			case sqlite.TypeBlob:
				blob := make([]byte, stmt.ColumnLen(i))
				stmt.ColumnBytes(i, blob)
				cell = blob
			}
			cells = append(cells, cell)
		}
	}
}

// positional makes arguments without names.
func positional(values ...any) []driver.NamedValue {
	args := make([]driver.NamedValue, len(values))
	for i, v := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args
}

// named is an argument with a name, ordinal unset.
func named(name string, v any) driver.NamedValue { return driver.NamedValue{Name: name, Value: v} }

var full = Options{MaxParams: MaxParams}
