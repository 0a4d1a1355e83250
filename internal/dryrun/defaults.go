package dryrun

import (
	"encoding/hex"
	"strings"

	"github.com/d1go/d1/internal/wire"
)

// Defaults are the DEFAULT clauses of a table's columns as a probe tells them:
// name and expression in hex, joined by a comma; columns joined by semicolons.
type Defaults string

// defaultsOf is the expression of a table's Defaults, of the table's name. An
// INTEGER PRIMARY KEY is the rowid, which SQLite makes itself, whatever its default.
func defaultsOf(table string) string {
	return "coalesce((SELECT group_concat(hex(name)||','||hex(dflt_value),';'ORDER BY cid)FROM pragma_table_info(" + table + ")WHERE dflt_value IS NOT NULL AND NOT(pk AND lower(type)='integer')),'')"
}

// defaultsList is the expression of the Defaults of several tables, each behind a
// bar. It takes one parameter, unless there are none: the value of tableNames.
func defaultsList(tables []string) string {
	if len(tables) == 0 {
		return "''"
	}
	return "(SELECT group_concat('|'||" + defaultsOf("t.value") + ",''ORDER BY t.key)FROM json_each(?)AS t)"
}

// tableNames appends the parameter that defaultsList takes to those before it.
func tableNames(before []any, tables []string) []any {
	if len(tables) == 0 {
		return before
	}
	list := []byte{'['}
	for i, name := range tables {
		if i > 0 {
			list = append(list, ',')
		}
		list = wire.AppendString(list, name)
	}
	return append(before, string(append(list, ']')))
}

// GuardDefaults returns the statement that aborts its batch, with tag in the
// message, if the table's Defaults are other ones.
func GuardDefaults(table string, d Defaults, tag string) wire.Statement {
	return wire.Statement{
		SQL:    "SELECT CASE WHEN " + defaultsOf("?") + " IS NOT ? THEN json_extract('null',?)END",
		Params: params(nil, table, string(d), tag),
	}
}

// All yields the columns' names and expressions.
func (d Defaults) All(yield func(column, expr string) bool) {
	for entry := range strings.SplitSeq(string(d), ";") {
		column, expr, _ := strings.Cut(entry, ",")
		name, err1 := hex.DecodeString(column)
		text, err2 := hex.DecodeString(expr)
		if err1 == nil && err2 == nil && entry != "" && !yield(string(name), string(text)) {
			return
		}
	}
}
