package emulator

import (
	"fmt"
	"math"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

var errBindCount = errQuery("Wrong number of parameter bindings for SQL query.")

// bind sets the parameters of stmt. A number is always REAL: the engine gets its parameters from JavaScript.
func bind(stmt *sqlite3.Stmt, params []parameter) error {
	if stmt.ParameterCount() != len(params) {
		return errBindCount
	}
	for i, p := range params {
		if err := bindOne(stmt, i+1, p); err != nil {
			return err
		}
	}
	return nil
}

func bindOne(stmt *sqlite3.Stmt, i int, p parameter) error {
	switch v := p.(type) {
	case nil:
		return stmt.BindNull(i)
	case float64:
		return stmt.BindFloat(i, v)
	case string:
		return stmt.BindText(i, v)
	case []byte:
		return stmt.BindBlob(i, v)
	default:
		panic(fmt.Sprintf("emulator: parameter of type %T", p))
	}
}

// toUint8 is JavaScript's conversion of a number to an element of a Uint8Array.
func toUint8(f float64) byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	m := math.Mod(math.Trunc(f), 256)
	if m < 0 {
		m += 256
	}
	return byte(m)
}
