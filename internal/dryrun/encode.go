package dryrun

import (
	"strconv"
	"strings"
)

// Names inside the SQL that this package makes. A user's table of such a name
// would be hidden by them, so they are not names that a user has.
const (
	tableRows    = "_d1_rows"    // the rows of the statement in question
	viewNames    = "_d1_names"   // a view made for its column names
	tableScratch = "_d1_scratch" // counters before a statement
	tableAfter   = "_d1_after"   // counters after it
	tableCapture = "_d1_capture" // what RETURNING would return
	trigger      = "_d1_trigger"
)

// mode says how much of a value is written.
type mode int

const (
	exact mode = iota // storage class and value
	seen              // what the JSON of a response tells: see seenCell
)

// writeRows writes a SELECT that yields, for every row of from, its number k and
// its text v: the cells joined by commas. from has the columns c0 to c(n-1) and
// k. It is nested subqueries rather than WITH, because inside RETURNING it refers
// to the row from which it is called.
//
// The cells are unpivoted first, with j for the column, so that the long
// expression that writes a cell stands there once: statements are limited to
// 100,000 bytes, expressions to a depth of 100 and programs to 25,000 operations.
func writeRows(b *strings.Builder, n int, m mode, from func()) {
	b.WriteString("SELECT k,group_concat(" + cellText(m) + ",',' ORDER BY j) AS v FROM(" +
		// m*2^p is x, m in or next to [2^60, 2^61): powers of two scale exactly.
		"SELECT k,j,x,CAST(y*pow(2,60-e)AS INTEGER)AS m,e-60-s AS p FROM(" +
		"SELECT k,j,x,y,s,CASE WHEN y<>0 AND abs(y)<9e999 THEN CAST(floor(log2(abs(y)))AS INTEGER)END AS e FROM(" +
		// The smallest numbers are scaled up first, or the power would overflow.
		"SELECT k,j,x,CASE WHEN typeof(x)='real'THEN CASE WHEN abs(x)<1e-250 THEN x*pow(2,600)ELSE x END END AS y," +
		"CASE WHEN typeof(x)='real'AND abs(x)<1e-250 THEN 600 ELSE 0 END AS s FROM(")
	switch m {
	case seen:
		b.WriteString("SELECT k,j,CASE typeof(x)WHEN'integer'THEN CAST(x AS REAL)ELSE x END AS x FROM(")
		writeCells(b, n, from)
		b.WriteString(apart + ")" + apart)
	default:
		writeCells(b, n, from)
		b.WriteString(apart)
	}
	b.WriteString(")" + apart + ")" + apart + ")" + apart + ")GROUP BY k")
}

// apart keeps SQLite from merging a subquery into the one around it. It would put
// the expression of every x, y and e wherever they are used, many times over.
const apart = " LIMIT -1 OFFSET 0"

// writeCells writes a SELECT of all cells: k, j and the value x.
func writeCells(b *strings.Builder, n int, from func()) {
	b.WriteString("SELECT k,j.value AS j,CASE j.value")
	for i := range n {
		b.WriteString(" WHEN ")
		b.WriteString(strconv.Itoa(i))
		b.WriteString(" THEN c")
		b.WriteString(strconv.Itoa(i))
	}
	b.WriteString(" END AS x FROM(")
	from()
	b.WriteString("),json_each('[")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(i))
	}
	b.WriteString("]')AS j")
}

// cellText is the expression of a cell's text, of x, m and p.
func cellText(m mode) string {
	infinite := "CASE WHEN x>0 THEN'P'ELSE'Q'END"
	if m == seen {
		infinite = "'n'"
	}
	return "CASE typeof(x)WHEN'null'THEN'n'WHEN'integer'THEN'i'||x WHEN'text'THEN't'||hex(x)WHEN'blob'THEN'b'||hex(x)ELSE CASE" +
		" WHEN x=0 THEN'z'WHEN p IS NULL THEN " + infinite +
		" WHEN abs(m)>=2305843009213693952 THEN'r'||(m/2)||'p'||(p+1)" +
		" WHEN abs(m)<1152921504606846976 THEN'r'||(m*2)||'p'||(p-1)" +
		" ELSE'r'||m||'p'||p END END"
}

// writeColumns writes c0,c1,… for n columns.
func writeColumns(b *strings.Builder, n int) {
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('c')
		b.WriteString(strconv.Itoa(i))
	}
}
