package conformance

import (
	"fmt"
	"strconv"
	"strings"
)

// limitScenarios go to the last size that works and one further.
func limitScenarios() []scenario {
	numbered := func(n int, format, separator string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = strings.ReplaceAll(format, "#", strconv.Itoa(i))
		}
		return strings.Join(parts, separator)
	}
	repeat := func(n int, part, separator string) string {
		return strings.TrimSuffix(strings.Repeat(part+separator, n), separator)
	}
	around := func(name string, limit int, text func(n int) string) scenario {
		return each(name, text(limit-1), text(limit), text(limit+1))
	}
	array := func(n int) string { return quoteJSON("[" + repeat(n, "1", ",") + "]") }
	params := func(n int) []string {
		p := make([]string, n)
		for i := range p {
			p[i] = strconv.Quote(strconv.Itoa(i))
		}
		return p
	}
	bound := func(name, text string, limit int) scenario {
		s := scenario{name: name}
		for _, n := range []int{limit - 1, limit, limit + 1} {
			s.requests = append(s.requests, sql(text, quoteJSON(strings.Repeat("x", n))))
		}
		return s
	}
	return []scenario{
		{name: "limit: parameters", requests: []request{
			sql(`SELECT `+repeat(100, "?", ","), params(100)...), sql(`SELECT max(`+repeat(101, "?", ",")+`)`, params(101)...),
			sql(`SELECT 1 WHERE 1 IN (`+repeat(101, "?", ",")+`)`, params(101)...), sql(`SELECT ?100`, params(100)...), sql(`SELECT ?101`, params(101)...), sql(`SELECT ?99999999999`),
		}},
		around("limit: SQL bytes", 100_000, func(n int) string { return "SELECT 1 /*" + strings.Repeat("x", n-13) + "*/" }),
		around("limit: SQL bytes not characters", 100_000, func(n int) string {
			return "SELECT 1 /*" + strings.Repeat("é", (n-13)/2) + strings.Repeat("x", (n-13)%2) + "*/"
		}),
		around("limit: result columns", 100, func(n int) string { return "SELECT " + repeat(n, "1", ",") }),
		around("limit: table columns", 100, func(n int) string { return fmt.Sprintf("CREATE TABLE t%d(%s)", n, numbered(n, "c#", ",")) }),
		around("limit: function arguments", 127, func(n int) string { return "SELECT max(" + repeat(n, "1", ",") + ")" }),
		around("limit: JSON arguments", 127, func(n int) string { return "SELECT json_array(" + repeat(n, "1", ",") + ")" }),
		around("limit: LIKE", 50, func(n int) string { return "SELECT 'a' LIKE '" + strings.Repeat("a", n) + "'" }),
		around("limit: GLOB", 50, func(n int) string { return "SELECT 'a' GLOB '" + strings.Repeat("a", n) + "'" }),
		around("limit: expression depth", 100, func(n int) string { return "SELECT " + repeat(n, "1", "+") }),
		around("limit: AND", 100, func(n int) string { return "SELECT 1 WHERE " + repeat(n, "1", " AND ") }),
		around("limit: compound", 5, func(n int) string { return repeat(n, "SELECT 1", " UNION ALL ") }),
		around("limit: VALUES", 500, func(n int) string { return "VALUES " + repeat(n, "(1)", ",") }),
		around("limit: joins", 64, func(n int) string { return "SELECT 1 FROM " + numbered(n, "(SELECT 1) a#", ",") }),
		around("limit: IN literals", 7160, func(n int) string { return "SELECT 1 IN (" + repeat(n, "1", ",") + ")" }),
		{name: "limit: items of one parameter in IN", requests: []request{
			sql(`SELECT count(*) FROM json_each('[1]') WHERE value IN (`+numbered(3000, "(?1->>#)", ",")+`)`, array(3000)),
			sql(`SELECT count(*) FROM json_each('[1]') WHERE value IN (`+numbered(3068, "(?1->>#)", ",")+`)`, array(3068)),
			sql(`SELECT count(*) FROM json_each('[1]') WHERE value IN (`+numbered(3069, "(?1->>#)", ",")+`)`, array(3069)),
		}},
		// The engine's limit is 3,582; the emulator's may be up to a fifth higher (emulator.maxProgram).
		{name: "limit: items of one parameter in VALUES", requests: []request{
			sql(`CREATE TABLE t(a)`),
			sql(`INSERT INTO t VALUES `+numbered(2000, "(?1->>#)", ","), array(2000)), sql(`INSERT INTO t VALUES `+numbered(3582, "(?1->>#)", ","), array(3582)), sql(`INSERT INTO t VALUES `+numbered(4400, "(?1->>#)", ","), array(4400)),
		}},
		bound("limit: bound string", `SELECT length(?)`, 2_200_000),
		around("limit: blob", 2_200_000, func(n int) string { return fmt.Sprintf("SELECT length(x) FROM (SELECT zeroblob(%d) AS x)", n) }),
		around("limit: hex", 1_100_000, func(n int) string { return fmt.Sprintf("SELECT length(hex(zeroblob(%d)))", n) }),
		{name: "limit: row", requests: []request{
			sql(`CREATE TABLE t(a,b)`),
			sql(`INSERT INTO t VALUES (zeroblob(1099995),zeroblob(1099995))`), sql(`INSERT INTO t VALUES (zeroblob(1099996),zeroblob(1099996))`), sql(`INSERT INTO t VALUES (zeroblob(1100000),zeroblob(1100000))`),
		}},
		{name: "limit: trigger depth", requests: []request{
			batch(`CREATE TABLE a(n)`, `CREATE TRIGGER at AFTER INSERT ON a WHEN NEW.n%100 BEGIN INSERT INTO a VALUES (NEW.n+1); END`),
			sql(`INSERT INTO a VALUES (1)`), sql(`PRAGMA recursive_triggers=ON`), sql(`INSERT INTO a VALUES (92)`), sql(`INSERT INTO a VALUES (91)`), sql(`INSERT INTO a VALUES (90)`), sql(`INSERT INTO a VALUES (89)`), sql(`SELECT count(*) FROM a`),
		}},
		each("limit: nesting", "SELECT "+strings.Repeat("(", 90)+"1"+strings.Repeat(")", 90), "SELECT "+strings.Repeat("(", 101)+"1"+strings.Repeat(")", 101),
			"SELECT json('"+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+"')", "SELECT json('"+strings.Repeat("[", 1001)+strings.Repeat("]", 1001)+"')",
			"SELECT "+strings.Repeat("(SELECT ", 30)+"1"+strings.Repeat(")", 30), "SELECT "+strings.Repeat("CASE WHEN 1 THEN ", 60)+"1"+strings.Repeat(" END", 60)),
		{name: "limit: batch", requests: []request{batch(strings.Split(repeat(500, "SELECT 1", "|"), "|")...)}},
	}
}
