package sqlite3

import (
	"fmt"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Image is the whole database as the bytes of a database file. No transaction may be open.
func (c *Conn) Image() ([]byte, error) {
	p := lib.Xsqlite3_serialize(c.tls, c.db, 0, c.out, 0)
	if p == 0 {
		return nil, errNoMemory // or a page that can't be read, which SQLite doesn't tell apart
	}
	defer lib.Xsqlite3_free(c.tls, p)
	size := int(int64At(c.out))
	return append(make([]byte, 0, size), libc.GoBytes(p, size)...), nil
}

// SetImage overwrites the database with another one, given as the bytes of a database file with pages of the same
// size. Statements of the connection that were compiled before compile themselves anew. It can't be interrupted.
func (c *Conn) SetImage(image []byte) error {
	source, err := Open(":memory:")
	if err != nil {
		return err
	}
	defer source.Close()
	if err := source.deserialize(image); err != nil {
		return err
	}
	main, err := libc.CString("main")
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, main)
	c.shielded = true
	defer func() { c.shielded = false }()
	backup := lib.Xsqlite3_backup_init(c.tls, c.db, main, source.db, main)
	if backup == 0 {
		return c.lastError(lib.Xsqlite3_errcode(c.tls, c.db))
	}
	step := lib.Xsqlite3_backup_step(c.tls, backup, -1)
	if rc := lib.Xsqlite3_backup_finish(c.tls, backup); rc != lib.SQLITE_OK {
		return c.lastError(rc)
	}
	if step != lib.SQLITE_DONE {
		return fmt.Errorf("sqlite3: backup: code %d", step)
	}
	return nil
}

// deserialize makes the connection work on a copy of image.
func (c *Conn) deserialize(image []byte) error {
	size := int64(len(image))
	p := lib.Xsqlite3_malloc64(c.tls, uint64(size))
	if p == 0 {
		return errNoMemory
	}
	copy(libc.GoBytes(p, len(image)), image)
	// SQLite frees p, now if it fails, and with the connection otherwise.
	if rc := lib.Xsqlite3_deserialize(c.tls, c.db, 0, p, size, size, lib.SQLITE_DESERIALIZE_FREEONCLOSE); rc != lib.SQLITE_OK {
		return c.lastError(rc)
	}
	return nil
}
