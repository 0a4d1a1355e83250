package dryrun

import (
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/wire"
)

// Returning is an INSERT, UPDATE or DELETE with a RETURNING clause, as it
// travels, cut into the parts that a probe puts together anew.
type Returning struct {
	wire.Statement
	Body   string   // the statement without the clause
	Exprs  []string // the returned expressions, without aliases; * already expanded
	Names  string   // SELECT of the clause's list, for its column names
	Tables []string // whose Defaults a probe shall tell, too

	// For more than one row:
	Verb     string // INSERT, UPDATE or DELETE
	Upsert   bool
	Table    string   // unquoted, without schema; the expressions name it so, even if it has an alias
	Columns  []string // all of the table's, as its fingerprint has them
	Identity []string // expressions that tell one row from another: rowid, or the primary key
}

// tuple writes a SELECT of one row: k, and the expressions as c0, c1, ….
func tuple(b *strings.Builder, exprs []string) {
	b.WriteString("SELECT 1 AS k")
	for i, e := range exprs {
		b.WriteString("," + e + " AS c" + strconv.Itoa(i))
	}
}

// rowText writes the expression of the text of the row that exprs make.
func rowText(b *strings.Builder, exprs []string) {
	b.WriteString("(SELECT v FROM(")
	writeRows(b, len(exprs), exact, func() { tuple(b, exprs) })
	b.WriteString("))")
}

// View is the Table of ProbeOne's answer if it is a view.
const View = "view"

// ProbeOne asks for the only row that the statement can return: evaluating
// RETURNING fails with it. If there is none, a second probe says so. EXPLAIN
// checks the list as it is written: wrapped, count(*) would be no mistake. The
// answer's Table tells whether a row comes from a View.
func (r Returning) ProbeOne(nonce string) []wire.Statement {
	var one strings.Builder
	one.WriteString(r.Body + " RETURNING ")
	writeFrame(&one, func() {
		// The list's placeholders come first, as their parameters do.
		one.WriteString("SELECT '1:'||h||':'||v AS p FROM(SELECT")
		rowText(&one, r.Exprs)
		one.WriteString("AS v),(SELECT " + nameList + "||':'||coalesce((SELECT type FROM sqlite_schema WHERE type='" + View + "'AND name=? COLLATE NOCASE),'')||" + defaultsList(r.Tables) + " AS h)")
	})
	none := ProbeNames(nonce, r.Names)
	check := wire.Statement{SQL: "EXPLAIN " + r.SQL, Params: r.Params}
	return []wire.Statement{check, none[0], {SQL: one.String(), Params: params(r.Params, append(tableNames([]any{r.Table}, r.Tables), nonce)...)}, none[1]}
}

// ProbeMany asks for all rows: triggers note them as RETURNING would see them.
// The answer has the identity behind the expressions. Its Total is the number of
// rows that the statement itself changed, which is another than that of its rows
// where the table's own triggers or cascades changed the table too.
func (r Returning) ProbeMany(nonce string) []wire.Statement {
	all := r.tupleExprs()
	batch := []wire.Statement{names(r.Names)}
	var b strings.Builder
	b.WriteString("CREATE TABLE " + tableCapture + "(k INTEGER PRIMARY KEY,")
	writeColumns(&b, len(all))
	b.WriteByte(')')
	batch = append(batch, wire.Statement{SQL: b.String()})

	events := []string{r.Verb}
	if r.Upsert {
		events = append(events, "UPDATE")
	}
	for i, event := range events {
		batch = append(batch, wire.Statement{SQL: r.trigger(trigger+strconv.Itoa(i), event, all)})
	}
	batch = append(batch, r.Statement)

	b.Reset()
	b.WriteString("SELECT ")
	writeFrame(&b, func() {
		b.WriteString("SELECT changes()||':'||" + nameList + "||':'||(SELECT hex(group_concat(name,char(0)ORDER BY cid))FROM pragma_table_xinfo(?))||" + defaultsList(r.Tables) + "||':'||coalesce((SELECT group_concat(v,';'ORDER BY k)FROM(")
		writeRows(&b, len(all), exact, func() { b.WriteString("SELECT * FROM " + tableCapture) })
		b.WriteString(")),'')AS p")
	})
	return append(batch, wire.Statement{SQL: b.String(), Params: params(nil, append(tableNames([]any{r.Table}, r.Tables), nonce)...)})
}

// Fingerprint is how ProbeMany's answer names the table's columns; another one
// means that Columns are out of date.
func (r Returning) Fingerprint() string { return upperHex([]byte(strings.Join(r.Columns, "\x00"))) }

func (r Returning) tupleExprs() []string {
	return append(append([]string(nil), r.Exprs...), r.Identity...)
}

// trigger is the SQL of a trigger that notes the row of an event. The list is
// evaluated over the row in the table: unlike NEW.column and OLD.column, its
// columns have their affinity, as in RETURNING. The row is there, as it is to be
// noted, behind an INSERT or UPDATE and before a DELETE. SQLite runs the trigger
// made last first; whatever else changes the row is noted, too, so that there are
// more rows than changes.
func (r Returning) trigger(id, event string, exprs []string) string {
	when, row := "AFTER", "NEW."
	if event == "DELETE" {
		when, row = "BEFORE", "OLD."
	}
	var b strings.Builder
	table := sqltext.QuoteIdent(r.Table)
	b.WriteString("CREATE TRIGGER " + id + " " + when + " " + event + " ON " + table + " BEGIN INSERT INTO " + tableCapture + "(")
	writeColumns(&b, len(exprs))
	b.WriteString(")SELECT " + strings.Join(exprs, ",") + " FROM " + table)
	for i, e := range r.Identity {
		b.WriteString([]string{" WHERE ", " AND "}[min(i, 1)] + e + "=" + row + e)
	}
	b.WriteString(";END")
	return b.String()
}

// Guarded returns the statement for the batch that commits: RETURNING aborts it,
// with tag in the message, at a row that is none of rows. A guard on the number
// of changes must follow.
func (r Returning) Guarded(rows []string, identity bool, tag string) wire.Statement {
	exprs := r.Exprs
	if identity {
		exprs = r.tupleExprs()
	}
	var b strings.Builder
	b.WriteString(r.Body + " RETURNING CASE WHEN ")
	rowText(&b, exprs)
	b.WriteString("NOT IN(SELECT value FROM json_each(?))THEN json_extract('null',?)END")
	list := []byte{'['}
	for i, row := range rows {
		if i > 0 {
			list = append(list, ',')
		}
		list = wire.AppendString(list, row)
	}
	return wire.Statement{SQL: b.String(), Params: params(r.Params, string(append(list, ']')), tag)}
}
