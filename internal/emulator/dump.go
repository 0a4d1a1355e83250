package emulator

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"math"
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
	if d.same, err = db.prepareOwn(sameFloat); err != nil {
		return err
	}
	defer d.same.Finalize()
	if err := d.tables(); err != nil {
		return err
	}
	if err := d.rest(); err != nil {
		return err
	}
	return d.err
}

type dumper struct {
	db   *database
	w    io.Writer
	opts dumpOptions
	only map[string]bool // names to dump; empty: all
	same *sqlite3.Stmt   // sameFloat
	buf  []byte
	err  error // of the writer
}

// sameFloat tells whether SQLite reads a text as a number.
const sameFloat = "SELECT CAST(?1 AS REAL) = ?2"

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

// tables writes all tables and then their rows: unlike the engine's dump, where a row can come before the table that it
// refers to, and can't be inserted.
func (d *dumper) tables() error {
	type table struct{ name, sql string }
	var tables []table
	// The counters come last, because the rows before them move them.
	const list = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT NULL ORDER BY name = 'sqlite_sequence', rowid"
	err := d.each(list, func(row *sqlite3.Stmt) error {
		tables = append(tables, table{string(row.ColumnText(0)), string(row.ColumnText(1))})
		return nil
	})
	if err != nil {
		return err
	}
	var filled []string // tables with rows to write
	counts := false     // whether a table has a counter
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
		filled = append(filled, t.name)
	}
	for _, name := range filled {
		if name == "sqlite_sequence" {
			d.schema("DELETE FROM sqlite_sequence")
		}
		if d.opts.NoData {
			continue
		}
		if err := d.rows(name); err != nil {
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

// float appends a REAL as JavaScript prints it, or as a product where SQLite would read that as another number: its
// reading of decimals is off by a bit for some numbers of many digits, and for most of those far from 1.
func (d *dumper) float(f float64) error {
	start := len(d.buf)
	switch {
	case math.IsInf(f, 0):
		d.buf = strconv.AppendFloat(d.buf, math.Copysign(9, f), 'f', 0, 64)
		d.buf = append(d.buf, "e999"...)
		return nil
	case f == 0 && math.Signbit(f):
		d.buf = append(d.buf, '-')
	}
	d.buf = appendNumber(d.buf, f)
	if f == math.Trunc(f) && bytes.IndexByte(d.buf[start:], 'e') < 0 {
		d.buf = append(d.buf, ".0"...)
	}
	same, err := d.reads(string(d.buf[start:]), f)
	if err == nil && !same {
		d.buf = appendProduct(d.buf[:start], f)
	}
	return err
}

// reads tells whether SQLite reads text as f.
func (d *dumper) reads(text string, f float64) (bool, error) {
	defer d.same.Reset()
	if err := d.same.BindText(1, text); err != nil {
		return false, err
	}
	if err := d.same.BindFloat(2, f); err != nil {
		return false, err
	}
	_, err := d.same.Step()
	return d.same.ColumnInt64(0) == 1, err
}

// appendProduct appends a finite number as an integer of 53 bits, multiplied or divided by powers of two, each step of
// which is exact.
func appendProduct(b []byte, f float64) []byte {
	fraction, exponent := math.Frexp(f)
	b = strconv.AppendInt(b, int64(fraction*(1<<53)), 10)
	exponent -= 53
	b = append(b, "*1.0"...)
	sign := byte('*')
	if exponent < 0 {
		sign, exponent = '/', -exponent
	}
	for exponent > 0 {
		n := min(exponent, 62)
		b = append(b, sign, '(', '1', '<', '<')
		b = strconv.AppendInt(b, int64(n), 10)
		b = append(b, ')')
		exponent -= n
	}
	return b
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
