package sqlite3

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Source is SQL text of any number of statements, compiled one at a time: each may depend on what the ones before it
// did.
type Source struct {
	conn *Conn
	text uintptr
	next uintptr
	end  uintptr
	each bool
}

// Source takes SQL text. It must be closed; its statements may outlive it.
func (c *Conn) Source(sql string) (*Source, error) {
	text, err := libc.CString(sql)
	if err != nil {
		return nil, err
	}
	return &Source{conn: c, text: text, next: text, end: text + uintptr(len(sql))}, nil
}

// Script takes SQL text of any length: SQLITE_LIMIT_SQL_LENGTH bounds each statement instead of the whole.
func (c *Conn) Script(sql string) (*Source, error) {
	s, err := c.Source(sql)
	if err == nil {
		s.each = true
	}
	return s, err
}

// Close releases the text.
func (s *Source) Close() {
	libc.Xfree(s.conn.tls, s.text)
	s.text = 0
}

// Rest is the text not compiled yet.
func (s *Source) Rest() string {
	return string(libc.GoBytes(s.next, s.Left()))
}

// Left is the number of bytes not compiled yet.
func (s *Source) Left() int { return int(s.end - s.next) }

// Next compiles the next statement. It gives nil when there is only blank space, comments or a lone semicolon up to
// where the compiler stopped.
func (s *Source) Next() (*Stmt, error) {
	c := s.conn
	if c.stopped() {
		return nil, &Error{Code: lib.SQLITE_INTERRUPT, Message: "interrupted", Offset: -1}
	}
	tail := c.out + uintptr(ptrSize)
	// A length without the terminating NUL makes SQLite check SQLITE_LIMIT_SQL_LENGTH before it parses, and with it,
	// while it parses.
	n := int32(s.Left())
	if s.each {
		n++
	}
	rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, s.next, n, 0, c.out, tail)
	if rc != lib.SQLITE_OK {
		return nil, c.lastError(rc)
	}
	s.next = loadPtr(tail)
	ptr := loadPtr(c.out)
	if ptr == 0 {
		return nil, nil
	}
	return &Stmt{conn: c, ptr: ptr}, nil
}

// Stmt is a compiled statement.
type Stmt struct {
	conn   *Conn
	ptr    uintptr
	values []uintptr // C memory of bound text and blobs
}

// Finalize releases the statement.
func (s *Stmt) Finalize() {
	// The result repeats the error of the last Step, which has been reported.
	lib.Xsqlite3_finalize(s.conn.tls, s.ptr)
	for _, p := range s.values {
		lib.Xsqlite3_free(s.conn.tls, p)
	}
	s.ptr, s.values = 0, nil
}

// Status reads a counter of the statement (SQLITE_STMTSTATUS_…).
func (s *Stmt) Status(op int32) int64 {
	return int64(lib.Xsqlite3_stmt_status(s.conn.tls, s.ptr, op, 0))
}

// ReadOnly tells that the statement can't change the database.
func (s *Stmt) ReadOnly() bool { return lib.Xsqlite3_stmt_readonly(s.conn.tls, s.ptr) != 0 }

// ParameterCount is the number of the highest parameter.
func (s *Stmt) ParameterCount() int {
	return int(lib.Xsqlite3_bind_parameter_count(s.conn.tls, s.ptr))
}

// BindNull sets parameter i, counted from 1, to NULL.
func (s *Stmt) BindNull(i int) error {
	return s.bound(lib.Xsqlite3_bind_null(s.conn.tls, s.ptr, int32(i)))
}

// BindFloat sets parameter i to a REAL.
func (s *Stmt) BindFloat(i int, v float64) error {
	return s.bound(lib.Xsqlite3_bind_double(s.conn.tls, s.ptr, int32(i), v))
}

// BindText sets parameter i to a TEXT, NUL bytes included.
func (s *Stmt) BindText(i int, v string) error {
	p, err := s.hold([]byte(v))
	if err != nil {
		return err
	}
	return s.bound(lib.Xsqlite3_bind_text(s.conn.tls, s.ptr, int32(i), p, int32(len(v)), 0))
}

// BindBlob sets parameter i to a BLOB; an empty one is not NULL.
func (s *Stmt) BindBlob(i int, v []byte) error {
	p, err := s.hold(v)
	if err != nil {
		return err
	}
	return s.bound(lib.Xsqlite3_bind_blob(s.conn.tls, s.ptr, int32(i), p, int32(len(v)), 0))
}

func (s *Stmt) bound(rc int32) error {
	if rc != lib.SQLITE_OK {
		return s.conn.lastError(rc)
	}
	return nil
}

// hold copies v to C memory that lives as long as the statement.
func (s *Stmt) hold(v []byte) (uintptr, error) {
	p := lib.Xsqlite3_malloc(s.conn.tls, int32(len(v)+1))
	if p == 0 {
		return 0, errNoMemory
	}
	s.values = append(s.values, p)
	copy(libc.GoBytes(p, len(v)), v)
	return p, nil
}

// Step runs the statement to its next row, and tells whether there is one.
func (s *Stmt) Step() (row bool, err error) {
	if s.conn.stopped() {
		return false, &Error{Code: lib.SQLITE_INTERRUPT, Message: "interrupted", Offset: -1}
	}
	switch rc := lib.Xsqlite3_step(s.conn.tls, s.ptr); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.conn.lastError(rc)
	}
}

// Reset lets the statement run again, with the same parameters.
func (s *Stmt) Reset() { lib.Xsqlite3_reset(s.conn.tls, s.ptr) }

// ColumnCount is the number of columns of the statement's rows, 0 for a statement without rows.
func (s *Stmt) ColumnCount() int {
	return int(lib.Xsqlite3_column_count(s.conn.tls, s.ptr))
}

// ColumnName is the name of column i, counted from 0.
func (s *Stmt) ColumnName(i int) string {
	return libc.GoString(lib.Xsqlite3_column_name(s.conn.tls, s.ptr, int32(i)))
}

// ColumnType is the storage class of column i of the row: SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB or
// SQLITE_NULL.
func (s *Stmt) ColumnType(i int) int32 {
	return lib.Xsqlite3_column_type(s.conn.tls, s.ptr, int32(i))
}

// ColumnInt64 reads column i as an integer.
func (s *Stmt) ColumnInt64(i int) int64 {
	return lib.Xsqlite3_column_int64(s.conn.tls, s.ptr, int32(i))
}

// ColumnFloat reads column i as a float.
func (s *Stmt) ColumnFloat(i int) float64 {
	return lib.Xsqlite3_column_double(s.conn.tls, s.ptr, int32(i))
}

// ColumnText gives the bytes of a TEXT column. They are SQLite's own, valid until the next Step.
func (s *Stmt) ColumnText(i int) []byte {
	p := lib.Xsqlite3_column_text(s.conn.tls, s.ptr, int32(i))
	return s.columnBytes(i, p)
}

// ColumnBlob gives the bytes of a BLOB column. They are SQLite's own, valid until the next Step.
func (s *Stmt) ColumnBlob(i int) []byte {
	p := lib.Xsqlite3_column_blob(s.conn.tls, s.ptr, int32(i))
	return s.columnBytes(i, p)
}

func (s *Stmt) columnBytes(i int, p uintptr) []byte {
	if p == 0 {
		return nil
	}
	return libc.GoBytes(p, int(lib.Xsqlite3_column_bytes(s.conn.tls, s.ptr, int32(i))))
}
