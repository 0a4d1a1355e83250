package sqlite3

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Action is one thing that a statement being compiled wants to do. What Arg1 and Arg2 mean depends on Code: see
// https://sqlite.org/c3ref/c_alter_table.html. HasArg2 tells an empty argument from a missing one.
type Action struct {
	Code     int32
	Arg1     string
	Arg2     string
	HasArg2  bool
	Database string // "main", "temp", …, or empty
}

// AuthorizeFunc decides whether an action is allowed. It must not use the connection.
type AuthorizeFunc func(Action) bool

// SetAuthorizer makes f decide what statements may do; nil allows everything.
func (c *Conn) SetAuthorizer(f AuthorizeFunc) {
	c.authorize = f
	var callback uintptr
	if f != nil {
		callback = funcPointer(authorizeCallback)
	}
	lib.Xsqlite3_set_authorizer(c.tls, c.db, callback, c.db)
}

func authorizeCallback(_ *libc.TLS, db uintptr, code int32, arg1, arg2, database, _ uintptr) int32 {
	c, ok := conns.Load(db)
	if !ok {
		return lib.SQLITE_DENY
	}
	allowed := c.(*Conn).authorize(Action{
		Code:     code,
		Arg1:     libc.GoString(arg1),
		Arg2:     libc.GoString(arg2),
		HasArg2:  arg2 != 0,
		Database: libc.GoString(database),
	})
	if !allowed {
		return lib.SQLITE_DENY
	}
	return lib.SQLITE_OK
}
