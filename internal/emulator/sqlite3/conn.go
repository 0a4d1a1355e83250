// Package sqlite3 is the part of SQLite's C interface that the emulator needs, and nothing above it.
//
// It stands directly on modernc.org/sqlite/lib, SQLite translated to Go, because what makes an emulation faithful is
// what the bindings above that library hide: duplicate column names, the tail of a statement, error offsets, extended
// codes, total_changes, double-quoted strings, the type a value really has.
//
// A Conn and its statements belong to one goroutine at a time; only [Conn.Interrupt] may be called from another.
package sqlite3

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Version is the SQLite version, such as "3.49.2".
const Version = lib.SQLITE_VERSION

// progressOps is how many virtual machine steps pass between two looks at the interrupt flag: some tens of
// microseconds.
const progressOps = 4000

// Conn is one open database.
type Conn struct {
	tls         *libc.TLS
	db          uintptr
	out         uintptr // room for two output pointers of C calls
	buffer      buffer
	interrupted atomic.Bool
	shielded    bool // what runs can't be interrupted
	authorize   AuthorizeFunc
}

// conns finds the Conn of a C callback.
var conns sync.Map // sqlite3* (uintptr) -> *Conn

var initialize = sync.OnceValue(func() int32 {
	tls := libc.NewTLS()
	defer tls.Close()
	return lib.Xsqlite3_initialize(tls)
})

// Open opens the database file at path, creating it when missing. ":memory:" opens a database of its own in memory.
func Open(path string) (*Conn, error) {
	if rc := initialize(); rc != lib.SQLITE_OK {
		return nil, fmt.Errorf("sqlite3: initialize: code %d", rc)
	}
	c := &Conn{tls: libc.NewTLS()}
	if err := c.open(path); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Conn) open(path string) error {
	c.out = lib.Xsqlite3_malloc(c.tls, 2*ptrSize)
	cpath, err := libc.CString(path)
	if err != nil || c.out == 0 {
		return fmt.Errorf("sqlite3: open %s: out of memory", path)
	}
	defer libc.Xfree(c.tls, cpath)
	// The caller serializes, so SQLite's own mutexes would only cost time.
	const flags = lib.SQLITE_OPEN_READWRITE | lib.SQLITE_OPEN_CREATE | lib.SQLITE_OPEN_NOMUTEX
	rc := lib.Xsqlite3_open_v2(c.tls, cpath, c.out, flags, 0)
	c.db = loadPtr(c.out)
	if rc != lib.SQLITE_OK {
		if c.db == 0 {
			return fmt.Errorf("sqlite3: open %s: code %d", path, rc)
		}
		return fmt.Errorf("sqlite3: open %s: %w", path, c.lastError(rc))
	}
	lib.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	conns.Store(c.db, c)
	lib.Xsqlite3_progress_handler(c.tls, c.db, progressOps, funcPointer(progressCallback), c.db)
	return nil
}

// Close releases the connection. Its statements must have been finalized.
func (c *Conn) Close() error {
	if c.tls == nil {
		return nil
	}
	var err error
	if c.db != 0 {
		conns.Delete(c.db)
		if rc := lib.Xsqlite3_close_v2(c.tls, c.db); rc != lib.SQLITE_OK {
			err = fmt.Errorf("sqlite3: close: code %d", rc)
		}
	}
	lib.Xsqlite3_free(c.tls, c.out)
	c.buffer.free(c.tls)
	c.tls.Close()
	c.tls, c.db, c.out = nil, 0, 0
	return err
}

// Interrupt makes running and later statements fail with code SQLITE_INTERRUPT, until [Conn.ClearInterrupt].
// Unlike sqlite3_interrupt it can't be lost between two statements. It may be called from any goroutine.
func (c *Conn) Interrupt() { c.interrupted.Store(true) }

// ClearInterrupt lets statements run again.
func (c *Conn) ClearInterrupt() { c.interrupted.Store(false) }

// stopped tells whether what runs should end.
func (c *Conn) stopped() bool { return !c.shielded && c.interrupted.Load() }

// Rollback ends the transaction, interrupted or not.
func (c *Conn) Rollback() error {
	c.shielded = true
	defer func() { c.shielded = false }()
	return c.Exec("ROLLBACK")
}

func progressCallback(_ *libc.TLS, db uintptr) int32 {
	if c, ok := conns.Load(db); ok && c.(*Conn).stopped() {
		return 1
	}
	return 0
}

// Limit sets a run-time limit (SQLITE_LIMIT_…).
func (c *Conn) Limit(id, value int32) { lib.Xsqlite3_limit(c.tls, c.db, id, value) }

// Config sets a boolean option of the connection (SQLITE_DBCONFIG_…).
func (c *Conn) Config(op int32, on bool) error {
	args := libc.NewVaList(boolInt(on), uintptr(0))
	if args == 0 {
		return errNoMemory
	}
	defer libc.Xfree(c.tls, args)
	if rc := lib.Xsqlite3_db_config(c.tls, c.db, op, args); rc != lib.SQLITE_OK {
		return c.lastError(rc)
	}
	return nil
}

// DisableStat4 makes ANALYZE write sqlite_stat1 only, as a SQLite built without SQLITE_ENABLE_STAT4 does.
func (c *Conn) DisableStat4() error {
	args := libc.NewVaList(c.db, int32(lib.SQLITE_Stat4))
	if args == 0 {
		return errNoMemory
	}
	defer libc.Xfree(c.tls, args)
	if rc := lib.Xsqlite3_test_control(c.tls, lib.SQLITE_TESTCTRL_OPTIMIZATIONS, args); rc != lib.SQLITE_OK {
		return fmt.Errorf("sqlite3: test control: code %d", rc)
	}
	return nil
}

// DropModule takes a kind of virtual table away from the connection.
func (c *Conn) DropModule(name string) error {
	cname, err := libc.CString(name)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, cname)
	if rc := lib.Xsqlite3_create_module_v2(c.tls, c.db, cname, 0, 0, 0); rc != lib.SQLITE_OK {
		return c.lastError(rc)
	}
	return nil
}

// TotalChanges is the number of rows inserted, updated or deleted since the connection was opened, by triggers and
// foreign key actions too.
func (c *Conn) TotalChanges() int64 { return lib.Xsqlite3_total_changes64(c.tls, c.db) }

// LastInsertRowID is the rowid of the last row inserted on this connection, 0 before the first.
func (c *Conn) LastInsertRowID() int64 { return lib.Xsqlite3_last_insert_rowid(c.tls, c.db) }

// SetLastInsertRowID changes what LastInsertRowID and the SQL function last_insert_rowid() give.
func (c *Conn) SetLastInsertRowID(id int64) { lib.Xsqlite3_set_last_insert_rowid(c.tls, c.db, id) }

// InTransaction tells whether a transaction is open.
func (c *Conn) InTransaction() bool { return lib.Xsqlite3_get_autocommit(c.tls, c.db) == 0 }

// Exec runs one statement without parameters and ignores its rows.
func (c *Conn) Exec(sql string) error {
	_, err := c.QueryInt(sql)
	return err
}

// QueryInt runs one statement without parameters and gives the first column of its first row as an integer, or 0.
func (c *Conn) QueryInt(sql string) (n int64, err error) {
	source, err := c.Source(sql)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	stmt, err := source.Next()
	if err != nil || stmt == nil {
		return 0, err
	}
	defer stmt.Finalize()
	for first := true; ; first = false {
		row, err := stmt.Step()
		if err != nil || !row {
			return n, err
		}
		if first && stmt.ColumnCount() > 0 {
			n = stmt.ColumnInt64(0)
		}
	}
}
