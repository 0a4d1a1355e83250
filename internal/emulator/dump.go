package emulator

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

// errVirtual is D1's.
var errVirtual = errQuery("D1 Export error: cannot export databases with Virtual Tables (fts5)")

// dump writes the database as SQL, one statement a line, laid out as the engine's own dump is. Unlike that one, which
// goes through JavaScript's numbers, it gives back every value exactly.
func (db *database) dump(w io.Writer, opts dumpOptions) error {
	d := &dumper{db: db, w: w, opts: opts, only: make(map[string]bool)}
	for _, table := range opts.Tables {
		d.only[table] = true
	}
	defer db.gate.trust()()
	d.line("PRAGMA defer_foreign_keys=TRUE;")
	var err error
	if d.quote, err = db.prepareOwn("SELECT quote(?)"); err != nil {
		return err
	}
	defer d.quote.Finalize()
	if err := d.tables(); err != nil {
		return err
	}
	if err := d.rest(); err != nil {
		return err
	}
	return d.err
}

type dumper struct {
	db    *database
	w     io.Writer
	opts  dumpOptions
	only  map[string]bool // names to dump; empty: all
	quote *sqlite3.Stmt   // writes a REAL as SQL
	buf   []byte
	err   error // of the writer
}

func (d *dumper) line(s string) {
	if d.err == nil {
		_, d.err = io.WriteString(d.w, s+"\n")
	}
}

func (d *dumper) schema(sql string) {
	if !d.opts.NoSchema {
		d.line(sql + ";")
	}
}

func (d *dumper) wants(name string) bool { return len(d.only) == 0 || d.only[name] }

// each runs a query of the emulator's own and calls f with every row.
func (d *dumper) each(sql string, f func(row *sqlite3.Stmt) error) error {
	stmt, err := d.db.prepareOwn(sql)
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return err
		}
		if err := f(stmt); err != nil {
			return err
		}
		if d.err != nil {
			return d.err
		}
	}
}

// tables writes every table and its rows. AUTOINCREMENT's counters come last, because the rows before them move them.
func (d *dumper) tables() error {
	type table struct{ name, sql string }
	var tables []table
	const list = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL ORDER BY tbl_name = 'sqlite_sequence', rowid"
	err := d.each(list, func(row *sqlite3.Stmt) error {
		tables = append(tables, table{string(row.ColumnText(0)), string(row.ColumnText(1))})
		return nil
	})
	if err != nil {
		return err
	}
	counts := false // whether a table has a counter
	for _, t := range tables {
		if !d.wants(t.name) {
			continue
		}
		counts = counts || strings.Contains(strings.ToUpper(t.sql), "AUTOINCREMENT")
		switch {
		case t.name == "sqlite_sequence":
			if !counts {
				continue // left by tables that are gone: the dump makes no such table
			}
			d.schema("DELETE FROM sqlite_sequence")
		case strings.HasPrefix(t.name, "sqlite_stat"):
			d.schema("ANALYZE sqlite_schema") // makes the table
		case strings.HasPrefix(t.sql, "CREATE VIRTUAL TABLE"):
			return errVirtual
		case strings.HasPrefix(t.name, reserved), strings.HasPrefix(t.name, "sqlite_"):
			continue
		case strings.HasPrefix(t.sql, `CREATE TABLE "`), strings.HasPrefix(t.sql, "CREATE TABLE '"):
			d.schema("CREATE TABLE IF NOT EXISTS " + strings.TrimPrefix(t.sql, "CREATE TABLE "))
		default:
			d.schema(t.sql)
		}
		if d.opts.NoData {
			continue
		}
		if err := d.rows(t.name); err != nil {
			return err
		}
	}
	return nil
}

// rows writes one INSERT per row. Columns that are generated have no value there.
func (d *dumper) rows(table string) error {
	var columns []string
	err := d.each("PRAGMA table_info("+quoteName(table)+")", func(row *sqlite3.Stmt) error {
		columns = append(columns, quoteName(string(row.ColumnText(1))))
		return nil
	})
	if err != nil {
		return err
	}
	insert := "INSERT INTO " + quoteName(table) + " VALUES("
	return d.each("SELECT "+strings.Join(columns, ", ")+" FROM "+quoteName(table), func(row *sqlite3.Stmt) error {
		d.buf = append(d.buf[:0], insert...)
		for i := range columns {
			if i > 0 {
				d.buf = append(d.buf, ',')
			}
			if err := d.value(row, i); err != nil {
				return err
			}
		}
		d.buf = append(d.buf, ");\n"...)
		_, err := d.w.Write(d.buf)
		return err
	})
}

// rest writes what must wait until the rows are there: indexes for speed, triggers lest they fire. Views come before
// the triggers on them. The option that names tables applies to these names as well, as in the engine.
func (d *dumper) rest() error {
	const list = "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND type <> 'table' ORDER BY type = 'trigger', type, rowid"
	return d.each(list, func(row *sqlite3.Stmt) error {
		if d.wants(string(row.ColumnText(0))) {
			d.schema(string(row.ColumnText(1)))
		}
		return nil
	})
}

// value appends column i of a row as an SQL literal.
func (d *dumper) value(row *sqlite3.Stmt, i int) error {
	switch row.ColumnType(i) {
	case lib.SQLITE_INTEGER:
		d.buf = strconv.AppendInt(d.buf, row.ColumnInt64(i), 10)
	case lib.SQLITE_FLOAT:
		return d.float(row.ColumnFloat(i))
	case lib.SQLITE_TEXT:
		d.buf = appendLiteral(d.buf, row.ColumnText(i))
	case lib.SQLITE_BLOB:
		d.buf = append(d.buf, "X'"...)
		d.buf = hex.AppendEncode(d.buf, row.ColumnBlob(i))
		d.buf = append(d.buf, '\'')
	default:
		d.buf = append(d.buf, "NULL"...)
	}
	return nil
}

// float appends a REAL as SQLite writes it, with as many digits as SQLite needs to read the same number again: its
// reading of decimals is not correctly rounded, so that the shortest digits would not do.
func (d *dumper) float(f float64) error {
	defer d.quote.Reset()
	if err := d.quote.BindFloat(1, f); err != nil {
		return err
	}
	if _, err := d.quote.Step(); err != nil {
		return err
	}
	d.buf = append(d.buf, d.quote.ColumnText(0)...)
	return nil
}

// appendLiteral appends text as an expression of one line that SQLite reads as the same bytes.
func appendLiteral(b, text []byte) []byte {
	if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
		b = append(b, "CAST(X'"...)
		b = hex.AppendEncode(b, text)
		return append(b, "' AS TEXT)"...)
	}
	calls, end := "", ""
	for _, c := range []struct {
		char, escaped string
		code          int
	}{{"\r", `\r`, 13}, {"\n", `\n`, 10}} {
		if !bytes.Contains(text, []byte(c.char)) {
			continue
		}
		if bytes.Contains(text, []byte(c.escaped)) {
			continue // the text has these letters themselves: the line breaks stay, which is as good SQL
		}
		text = bytes.ReplaceAll(text, []byte(c.char), []byte(c.escaped))
		calls = "replace(" + calls
		end += fmt.Sprintf(",'%s',char(%d))", c.escaped, c.code)
	}
	b = append(b, calls...)
	b = append(b, '\'')
	b = append(b, bytes.ReplaceAll(text, []byte("'"), []byte("''"))...)
	b = append(b, '\'')
	return append(b, end...)
}

// quoteName writes a name so that it can't be taken for anything else.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
