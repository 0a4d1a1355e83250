package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

const (
	// scriptWindow is how much of a script is in memory, in bytes. While more of it comes, the compiler is given only
	// windows that hold more than the longest statement, so that what it can't complete is surely too long.
	scriptWindow = 1 << 20

	// progressEvery is how many statements pass between two log lines of an import.
	progressEvery = 10_000
)

var errNUL = errQuery("The file has a NUL character outside of a statement.")

// importScript runs all statements of a file in one transaction. They may do what queries may.
func (db *database) importScript(ctx context.Context, t *transfer, file io.Reader) (importResult, error) {
	s := &script{run: run{db: db, ctx: ctx}, log: t.log}
	before, err := db.snapshot(unknownSize)
	if err != nil {
		return importResult{}, s.run.queryError(err) // a cancelled import may come no further
	}
	began := time.Now()
	if err := s.run.transaction(func() error { return s.execute(file) }); err != nil {
		return importResult{}, s.run.queryError(err)
	}
	after, err := db.snapshot(unknownSize)
	if err != nil {
		return importResult{}, s.run.queryError(err)
	}
	s.log("Processed %d queries.", s.queries)
	return importResult{
		NumQueries:    s.queries,
		FinalBookmark: db.history.last(),
		Meta:          appendMeta(nil, before, after, time.Since(began), s.read),
	}, nil
}

// script is SQL text of any size on its way through the engine.
type script struct {
	run     run
	log     func(format string, args ...any)
	queries int64 // statements that ran
	read    int64 // rows
}

func (s *script) execute(file io.Reader) error {
	window := make([]byte, 0, scriptWindow)
	for {
		n, err := io.ReadFull(file, window[len(window):scriptWindow])
		window = window[:len(window)+n]
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return fmt.Errorf("emulator: read the file to import: %w", err)
		}
		left, err := s.window(string(window), end)
		if err != nil {
			return err
		}
		if end {
			break
		}
		window = append(window[:0], window[len(window)-left:]...)
	}
	if s.queries == 0 {
		return errNoStatements
	}
	return nil
}

// window runs statements until the next one may not be complete, and tells how many bytes are left.
func (s *script) window(text string, end bool) (left int, err error) {
	source, err := s.run.db.conn.Script(text)
	if err != nil {
		return 0, err
	}
	defer source.Close()
	for left = source.Left(); left > maxSQLBytes || end && left > 0; left = source.Left() {
		stmt, err := source.Next()
		if err != nil {
			return 0, tooLong(err)
		}
		if stmt == nil {
			if source.Left() == left {
				return 0, errNUL
			}
			continue // blanks and comments
		}
		err = s.statement(stmt)
		stmt.Finalize()
		if err != nil {
			return 0, err
		}
	}
	return left, nil
}

func (s *script) statement(stmt *sqlite3.Stmt) error {
	if stmt.ParameterCount() > 0 {
		return errBindCount
	}
	rows := int64(0)
	for {
		row, err := stmt.Step()
		if err != nil {
			return err
		}
		if !row {
			break
		}
		rows++
	}
	s.read += rowsRead(stmt, rows)
	if s.queries++; s.queries%progressEvery == 0 {
		s.log("Processed %d queries.", s.queries)
	}
	return nil
}

// tooLong words the error of a statement over the limit as it is worded when the whole text is one statement.
func tooLong(err error) error {
	var e *sqlite3.Error
	if errors.As(err, &e) && e.Code == lib.SQLITE_TOOBIG {
		return &sqlite3.Error{Code: e.Code, Message: "statement too long", Offset: -1}
	}
	return err
}
