package sqltext

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// one returns the only statement of sql.
func one(t require.TestingT, sql string) *Statement {
	list := Split(sql)
	require.Len(t, list, 1, "%q", sql)
	return list[0]
}

func TestVerb(t *testing.T) {
	for _, test := range []struct {
		sql      string
		verb     Verb
		readOnly bool
		rows     bool
	}{
		{"select 1", Select, true, true},
		{"/* a */ Values (1)", Values, true, true},
		{"with x as (select 1) select 1", Select, true, true},
		{"with delete(a) as (select 1), x as (select ')') values (1)", Values, true, true},
		{"with x as (select 1) insert into t select * from x", Insert, false, false},
		{"with x as (select 1) replace into t select * from x returning 1", Replace, false, true},
		{"with x as not materialized (select 1) update t set a = 1", Update, false, false},
		{"with recursive x(a, b) as materialized (select (1)) delete from t", Delete, false, false},
		{"with x as (select 1) drop table t", Unknown, false, false},
		{"insert into t select 'returning' from (select a from returning)", Insert, false, false},
		{"insert into t values (1) returning a", Insert, false, true},
		{"explain delete from t", Explain, true, true},
		{"explain query plan with x as (select 1) delete from t", Explain, true, true},
		{"explain pragma table_info(t)", Explain, true, true},
		{"explain pragma foreign_keys = 1", Explain, false, true},
		{"pragma foreign_keys", Pragma, true, true},
		{"pragma foreign_keys = 1", Pragma, false, true},
		{"pragma foreign_keys(1)", Pragma, false, true},
		{"pragma Table_Info = t", Pragma, true, true},
		{"pragma 'quick_check'", Pragma, true, true},
		{"pragma optimize", Pragma, false, true},
		{"pragma nobody_knows", Pragma, false, true},
		{"select * from pragma_table_info('t'), pragma_index_list", Select, true, true},
		{"select * from t, Pragma_Optimize", Select, false, true},
		{"select * from t where a in [pragma_optimize]", Select, false, true},
		{"with x as (select * from main.'pragma_optimize') select * from x", Select, false, true},
		{"select pragma_optimize, 'pragma_optimize' as pragma_optimize from t", Select, true, true},
		{"create table t(a)", Create, false, false},
		{"alter table t rename to u", Alter, false, false},
		{"drop table t", Drop, false, false},
		{"reindex", Reindex, false, false},
		{"analyze", Analyze, false, false},
		{"vacuum", Vacuum, false, false},
		{"attach 'a' as b", Attach, false, false},
		{"detach b", Detach, false, false},
		{"begin", Begin, false, false},
		{"commit", Commit, false, false},
		{"end", Commit, false, false},
		{"rollback", Rollback, false, false},
		{"rollback transaction x to y", RollbackTo, false, false},
		{"savepoint x", Savepoint, false, false},
		{"release x", Release, false, false},
		{"ſelect 1", Unknown, false, false},
		{"\"select\" 1", Unknown, false, false},
		{"(select 1)", Unknown, false, false},
		{"?", Unknown, false, false},
	} {
		s := one(t, test.sql)
		require.Equal(t, test.verb, s.Verb, test.sql)
		require.Equal(t, test.readOnly, s.ReadOnly(), test.sql)
		require.Equal(t, test.rows, s.ReturnsRows(), test.sql)
		require.Equal(t, test.verb >= Begin, s.TxControl(), test.sql)
	}
	require.Equal(t, "ROLLBACK TO", RollbackTo.String())
	require.Equal(t, "Verb?", Verb(200).String())
}

func TestParams(t *testing.T) {
	for _, test := range []struct {
		sql     string
		numbers []int
		names   []string
		num     int
	}{
		{"select 1", nil, nil, 0},
		{"select ?, ?, ?", []int{1, 2, 3}, []string{"", "", ""}, 3},
		{"select ?3, ?, ?1", []int{3, 4, 1}, []string{"", "", ""}, 4},
		{"select :a, @a, $a, :a, ?, #a", []int{1, 2, 3, 1, 4, 5}, []string{"a", "a", "a", "a", "", "a"}, 5},
		{"select ?2, :a, ?3, :A", []int{2, 3, 3, 4}, []string{"", "a", "", "A"}, 4},
		{"select $a::b(c)", []int{1}, []string{"a::b(c)"}, 1},
		{"create virtual table x using y(?, :a)", nil, nil, 0},
	} {
		s := one(t, test.sql)
		var numbers []int
		var names []string
		for _, p := range s.Params {
			numbers, names = append(numbers, p.Number), append(names, p.Name)
		}
		require.NoError(t, s.Err)
		require.Equal(t, test.numbers, numbers, test.sql)
		require.Equal(t, test.names, names, test.sql)
		require.Equal(t, test.num, s.NumParams, test.sql)
	}
}

func TestErr(t *testing.T) {
	e := newEngine(t)
	for _, test := range []struct {
		sql string
		pos int
		msg string
	}{
		{"select 'a", 7, "unterminated string"},
		{"select \"a", 7, "unterminated identifier"},
		{"select `a", 7, "unterminated identifier"},
		{"select [a", 7, "unterminated identifier"},
		{"select x'a'", 7, "malformed blob literal"},
		{"select 1a", 7, "malformed number"},
		{"select .1a", 7, "malformed number"},
		{"select 'a\x00'", 7, "NUL byte in SQL"},
		{"select 1 -- \x00", 9, "NUL byte in SQL"},
		{"select ^", 7, `unrecognized token "^"`},
		{"select ?0", 7, "variable number must be between ?1 and ?32766"},
		{"select 1, ?32767", 10, "variable number must be between ?1 and ?32766"},
		{"select ?32766, :a", 15, "too many SQL variables"},
		{"begin immediate x", 16, `near "x": syntax error`},
		{"rollback to", 11, "incomplete input"},
		{"release a.b", 9, `near ".": syntax error`},
	} {
		s := one(t, "; "+test.sql)
		var syntax *SyntaxError
		require.True(t, errors.As(s.Err, &syntax), "%q", test.sql)
		require.Equal(t, SyntaxError{test.pos, test.msg}, *syntax, "%q", test.sql)
		require.Contains(t, s.Err.Error(), test.msg+" at offset ")
		if strings.IndexByte(test.sql, 0) < 0 {
			_, err := e.prepare(test.sql)
			require.Error(t, err, "%q", test.sql)
		}
	}
}

// TestTxControl compares the grammar of transaction control with SQLite's.
func TestTxControl(t *testing.T) {
	e := newEngine(t)
	for _, verb := range []string{"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"} {
		words := []string{"", "TRANSACTION", "TO", "SAVEPOINT", "x", "'y'", "[z w]", "IMMEDIATE", "deferred", "EXCLUSIVE", "left", "1", ","}
		for _, a := range words {
			for _, b := range words {
				for _, c := range words {
					for _, d := range []string{"", "x", "TO"} {
						s := one(t, strings.Join([]string{verb, a, b, c, d}, " "))
						_, err := e.prepare(s.SQL)
						if s.Err == nil && err != nil {
							// The one leniency: keywords that SQLite refuses as names.
							require.Regexp(t, `near "(TO|TRANSACTION)": syntax error`, err, s.SQL)
							continue
						}
						require.Equal(t, err == nil, s.Err == nil, "%q: %v, %v", s.SQL, err, s.Err)
						if err == nil {
							name := ""
							for _, action := range e.actions {
								name = action.Savepoint()
							}
							require.Equal(t, name, s.SavepointName(), s.SQL)
						}
					}
				}
			}
		}
	}
}

func TestSavepointName(t *testing.T) {
	for sql, want := range map[string]string{
		"savepoint x": "x", "release x": "x", "release savepoint 'a''b'": "a'b", "rollback to [a b]": "a b",
		"rollback transaction y to savepoint `c``d`": "c`d", "rollback": "", "begin transaction x": "",
		"savepoint": "", "release savepoint": "", "select x": "",
	} {
		require.Equal(t, want, one(t, sql).SavepointName(), sql)
	}
}

func TestPragma(t *testing.T) {
	for _, test := range []struct {
		sql, name, value string
		hasValue         bool
	}{
		{"pragma Foreign_Keys", "foreign_keys", "", false},
		{"pragma main.foreign_keys = OFF", "foreign_keys", "OFF", true},
		{"pragma \"x\".[table_info](\"odd \"\"name\")", "table_info", "odd \"name", true},
		{"pragma user_version = -1", "user_version", "-1", true},
		{"pragma user_version(+2)", "user_version", "2", true},
		{"pragma encoding = 'UTF-8'", "encoding", "UTF-8", true},
		{"pragma x =", "x", "", true},
		{"pragma", "", "", false},
		{"pragma 1", "", "", false},
		{"select 1", "", "", false},
	} {
		name, value, hasValue := one(t, test.sql).Pragma()
		require.Equal(t, test.name, name, test.sql)
		require.Equal(t, test.value, value, test.sql)
		require.Equal(t, test.hasValue, hasValue, test.sql)
	}
}

func TestUnquote(t *testing.T) {
	for token, want := range map[string]string{
		"a": "a", "''": "", "'a''b'": "a'b", `"a""b"`: `a"b`, "`a``b`": "a`b", "[a]": "a", "[a[b]": "a[b", "'\"'": "\"", "'": "'",
	} {
		require.Equal(t, want, Unquote(token), token)
	}
	for _, name := range []string{"", "a", `a"b`, `""`, "[a]", "é 'x'"} {
		require.Equal(t, name, Unquote(QuoteIdent(name)))
	}
}
