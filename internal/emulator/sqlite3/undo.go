package sqlite3

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Undo is what the open transaction has overwritten: put back, it gives the database as it was when the transaction
// began.
type Undo struct {
	PageCount int      // of the database before the transaction
	PageSize  int      // in bytes
	Pages     []uint32 // numbers, from 1, of the pages that were overwritten
	Data      []byte   // their contents, one after another
}

// The rollback journal's format: https://sqlite.org/fileformat2.html#the_rollback_journal.
const (
	journalMagic     = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
	journalFields    = 28 // magic, records, nonce, pages before, sector size, page size
	journalUncounted = 0xffffffff
)

// Undo reads the rollback journal of the open transaction. It is nil when the transaction has changed nothing.
//
// The database must be in memory, or be opened with synchronous=off and a rollback journal: then its journal is one
// segment that ends with the file. For undos to compose, secure_delete must be on: otherwise SQLite doesn't journal a
// page that it frees, nor one that it takes from the free ones, and what the page had held is lost over two
// transactions.
func (c *Conn) Undo() (*Undo, error) {
	journal, err := c.journal()
	if err != nil || len(journal) == 0 {
		return nil, err
	}
	if len(journal) < journalFields || string(journal[:8]) != journalMagic {
		return nil, errors.New("sqlite3: the rollback journal has no header")
	}
	number := func(at int) int { return int(binary.BigEndian.Uint32(journal[at:])) }
	if number(8) != journalUncounted {
		return nil, errors.New("sqlite3: the rollback journal is in segments")
	}
	u := &Undo{PageCount: number(16), PageSize: number(24)}
	sector := number(20)
	record := 4 + u.PageSize + 4 // number, content, checksum
	if len(journal) < sector || (len(journal)-sector)%record != 0 {
		return nil, fmt.Errorf("sqlite3: the rollback journal has %d bytes", len(journal))
	}
	count := (len(journal) - sector) / record
	u.Pages = make([]uint32, 0, count)
	u.Data = make([]byte, 0, count*u.PageSize)
	for at := sector; at < len(journal); at += record {
		u.Pages = append(u.Pages, uint32(number(at)))
		u.Data = append(u.Data, journal[at+4:at+4+u.PageSize]...)
	}
	return u, nil
}

// journal is the content of the rollback journal. It is in SQLite's memory or in a file, and read by the methods of
// the VFS either way. The bytes are valid until the next call.
func (c *Conn) journal() ([]byte, error) {
	rc := lib.Xsqlite3_file_control(c.tls, c.db, 0, lib.SQLITE_FCNTL_JOURNAL_POINTER, c.out)
	if rc != lib.SQLITE_OK {
		return nil, c.lastError(rc)
	}
	file := loadPtr(c.out)
	methods := loadPtr(file)
	if methods == 0 {
		return nil, nil // not open: nothing was written
	}
	var m lib.Tsqlite3_io_methods
	size := goFunc[func(*libc.TLS, uintptr, uintptr) int32](loadPtr(methods + unsafe.Offsetof(m.FxFileSize)))
	read := goFunc[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](loadPtr(methods + unsafe.Offsetof(m.FxRead)))
	if rc := size(c.tls, file, c.out); rc != lib.SQLITE_OK {
		return nil, fmt.Errorf("sqlite3: size of the rollback journal: code %d", rc)
	}
	n := int(int64At(c.out))
	buffer, err := c.buffer.grow(c.tls, n)
	if err != nil {
		return nil, err
	}
	const most = 1 << 20 // bytes of one read, whose length is a C int
	for done := 0; done < n; done += most {
		if rc := read(c.tls, file, buffer+uintptr(done), int32(min(most, n-done)), int64(done)); rc != lib.SQLITE_OK {
			return nil, fmt.Errorf("sqlite3: read the rollback journal: code %d", rc)
		}
	}
	return libc.GoBytes(buffer, n), nil
}
