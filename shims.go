package d1

import (
	"database/sql/driver"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// The places in which the driver does not pass a statement on as it is.

// admit refuses PRAGMA foreign_keys=OFF, in all its spellings, which D1 would
// silently ignore. The option foreign_keys_off switches it off.
func (c *Connector) admit(q *value.Query) error {
	if c.cfg.ForeignKeysOff == ForeignKeysOffIgnore {
		return nil
	}
	for _, s := range q.Statements {
		name, v, ok := s.Pragma()
		if !ok || name != "foreign_keys" || sqltext.PragmaOn(v) {
			continue
		}
		return unsupported(s.Describe() + " switches foreign keys off in SQLite. D1 ignores it, and they stay on, so that dropping a table deletes " +
			"the rows that cascade from it. Use PRAGMA defer_foreign_keys=ON in a transaction or batch; foreign_keys_off=ignore in the DSN sends it all the same")
	}
	return nil
}

// databaseList is a table-valued function that D1 does not authorize, and by
// which ent's migration finds the schema to work on.
const databaseList = "pragma_database_list"

// parseShimmed parses a text, in which databaseList may be replaced.
func parseShimmed(text string) *value.Query {
	shimmed := withDatabaseList(text)
	q := value.Parse(shimmed)
	if shimmed != text {
		q.Adopt()
	}
	return q
}

// withDatabaseList replaces the function databaseList by the one row it would
// have over D1, where nothing can be attached.
func withDatabaseList(text string) string {
	if !strings.Contains(text, databaseList) { // spares the scan of nearly every text
		return text
	}
	var b strings.Builder
	scanner := sqltext.NewScanner(text)
	last, call := 0, 0 // end of what is copied; how much of () is still to be left out
	for t, more := scanner.Next(); more; t, more = scanner.Next() {
		token := text[t.Pos:t.End]
		switch {
		case t.Kind == sqltext.Ident && token == databaseList:
			b.WriteString(text[last:t.Pos] + "(SELECT 0 AS seq,'main' AS name,'' AS file)")
			last, call = t.End, 2
		case call > 0 && token == "()"[2-call:3-call]:
			last = t.End
			call--
		case t.Kind != sqltext.Space:
			call = 0
		}
	}
	return b.String() + text[last:]
}

// answerVersion answers SELECT sqlite_version(), which D1 refuses and some ORMs
// ask when they open. It returns nil for any other statement, and for that one
// too if the option sqlite_version is off.
func (c *Connector) answerVersion(q *value.Query) driver.Rows {
	if c.cfg.SQLiteVersion == "off" || len(q.Statements) != 1 {
		return nil
	}
	column, ok := versionQuery(q.Statements[0].SQL)
	if !ok {
		return nil
	}
	body := wire.AppendString([]byte(`{"result":[{"results":{"columns":[`), column)
	body = wire.AppendString(append(body, `],"rows":[[`...), c.cfg.SQLiteVersion)
	return c.localRows(append(body, `]]},"success":true,"meta":{}}],"success":true,"errors":[],"messages":[]}`...))
}

// versionQuery reports whether sql is SELECT sqlite_version() and nothing else,
// and the name of its column.
func versionQuery(sql string) (column string, ok bool) {
	if len(sql) > 200 { // spares the scan of nearly every statement
		return "", false
	}
	want := []string{"select", "sqlite_version", "(", ")"}
	scanner := sqltext.NewScanner(sql)
	start, rest := 0, []string(nil)
	for {
		t, more := scanner.Next()
		if !more {
			break
		}
		if t.Kind == sqltext.Space || t.Kind == sqltext.Comment {
			continue
		}
		text := sql[t.Pos:t.End]
		switch {
		case len(want) == 0:
			rest = append(rest, text)
		case strings.EqualFold(text, want[0]):
			if len(want) == 3 {
				start = t.Pos
			}
			want = want[1:]
			if len(want) == 0 {
				column = sql[start:t.End]
			}
		default:
			return "", false
		}
	}
	switch {
	case len(want) > 0:
		return "", false
	case len(rest) == 0:
		return column, true
	case strings.EqualFold(rest[0], "as") && len(rest) == 2:
		return sqltext.Unquote(rest[1]), true
	case len(rest) == 1 && !strings.EqualFold(rest[0], "as"):
		return sqltext.Unquote(rest[0]), true
	}
	return "", false
}
