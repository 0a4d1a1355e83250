package sqltext

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// generator writes statements of SQLite's grammar at random, with a liking for
// words that are names in one place and keywords in another. Most of what it
// writes SQLite accepts over the tables of schema.
type generator struct {
	t     *rapid.T
	b     strings.Builder
	depth int
}

func (g *generator) pick(choices ...string) string {
	return rapid.SampledFrom(choices).Draw(g.t, "pick")
}

func (g *generator) chance(n int) bool { return rapid.IntRange(0, n).Draw(g.t, "chance") == 0 }

// write appends words, with white space or comments between them.
func (g *generator) write(words ...string) {
	for _, w := range words {
		g.b.WriteString(g.pick(" ", " ", " ", "\n", " /* ;' */ ", " -- \" ;\n"))
		g.b.WriteString(w)
	}
}

// column is a column of the table words, as an expression.
func (g *generator) column() string {
	return g.pick("do", "conflict", "words.current_date", "\"current_time\"", "end", "over", "filter", "window", "replace", "offset",
		"by", "words.with", "[like]", "recursive", "materialized", "key", "date", "now", "random", "partition", "words.end", "words . date")
}

func (g *generator) alias() string {
	return g.pick("x", "end", "\"a b\"", "'q''q'", "[z]", "`y`", "over", "filter", "current_date", "current_timestamp", "date", "replace", "do", "by", "random", "offset", "été", "window")
}

func (g *generator) list(max int, element func()) {
	for i := range rapid.IntRange(1, max).Draw(g.t, "length") {
		if i > 0 {
			g.write(",")
		}
		element()
	}
}

func (g *generator) parens(inside func()) {
	g.write("(")
	inside()
	g.write(")")
}

func (g *generator) expr() {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 4 {
		g.write(g.pick("1", "'x'", g.column()))
		return
	}
	switch rapid.IntRange(0, 17).Draw(g.t, "expr") {
	case 0, 1, 2:
		g.write(g.column())
	case 3:
		g.write(g.pick("1", "1.5e3", "0x1F", "'it''s; -- '", "x'00ff'", "NULL", "1_000", ".5", "TRUE"))
	case 4:
		g.write(g.pick("?", "?", "?2", ":a", "@a", "$a::b(c)", "?7", "#x"))
	case 5:
		g.expr()
		g.write(g.pick("+", "||", "->>", "<>", "AND", "OR", "IS", "IS NOT", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "*", "<<", "=="))
		g.expr()
	case 6:
		g.expr()
		g.write(g.pick("ISNULL", "NOTNULL", "NOT NULL", "COLLATE nocase"))
	case 7:
		g.write("CASE")
		if g.chance(1) {
			g.expr()
		}
		g.write("WHEN")
		g.expr()
		g.write("THEN")
		g.expr()
		if g.chance(1) {
			g.write("ELSE")
			g.expr()
		}
		g.write("END")
	case 8:
		g.write(g.pick("max", "coalesce", "\"min\""))
		g.parens(func() { g.expr(); g.write(","); g.expr() })
	case 9:
		g.write(g.pick("-", "NOT", "~"))
		g.parens(g.expr)
	case 10:
		g.parens(g.expr)
	case 11:
		g.expr()
		g.write(g.pick("IN", "NOT IN"))
		g.parens(func() { g.list(3, g.expr) })
	case 12:
		g.write(g.pick("", "EXISTS"))
		g.parens(func() { g.query(1) })
	case 13:
		g.expr()
		g.write(g.pick("LIKE", "NOT LIKE", "GLOB", "IN \"end\" OR"))
		g.expr()
	case 14:
		g.write("CAST")
		g.parens(func() { g.expr(); g.write("AS", g.pick("TEXT", "INTEGER", "VARCHAR(10, 2)")) })
	case 15, 16:
		g.clock()
	case 17:
		g.write("(SELECT", "count(*)")
		if g.chance(1) {
			g.write("FILTER (WHERE 1)")
		}
		if g.chance(1) {
			g.write(g.pick("OVER ()", "OVER w", "OVER (ORDER BY current_date)"))
		}
		g.write("FROM t WINDOW w AS (PARTITION BY a), window AS (w)", ")")
	}
}

// clock writes an expression that reads the clock.
func (g *generator) clock() {
	switch g.pick("word", "empty", "now", "format", "diff") {
	case "word":
		g.write(g.pick("CURRENT_TIMESTAMP", "current_date", "Current_Time"))
	case "empty":
		g.write(g.pick("date", "datetime", "\"time\"", "unixepoch"), "(")
		g.write(g.pick("", "*"), ")")
	case "now":
		g.write(g.pick("date", "[datetime]", "julianday"), "(", g.pick("'now'", "'NOW'", "'subsec'"))
		if g.chance(1) {
			g.write(",", g.pick("'+1 day'", "'utc'"))
		}
		g.write(")")
	case "format":
		g.write("strftime", "(")
		if g.chance(1) {
			g.write("'%Y-%m-%d'")
		} else {
			g.expr()
		}
		if g.chance(1) {
			g.write(",", "'now'")
		}
		g.write(")")
	case "diff":
		g.write("timediff", "(", "'now'", ",", g.pick("'now'", "'2001-01-01'"), ")")
	}
}

func (g *generator) resultColumn() {
	g.expr()
	if g.chance(1) {
		g.write(g.pick("", "AS"))
		g.write(g.alias())
	}
}

// query writes a SELECT of that many columns.
func (g *generator) query(columns int) {
	if g.chance(3) {
		g.write("WITH", g.pick("x", "replace", "current_time"))
		if g.chance(1) {
			g.write("(", g.pick("y", "current_date", "end"), ")")
		}
		g.write("AS", g.pick("", "MATERIALIZED", "NOT MATERIALIZED"))
		g.depth++
		g.parens(func() { g.query(1) })
		g.depth--
	}
	g.write("SELECT", g.pick("", "DISTINCT", "ALL"))
	for i := range columns {
		if i > 0 {
			g.write(",")
		}
		g.resultColumn()
	}
	g.write("FROM", g.pick("words", "main.words", "words LEFT JOIN t ON (do = a)", "t JOIN words ON conflict", "t, words", "(SELECT 1) JOIN words", "(t JOIN words USING (a))", "words INDEXED BY i", "words NOT INDEXED"))
	if g.chance(2) {
		g.write("WHERE")
		g.expr()
	}
	if g.chance(3) {
		g.write("GROUP BY", "1", "HAVING", "1")
	}
	if g.chance(5) {
		g.write("UNION ALL", "SELECT", "1"+strings.Repeat(", 1", columns-1))
	}
	if g.chance(3) {
		g.write("ORDER BY", "1")
	}
	if g.chance(3) {
		g.write("LIMIT", "1", "OFFSET", g.pick("0", "unixepoch()"))
	}
}

func (g *generator) dml() {
	table := g.pick("words", "main.words", "\"words\"", "main . [words]")
	target := func() {
		g.write(table)
		if g.chance(3) {
			g.write("AS", "words")
		}
	}
	column := func() string {
		return g.pick("do", "conflict", "current_date", "current_time", "end", "over", "replace", "offset", "by", "with", "'like'", "date", "now", "random", "[partition]")
	}
	assignments := func() {
		g.write("SET")
		g.list(3, func() { g.write(column(), "="); g.expr() })
		if g.chance(3) {
			g.write(",", "(", column(), ",", column(), ")", "=")
			g.parens(func() { g.expr(); g.write(","); g.expr() })
		}
	}
	switch g.pick("insert", "select", "update", "delete") {
	case "insert":
		g.write(g.pick("INSERT", "INSERT OR IGNORE", "REPLACE", "INSERT OR REPLACE"), "INTO")
		target()
		g.write("(", column(), ",", column(), ")", "VALUES")
		g.list(2, func() {
			g.parens(func() { g.write(g.pick("1", "current_date")); g.write(","); g.write("NULL") })
		})
		g.write(g.pick("", "ON CONFLICT DO NOTHING", "ON CONFLICT DO UPDATE"))
		if strings.HasSuffix(g.b.String(), "DO UPDATE") {
			assignments()
		}
	case "select":
		g.write("INSERT", "INTO")
		target()
		g.write("(", column(), ",", column(), ")")
		g.query(2)
	case "update":
		g.write(g.pick("UPDATE", "UPDATE OR FAIL"))
		target()
		assignments()
		if g.chance(3) {
			g.write("FROM", g.pick("t", "date", "t, random"))
		}
		if g.chance(2) {
			g.write("WHERE")
			g.expr()
		}
	case "delete":
		g.write("DELETE FROM")
		target()
		if g.chance(2) {
			g.write("WHERE")
			g.expr()
		}
	}
	if g.chance(1) {
		g.write("RETURNING")
		g.list(4, g.resultColumn)
	}
}

// TestGenerated compares the reading of generated statements with SQLite's.
func TestGenerated(t *testing.T) {
	e := newEngine(t)
	accepted, all := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		g := generator{t: rt}
		if g.chance(1) {
			g.query(rapid.IntRange(1, 3).Draw(rt, "columns"))
		} else {
			g.dml()
		}
		sql := g.b.String()
		checkSplit(rt, sql)
		s := one(rt, sql)
		e.agreeSplit(rt, sql+" ; SELECT 1")
		all++
		if e.agree(rt, s) {
			accepted++
			e.agreePinned(rt, s)
		}
	})
	t.Logf("SQLite accepts %d of %d", accepted, all)
	if accepted*4 < all {
		t.Errorf("SQLite accepts only %d of %d", accepted, all)
	}
}
