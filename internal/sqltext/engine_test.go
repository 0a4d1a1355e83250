package sqltext

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// schema has tables for the statements of seeds; words lists names that are
// keywords elsewhere.
const schema = `
CREATE TABLE t(a, b, c);
CREATE TABLE u(id INTEGER PRIMARY KEY, name TEXT UNIQUE, at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "odd name"("x y", 'q''q', [z], été);
CREATE TABLE words(do, conflict, current_date, current_time, current_timestamp, end, over, filter, window,
	replace, offset, by, with, like, match, recursive, materialized, key, row, savepoint, date, now, random, partition);
CREATE TABLE date(x, y);
CREATE TABLE random(x, y);
CREATE TABLE "end"(x);
CREATE INDEX ui ON u(at);
CREATE VIEW v AS SELECT a, datetime() AS d FROM t;
INSERT INTO t VALUES (1, 2, 3), (4, 5, 6);
INSERT INTO words DEFAULT VALUES;
INSERT INTO u VALUES (1, 'x', '2001-01-01 00:00:00');
`

// engine is a real SQLite to compare with.
type engine struct {
	conn    *sqlite.Conn
	actions []sqlite.Action // of the last prepared statement
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite, sqlite.OpenCreate)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	require.NoError(t, sqlitex.ExecuteScript(conn, schema, nil))
	e := &engine{conn: conn}
	require.NoError(t, conn.SetAuthorizer(sqlite.AuthorizeFunc(func(a sqlite.Action) sqlite.AuthResult {
		e.actions = append(e.actions, a)
		// A PRAGMA takes effect while it is prepared: let it change nothing.
		if a.Type() == sqlite.OpPragma && a.PragmaArg() != "" && a.Pragma() != "table_info" {
			return sqlite.AuthResultDeny
		}
		return sqlite.AuthResultOK
	})))
	return e
}

// prepared is what SQLite says about the first statement of a text.
type prepared struct {
	consumed int      // bytes of the text
	params   []string // names with prefix, from number 1; "" for none
	columns  []string
	actions  []sqlite.Action
}

func (e *engine) prepare(sql string) (prepared, error) {
	e.actions = nil
	stmt, trailing, err := e.conn.PrepareTransient(sql)
	if err != nil {
		return prepared{}, err
	}
	p := prepared{consumed: len(sql) - trailing, actions: e.actions}
	for i := 1; i <= stmt.BindParamCount(); i++ {
		p.params = append(p.params, stmt.BindParamName(i))
	}
	for i := range stmt.ColumnCount() {
		p.columns = append(p.columns, stmt.ColumnName(i))
	}
	return p, stmt.Finalize()
}

// agree requires that what s says is what SQLite says, if SQLite accepts it.
// It reports whether SQLite does.
func (e *engine) agree(t require.TestingT, s *Statement) bool {
	if strings.IndexByte(s.SQL, 0) >= 0 {
		require.Error(t, s.Err, "NUL in %q", s.SQL)
		return false
	}
	p, err := e.prepare(s.SQL)
	if err != nil {
		return false
	}
	require.NoError(t, s.Err, "SQLite accepts %q", s.SQL)
	require.Equal(t, len(s.SQL), p.consumed, "end of %q", s.SQL)
	require.Len(t, p.params, s.NumParams, "number of parameters of %q", s.SQL)
	names := make([]string, s.NumParams)
	for _, param := range s.Params {
		text := s.SQL[param.Pos:param.End]
		require.Equal(t, param.Explicit, text[0] == '?' && text != "?", "%q", s.SQL)
		if text != "?" {
			require.NotZero(t, param.Number)
			names[param.Number-1] = text
		}
		if !param.Explicit && text != "?" {
			require.Equal(t, text[1:], param.Name)
		}
	}
	// SQLite keeps the first name of a number only, and none of ? that ?NNN names later.
	for i, name := range p.params {
		if name != "" && !slices.ContainsFunc(s.Params, func(q Param) bool { return q.Number == i+1 && s.SQL[q.Pos:q.End] == name }) {
			require.Failf(t, "parameter", "%q is number %d of %q", name, i+1, s.SQL)
		}
		if name == "" {
			require.True(t, names[i] == "" || names[i][0] == '?', "parameter %d of %q is %q", i+1, s.SQL, names[i])
		}
	}
	if s.Verb != Explain && s.Verb != Pragma {
		require.Equal(t, len(p.columns) > 0, s.ReturnsRows(), "rows of %q", s.SQL)
	}
	if q, ok := s.Select(); ok && q.Columns > 0 {
		require.Len(t, p.columns, q.Columns, "columns of %q", s.SQL)
	}
	e.agreeDML(t, s, p)
	e.agreeReadOnly(t, s, p)
	return true
}

func (e *engine) agreeDML(t require.TestingT, s *Statement, p prepared) {
	d, ok := s.DML()
	switch s.Verb {
	case Insert, Replace, Update, Delete:
		require.True(t, ok, "DML of %q", s.SQL)
	default:
		require.False(t, ok, "DML of %q", s.SQL)
		return
	}
	op := map[Verb]sqlite.OpType{Insert: sqlite.OpInsert, Replace: sqlite.OpInsert, Update: sqlite.OpUpdate, Delete: sqlite.OpDelete}[s.Verb]
	require.True(t, slices.ContainsFunc(p.actions, func(a sqlite.Action) bool {
		return a.Type() == op && equalFold(a.Table(), d.Table)
	}), "table of %q is not %q", s.SQL, d.Table)
	if !slices.ContainsFunc(d.Items, func(i Item) bool { return i.Star }) {
		require.Len(t, p.columns, len(d.Items), "RETURNING of %q", s.SQL)
		for i, item := range d.Items {
			e.agreeItem(t, s, item, p.columns[i])
		}
	}
	// Without its RETURNING clause it is the same statement.
	body := Split(s.SQL[d.Body.Pos:d.Body.End])
	require.Len(t, body, 1)
	require.False(t, body[0].ReturnsRows())
	require.Equal(t, s.Verb, body[0].Verb)
}

// agreeItem compares the name of a result column: its alias, else the text of
// the expression, or the name of the table's column that it reads.
func (e *engine) agreeItem(t require.TestingT, s *Statement, item Item, column string) {
	text := s.SQL[item.Expr.Pos:item.Expr.End]
	switch {
	case column == "": // the test's binding knows only one of several columns of a name
		return
	case item.Alias != "":
		require.Equal(t, item.Alias, column, "alias in %q", s.SQL)
		return
	case strings.HasPrefix(column, text):
		require.Empty(t, Split(column[len(text):]), "only comments may follow %q in %q", text, s.SQL)
		return
	}
	// A column is named without quotes, table and parentheses.
	q := one(t, text)
	first, last := 0, len(q.lexemes)-1
	for q.isOp(first, '(') && q.isOp(last, ')') {
		first, last = first+1, last-1
	}
	require.True(t, first == last || first+2 == last && q.isOp(first+1, '.'), "%q in %q is not %q", text, s.SQL, column)
	require.True(t, equalFold(q.name(last), column), "%q in %q is not %q", text, s.SQL, column)
}

func (e *engine) agreeReadOnly(t require.TestingT, s *Statement, p prepared) {
	if !s.ReadOnly() || s.Verb == Explain || s.Verb == Pragma {
		return
	}
	for _, a := range p.actions {
		switch a.Type() {
		case sqlite.OpSelect, sqlite.OpRead, sqlite.OpFunction, sqlite.OpRecursive:
		case sqlite.OpCreateVTable, sqlite.OpUpdate, sqlite.OpPragma: // SQLite declares its own virtual tables so
		default:
			require.Failf(t, "not read-only", "%q: %v", s.SQL, a)
		}
	}
}

// agreeSplit requires that SQLite finds the same statements in sql as Split.
func (e *engine) agreeSplit(t require.TestingT, sql string) {
	if strings.IndexByte(sql, 0) >= 0 {
		return
	}
	pos := 0
	for _, s := range Split(sql) {
		p, err := e.prepare(sql[pos:])
		if err != nil {
			return
		}
		pos += p.consumed
		require.LessOrEqual(t, s.Pos+len(s.SQL), pos, "%q ends early in %q", s.SQL, sql)
		require.Empty(t, Split(sql[s.Pos+len(s.SQL):pos]), "%q ends late in %q", s.SQL, sql)
	}
}
