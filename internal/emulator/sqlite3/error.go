package sqlite3

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Error is what SQLite says of a failed call.
type Error struct {
	Code    int32  // extended result code
	Message string // sqlite3_errmsg
	Offset  int32  // byte of the statement's text that the error is about, or -1
}

func (e *Error) Error() string { return e.Message }

// Primary is the primary result code.
func (e *Error) Primary() int32 { return e.Code & 0xff }

func (c *Conn) lastError(rc int32) *Error {
	return &Error{
		Code:    rc,
		Message: libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db)),
		Offset:  lib.Xsqlite3_error_offset(c.tls, c.db),
	}
}
