package dryrun

import (
	"bytes"
	"io"
	"iter"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/d1go/d1/internal/wire"
)

// MaxColumns is how many result columns can be asked for: D1 allows 100, and a
// probe adds one.
const MaxColumns = 99

// MaxSeen is the longest text of an answer that a guard can compare, in bytes:
// it travels as one parameter, and D1 limits a value to 2,000,000.
const MaxSeen = 1_900_000

// partBytes is how much of an answer one message carries. Messages of 1.9 MB came
// through whole; a single row is sent whole even if it is larger than this.
const partBytes = 900_000

// Question is a SELECT that a transaction asks: its text and parameters as they
// travel, and the number of its result columns.
type Question struct {
	wire.Statement
	Columns int
	Ordered bool
	Tables  []string // whose Defaults a probe shall tell, too
}

// names are the statements that make column names available to a probe: a view
// of sql, in which placeholders have been replaced, as views take none.
func names(sql string) wire.Statement {
	return wire.Statement{SQL: "CREATE VIEW " + viewNames + " AS " + sql}
}

// noNames stands where the names of columns do that were not asked for.
const noNames = "-"

const nameList = "coalesce((SELECT group_concat(hex(name),','ORDER BY cid)FROM pragma_table_info('" + viewNames + "')),'')"

// with writes the CTE of the question's rows.
func (q Question) with(b *strings.Builder) {
	b.WriteString("WITH " + tableRows + "(")
	writeColumns(b, q.Columns)
	b.WriteString(")AS MATERIALIZED(" + q.SQL + ")")
}

// rows writes the rows, numbered as the statement yields them.
func (q Question) rows(b *strings.Builder, m mode) {
	writeRows(b, q.Columns, m, func() {
		b.WriteString("SELECT row_number()OVER()AS k,* FROM " + tableRows)
	})
}

// Probe returns the end of a batch that asks the question after what the batch
// did, and rolls it back: the rows from number from (0-based) on, as many as fit
// a message. nameSQL is the question's text without placeholders; if it is empty
// the answer comes without column names, and the schema stays as the batch has
// left it, for a question that reads it.
func (q Question) Probe(nonce, nameSQL string, from int) []wire.Statement {
	var b strings.Builder
	list, batch := "'"+noNames+"'", []wire.Statement(nil)
	if nameSQL != "" {
		list, batch = nameList, append(batch, names(nameSQL))
	}
	q.with(&b)
	b.WriteString("SELECT ")
	writeFrame(&b, func() {
		b.WriteString("SELECT(SELECT count(*)FROM " + tableRows + ")||':'||" + list + "||':'||" + defaultsList(q.Tables) + "||':'||coalesce((" +
			"SELECT group_concat(v,';'ORDER BY k)FROM(SELECT k,v,sum(length(v)+1)OVER(ORDER BY k)AS a FROM(")
		q.rows(&b, exact)
		b.WriteString(")WHERE k>(?+0))WHERE a=length(v)+1 OR a<=" + strconv.Itoa(partBytes) + "),'')AS p")
	})
	return append(batch, wire.Statement{SQL: b.String(), Params: params(q.Params, append(tableNames(nil, q.Tables), int64(from), nonce)...)})
}

// ProbeNames returns the end of a batch that asks for the names of the columns of
// a SELECT without placeholders, and for nothing else.
func ProbeNames(nonce, nameSQL string) []wire.Statement {
	var b strings.Builder
	b.WriteString("SELECT ")
	writeFrame(&b, func() { b.WriteString("SELECT '0:'||" + nameList + "||'::' AS p") })
	return []wire.Statement{names(nameSQL), {SQL: b.String(), Params: params(nil, nonce)}}
}

// Guard returns the statement that aborts its batch, with tag in the message, if
// the question's answer is no longer a.
func (q Question) Guard(a *Answer, tag string) wire.Statement {
	var b strings.Builder
	q.with(&b)
	b.WriteString("SELECT CASE WHEN coalesce((SELECT group_concat(v,';'ORDER BY ")
	// Without ORDER BY the engine owes no order, and another order is no change.
	if q.Ordered {
		b.WriteByte('k')
	} else {
		b.WriteByte('v')
	}
	b.WriteString(")FROM(")
	m := exact
	if a.seen {
		m = seen
	}
	q.rows(&b, m)
	b.WriteString(")),'')IS NOT ? THEN json_extract('null',?)END")
	return wire.Statement{SQL: b.String(), Params: params(q.Params, a.text(q.Ordered), tag)}
}

// Answer is what a statement returned.
type Answer struct {
	Columns []string
	rows    []string // each row's cells, joined by commas
	seen    bool     // the cells are as JSON told them, not exact
	lossy   bool     // and that was not enough for a guard to compare
	size    int      // of rows in bytes, separators included
}

// Len is the number of rows.
func (a *Answer) Len() int { return len(a.rows) }

// Lossy reports whether a guard cannot compare the answer of an ordinary response:
// text in it may not have been UTF-8, and was changed on the way.
func (a *Answer) Lossy() bool { return a.lossy }

// Size is the length of the text by which a guard compares, in bytes.
func (a *Answer) Size() int { return a.size }

// NewAnswer returns an answer without rows, to which those of a probe's parts are
// added.
func NewAnswer(columns []string) *Answer { return &Answer{Columns: columns} }

// Add appends rows as a Part has them.
func (a *Answer) Add(rows ...string) {
	for _, row := range rows {
		a.rows = append(a.rows, row)
		a.size += len(row) + 1
	}
}

// Rows yields the rows, for questions that the driver asks itself.
func (a *Answer) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, row := range a.rows {
			if !yield(Row(strings.Split(row, ","))) {
				return
			}
		}
	}
}

// Row is the cells of a row.
type Row []string

// Text is cell i as TEXT; "" if it is not.
func (r Row) Text(i int) string { return Cell(r[i]).text() }

// Int is cell i as a number; 0 if it is none.
func (r Row) Int(i int) int64 { return Cell(r[i]).int() }

// text is the rows as a guard computes them.
func (a *Answer) text(ordered bool) string {
	rows := a.rows
	if !ordered {
		rows = append([]string(nil), rows...)
		sort.Strings(rows)
	}
	return strings.Join(rows, ";")
}

// AppendResult appends the answer as an element of "result" in a response.
func (a *Answer) AppendResult(dst []byte) ([]byte, error) {
	dst = append(dst, `{"results":{"columns":[`...)
	for i, name := range a.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = wire.AppendString(dst, name)
	}
	dst = append(dst, `],"rows":[`...)
	for i, row := range a.rows {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		n := 0
		for cell := range strings.SplitSeq(row, ",") {
			if n > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = Cell(cell).appendJSON(dst); err != nil {
				return nil, err
			}
			n++
		}
		if n != len(a.Columns) {
			return nil, errCell
		}
		dst = append(dst, ']')
	}
	return append(dst, `]},"success":true,"meta":{}}`...), nil
}

// ReadAnswer reads the current result of an ordinary response to its end: what
// the program is about to see. It stops with ErrTooLarge when a guard could not
// compare the answer.
func ReadAnswer(dec *wire.Decoder) (*Answer, error) {
	a := &Answer{Columns: dec.Columns(), seen: true}
	var row []byte
	for {
		if err := dec.Next(); err == io.EOF {
			return a, nil
		} else if err != nil {
			return nil, err
		}
		row = row[:0]
		for i := range a.Columns {
			if i > 0 {
				row = append(row, ',')
			}
			c := dec.Cell(i)
			a.lossy = a.lossy || c.Kind() == wire.String && bytes.ContainsRune(c.Bytes(), utf8.RuneError)
			row = append(row, seenCell(c)...)
		}
		if a.Add(string(row)); a.size > MaxSeen {
			return nil, ErrTooLarge
		}
	}
}
