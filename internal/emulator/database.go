package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

var errClosed = &apiError{500, 7500, "The emulator is closed."}

const unknownSize int64 = -1

// database is one SQLite. Everything on conn happens while the lock is held.
type database struct {
	info Database // guarded by Server.mu

	lock chan struct{} // holds one token while the connection is in use; a mutex that a context can give up on
	path string        // of the file; empty in memory
	conn *sqlite3.Conn
	gate gate

	// Compiled once, because every request needs them, and every statement is measured before and after.
	begin, commit, pageCount, freeCount *sqlite3.Stmt
	pageSize                            int64
	knownSize                           int64 // in bytes, between requests; or unknownSize

	clock     Clock
	history   history
	transfers transfers
	files     files
	busy      atomic.Bool // an export or import has the connection

	closing context.Context // done when the database is closed
	closed  context.CancelFunc
}

// openDatabase opens the file in dir, or a database in memory, for the generation-th time.
func openDatabase(opts Options, info Database, generation int64) (*database, error) {
	db := &database{info: info, lock: make(chan struct{}, 1), clock: opts.Clock, knownSize: unknownSize}
	db.history = history{generation: generation, maxBytes: opts.HistoryBytes, maxAge: opts.HistoryAge}
	db.closing, db.closed = context.WithCancel(context.Background())
	path := ":memory:"
	if opts.Dir != "" {
		db.path = filepath.Join(opts.Dir, info.UUID+".sqlite")
		path = db.path
	}
	var err error
	if db.conn, err = sqlite3.Open(path); err != nil {
		return nil, err
	}
	if err := db.setUp(); err != nil {
		return nil, errors.Join(fmt.Errorf("emulator: open %s: %w", path, err), db.closeConn())
	}
	db.history.add(db.clock.Now(), nil)
	return db, nil
}

func (db *database) setUp() error {
	setLimits(db.conn)
	db.conn.SetAuthorizer(db.gate.authorize)
	if err := db.conn.Config(lib.SQLITE_DBCONFIG_DEFENSIVE, true); err != nil {
		return err
	}
	if err := db.conn.DisableStat4(); err != nil {
		return err
	}
	// A table-valued function that the engine doesn't have.
	if err := db.conn.DropModule("dbstat"); err != nil {
		return err
	}
	// Exclusive: two emulators on one folder would not see each other's changes in time, so the second one fails.
	for _, sql := range []string{
		"PRAGMA locking_mode = exclusive",
		"PRAGMA journal_mode = truncate",
		// The history reads the rollback journal. That is simple when SQLite doesn't sync it, which only matters when
		// the machine goes down, and complete when it zeroes what it frees: see sqlite3.Conn.Undo.
		"PRAGMA synchronous = off",
		"PRAGMA secure_delete = on",
		"PRAGMA foreign_keys = on",
		// Every database shows this table of the engine's own in its schema, and lets nobody look inside.
		"CREATE TABLE IF NOT EXISTS _cf_KV (\n        key TEXT PRIMARY KEY,\n        value BLOB\n      ) WITHOUT ROWID",
	} {
		if err := db.own(sql); err != nil {
			return err
		}
	}
	var err error
	if db.pageSize, err = db.ownInt("PRAGMA page_size"); err != nil {
		return err
	}
	for sql, stmt := range map[string]**sqlite3.Stmt{
		"BEGIN IMMEDIATE":       &db.begin,
		"COMMIT":                &db.commit,
		"PRAGMA page_count":     &db.pageCount,
		"PRAGMA freelist_count": &db.freeCount,
	} {
		if *stmt, err = db.prepareOwn(sql); err != nil {
			return err
		}
	}
	return nil
}

// prepareOwn compiles a statement of the emulator itself, which lives as long as the connection.
func (db *database) prepareOwn(sql string) (*sqlite3.Stmt, error) {
	defer db.gate.trust()()
	source, err := db.conn.Source(sql)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return source.Next()
}

// own runs SQL of the emulator itself, which the gate lets through.
func (db *database) own(sql string) error {
	_, err := db.ownInt(sql)
	return err
}

func (db *database) rollback() error {
	defer db.gate.trust()()
	return db.conn.Rollback()
}

func (db *database) ownInt(sql string) (int64, error) {
	defer db.gate.trust()()
	return db.conn.QueryInt(sql)
}

// acquire waits for the connection. The end of ctx, or of the database, interrupts what runs on it; the context it
// gives tells which it was. The caller must call release.
func (db *database) acquire(ctx context.Context) (_ context.Context, release func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stopClosing := context.AfterFunc(db.closing, func() { cancel(errClosed) })
	select {
	case db.lock <- struct{}{}:
	case <-ctx.Done():
		stopClosing()
		cancel(nil)
		return nil, nil, context.Cause(ctx)
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		db.conn.Interrupt()
		close(interrupted)
	})
	return ctx, func() {
		stopClosing()
		if !stop() {
			<-interrupted
		}
		cancel(nil)
		db.conn.ClearInterrupt()
		<-db.lock
	}, nil
}

// measure counts tables and bytes.
func (db *database) measure(ctx context.Context) (tables, bytes int64, err error) {
	_, release, err := db.acquire(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer release()
	tables, err = db.ownInt("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'")
	if err != nil {
		return 0, 0, err
	}
	bytes, err = db.size()
	return tables, bytes, err
}

// size is the size of the database in bytes, without the pages that are free.
func (db *database) size() (int64, error) {
	pages, err := db.ownNumber(db.pageCount)
	if err != nil {
		return 0, err
	}
	free, err := db.ownNumber(db.freeCount)
	return (pages - free) * db.pageSize, err
}

// ownNumber runs a statement of the emulator itself and gives its number, if any.
func (db *database) ownNumber(stmt *sqlite3.Stmt) (int64, error) {
	defer db.gate.trust()() // a changed schema makes SQLite compile the statement anew
	defer stmt.Reset()
	_, err := stmt.Step()
	return stmt.ColumnInt64(0), err
}

// restart leaves the connection as the engine's is after it was reset: without a last inserted rowid.
func (db *database) restart() { db.conn.SetLastInsertRowID(0) }

// close interrupts what is running, waits for it and closes the connection.
func (db *database) close() error {
	db.transfers.mu.Lock() // so that none starts
	db.closed()
	db.transfers.mu.Unlock()
	db.lock <- struct{}{} // for good: nobody acquires a closed connection
	db.transfers.running.Wait()
	return errors.Join(db.closeConn(), db.files.close())
}

func (db *database) closeConn() error {
	for _, stmt := range []*sqlite3.Stmt{db.begin, db.commit, db.pageCount, db.freeCount} {
		if stmt != nil {
			stmt.Finalize()
		}
	}
	return db.conn.Close()
}

// remove closes the database and deletes its files.
func (db *database) remove(infoPath string) error {
	err := db.close()
	if db.path == "" {
		return err
	}
	for _, path := range []string{infoPath, db.path, db.path + "-journal"} {
		if e := os.Remove(path); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}
