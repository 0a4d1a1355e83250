package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

var errTransactionSQL = errQuery("To execute a transaction, please use the state.storage.transaction() or " +
	"state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript " +
	"API is safer because it will automatically roll back on exceptions, and because it interacts correctly with " +
	"Durable Objects' automatic atomic write coalescing.")

// queryError words an error of SQLite as the engine does:
//
//	near "selec": syntax error at offset 0: SQLITE_ERROR
//	UNIQUE constraint failed: e.u: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)
func (r *run) queryError(err error) error {
	var e *sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Primary() == lib.SQLITE_INTERRUPT && r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	if r.db.gate.transaction && e.Primary() == lib.SQLITE_AUTH {
		return errTransactionSQL
	}
	message := e.Message
	if name := functionOf(e); name != "" && !hasFunction(name) {
		message = "no such function: " + name
	}
	var text strings.Builder
	text.WriteString(message)
	if e.Offset >= 0 {
		fmt.Fprintf(&text, " at offset %d", e.Offset)
	}
	text.WriteString(": " + codeName(e.Primary()))
	if e.Code != e.Primary() {
		fmt.Fprintf(&text, " (extended: %s)", codeName(e.Code))
	}
	return errQuery(text.String())
}

// functionOf is the function that SQLite refuses to call by e, or "".
func functionOf(e *sqlite3.Error) string {
	if e.Code != lib.SQLITE_ERROR {
		return "" // a text of the user's own, by RAISE
	}
	if name, ok := strings.CutPrefix(e.Message, "not authorized to use function: "); ok {
		return name
	}
	if name, ok := strings.CutPrefix(e.Message, "wrong number of arguments to function "); ok {
		return strings.TrimSuffix(name, "()")
	}
	return ""
}

// commitError words the failure of a commit, which is that of deferred foreign keys.
func (r *run) commitError(err error) error {
	var e *sqlite3.Error
	if !errors.As(err, &e) || e.Primary() != lib.SQLITE_CONSTRAINT {
		return err
	}
	return errQuery("Durable Object was reset and rolled back to its last known good state because the application " +
		"left the database in a state where constraints were violated: " + r.queryError(err).(*apiError).message)
}

// errInternal is what the API says when the engine failed by itself.
func errInternal() *apiError {
	return &apiError{http.StatusInternalServerError, 7500, "internal error; reference = e_" + strings.ToLower(rand.Text())}
}
