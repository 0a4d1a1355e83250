package emulator

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

var (
	errNoStatements  = errQuery("No SQL statements detected.")
	errNoStatement   = errQuery("SQL code did not contain a statement.")
	errParamsNotLast = errQuery("When executing multiple SQL statements in a single call, only the last statement can have parameters.")
)

// execute runs all statements in one transaction and gives the JSON list of their results.
func (db *database) execute(ctx context.Context, statements []statement, format resultFormat) ([]byte, error) {
	if err := db.refuseWhileBusy(); err != nil {
		return nil, err
	}
	ctx, release, err := db.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	run := &run{db: db, ctx: ctx, format: format, out: []byte{'['}}
	err = run.transaction(func() error { return run.statements(statements) })
	if err != nil {
		return nil, run.queryError(err)
	}
	db.knownSize = run.state.size
	return append(run.out, ']'), nil
}

// run is one request on its way through the engine.
type run struct {
	db     *database
	ctx    context.Context
	format resultFormat
	out    []byte
	state  snapshot // after the last statement
}

// transaction runs work in a transaction, and adds the commit to the history if it changed anything.
func (r *run) transaction(work func() error) error {
	if _, err := r.db.ownNumber(r.db.begin); err != nil {
		return err
	}
	if err := work(); err != nil {
		return r.rollback(err)
	}
	undo, err := r.db.conn.Undo()
	if err != nil {
		return r.rollback(err)
	}
	if _, err := r.db.ownNumber(r.db.commit); err != nil {
		r.db.restart()
		return r.rollback(r.commitError(err))
	}
	if undo != nil {
		r.db.knownSize = unknownSize
		r.db.history.add(r.db.clock.Now(), undo)
	}
	return nil
}

// rollback ends the transaction because of err, and gives the error to answer with.
func (r *run) rollback(err error) error {
	switch {
	case r.db.conn.InTransaction():
		return errors.Join(err, r.db.rollback())
	case r.ctx.Err() != nil:
		return err // interrupted while it wrote: SQLite has rolled back by itself
	default:
		// So it has after OR ROLLBACK and RAISE(ROLLBACK), and there the engine loses its footing.
		r.db.restart()
		return errInternal()
	}
}

func (r *run) statements(statements []statement) error {
	var err error
	if r.state, err = r.db.snapshot(r.db.knownSize); err != nil {
		return err
	}
	ran := false
	for _, st := range statements {
		if blank(st.SQL) {
			continue
		}
		ran = true
		if err := r.statement(st); err != nil {
			return err
		}
	}
	if !ran {
		return errNoStatements
	}
	return nil
}

// blank tells whether the API drops a statement before it reaches the engine: nothing in it but blanks, and comments
// to the end of the line that have a blank or a line before them.
func blank(sql string) bool {
	needed := 1 // blanks that must be before a comment
	for {
		rest := strings.TrimLeftFunc(sql, unicode.IsSpace)
		if rest == "" {
			return true
		}
		if len(sql)-len(rest) < needed || !strings.HasPrefix(rest, "--") {
			return false
		}
		end := strings.IndexAny(rest, "\n\r\u2028\u2029")
		if end < 0 {
			return true
		}
		sql = rest[end:]
		needed = 2 // the end of the line, and one more
	}
}

// statement runs the statements of one SQL text.
func (r *run) statement(st statement) error {
	source, err := r.db.conn.Source(st.SQL)
	if err != nil {
		return err
	}
	defer source.Close()
	for {
		stmt, err := source.Next()
		if err != nil {
			return err
		}
		if stmt == nil {
			return errNoStatement
		}
		last := strings.TrimSpace(source.Rest()) == ""
		err = r.one(stmt, st.Params, last)
		stmt.Finalize()
		if err != nil || last {
			return err
		}
	}
}

// one runs one compiled statement and appends its result.
func (r *run) one(stmt *sqlite3.Stmt, params []parameter, last bool) error {
	if !last {
		if stmt.ParameterCount() > 0 {
			return errParamsNotLast
		}
		params = nil
	}
	if err := bind(stmt, params); err != nil {
		return err
	}
	if len(r.out) > 1 {
		r.out = append(r.out, ',')
	}
	began := time.Now()
	rows, err := r.rows(stmt)
	if err != nil {
		return err
	}
	took := time.Since(began)
	size := unknownSize
	if stmt.ReadOnly() {
		size = r.state.size
	}
	after, err := r.db.snapshot(size)
	if err != nil {
		return err
	}
	r.out = append(r.out, `,"success":true,"meta":`...)
	r.out = appendMeta(r.out, r.state, after, took, rowsRead(stmt, rows))
	r.state = after
	r.out = append(r.out, '}')
	return nil
}

// rows steps through stmt and appends what it gives; it counts the rows.
func (r *run) rows(stmt *sqlite3.Stmt) (count int64, err error) {
	names := make([]string, stmt.ColumnCount())
	for i := range names {
		names[i] = stmt.ColumnName(i)
	}
	var keys []objectKey
	end := "]"
	if r.format == formatArrays {
		r.out = append(r.out, `{"results":{"columns":[`...)
		for i, name := range names {
			if i > 0 {
				r.out = append(r.out, ',')
			}
			r.out = appendString(r.out, []byte(name))
		}
		r.out = append(r.out, `],"rows":[`...)
		end = "]}"
	} else {
		keys = objectKeys(names)
		r.out = append(r.out, `{"results":[`...)
	}
	for {
		row, err := stmt.Step()
		if err != nil {
			return count, err
		}
		if !row {
			break
		}
		if count > 0 {
			r.out = append(r.out, ',')
		}
		count++
		if r.format == formatArrays {
			r.out = appendRow(r.out, stmt, len(names))
		} else {
			r.out = appendObject(r.out, stmt, keys)
		}
	}
	r.out = append(r.out, end...)
	return count, nil
}

// snapshot is what meta compares before and after a statement.
type snapshot struct {
	changes   int64
	lastRowID int64
	size      int64
}

// snapshot measures the size unless it is known: that takes longer than a small query.
func (db *database) snapshot(size int64) (_ snapshot, err error) {
	if size == unknownSize {
		size, err = db.size()
	}
	return snapshot{db.conn.TotalChanges(), db.conn.LastInsertRowID(), size}, err
}

// rowsRead is the larger of the rows that stmt returned and the rows it stepped over in full scans: rows_read proper
// is a billing figure of a patched SQLite.
func rowsRead(stmt *sqlite3.Stmt, returned int64) int64 {
	scanned := stmt.Status(lib.SQLITE_STMTSTATUS_FULLSCAN_STEP)
	if scanned > 0 {
		scanned++ // the first row of a scan isn't counted as a step
	}
	return max(returned, scanned)
}

// appendMeta appends the meta object of one result. rows_written, a billing figure as well, is changes.
func appendMeta(b []byte, before, after snapshot, took time.Duration, read int64) []byte {
	milliseconds := float64(took.Microseconds()) / 1000
	changes := after.changes - before.changes
	changed := changes != 0 || after.lastRowID != before.lastRowID || after.size != before.size
	b = append(b, `{"served_by":"emulator","served_by_region":"WEUR","served_by_primary":true,"timings":{"sql_duration_ms":`...)
	b = appendNumber(b, milliseconds)
	b = append(b, `},"duration":`...)
	b = appendNumber(b, milliseconds)
	b = append(b, `,"changes":`...)
	b = appendInteger(b, changes)
	b = append(b, `,"last_row_id":`...)
	b = appendInteger(b, after.lastRowID)
	b = append(b, `,"changed_db":`...)
	if changed {
		b = append(b, "true"...)
	} else {
		b = append(b, "false"...)
	}
	b = append(b, `,"size_after":`...)
	b = appendInteger(b, after.size)
	b = append(b, `,"rows_read":`...)
	b = appendInteger(b, read)
	b = append(b, `,"rows_written":`...)
	b = appendInteger(b, changes)
	return append(b, '}')
}
