package sqltext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDML(t *testing.T) {
	type want struct {
		schema, table, span, alias, or string
		single, upsert                 bool
		body                           string // "" when it is the whole statement
	}
	for _, test := range []struct {
		sql string
		want
	}{
		{"insert into t values (1, (2))", want{table: "t", span: "t", single: true}},
		{"insert into t(a) values (1), (2)", want{table: "t", span: "t"}},
		{"insert into t(a) values (1) union select 2", want{table: "t", span: "t"}},
		{"insert into t select 1", want{table: "t", span: "t"}},
		{"insert into t default values returning a", want{table: "t", span: "t", single: true, body: "insert into t default values"}},
		{"insert or Replace into main . [a b] as 'x' (a) values (1) returning *", want{schema: "main", table: "a b", span: "main . [a b]", alias: "x", or: "REPLACE", single: true, body: "insert or Replace into main . [a b] as 'x' (a) values (1)"}},
		{"replace into \"a\"\"b\" values (1)", want{table: `a"b`, span: `"a""b"`, or: "REPLACE", single: true}},
		{"insert into t values (1) on conflict (a) do update set b = 1 -- c\n returning b", want{table: "t", span: "t", single: true, upsert: true, body: "insert into t values (1) on conflict (a) do update set b = 1"}},
		{"insert into t values (1), (2) on conflict do nothing", want{table: "t", span: "t", upsert: true}},
		{"insert into t select a from t join u on conflict = do", want{table: "t", span: "t"}},
		{"with x as (select 1 returning) update or ignore t as x set a = 1", want{table: "t", span: "t", alias: "x", or: "IGNORE"}},
		{"update x.t set a = 1 where b", want{schema: "x", table: "t", span: "x.t"}},
		{"delete from `t` where a in (select returning from b)", want{table: "t", span: "`t`"}},
		{"delete from replace returning 1", want{table: "replace", span: "replace", body: "delete from replace"}},
	} {
		s := one(t, test.sql)
		d, ok := s.DML()
		require.True(t, ok, test.sql)
		if test.body == "" {
			test.body = s.SQL
			require.Zero(t, d.Returning, test.sql)
			require.Empty(t, d.Items, test.sql)
		}
		require.Equal(t, test.want, want{
			d.Schema, d.Table, s.SQL[d.TableSpan.Pos:d.TableSpan.End], d.Alias, d.OrAction,
			d.SingleRow, d.Upsert, s.SQL[d.Body.Pos:d.Body.End],
		}, test.sql)
	}
	for _, sql := range []string{"select 1", "insert t values (1)", "insert into", "insert or", "update", "delete t", "delete from 1", "insert into t.", "explain delete from t"} {
		_, ok := one(t, sql).DML()
		require.False(t, ok, sql)
	}
}

func TestReturningItems(t *testing.T) {
	for _, test := range []struct {
		list string
		want [][2]string // expression, alias; "*" for a star
	}{
		{"*", [][2]string{{"*", "*"}}},
		{"t.*, a", [][2]string{{"t.*", "*"}, {"a", ""}}},
		{"a as b, a b, a as 'b', a \"b\", a [b]", [][2]string{{"a", "b"}, {"a", "b"}, {"a", "b"}, {"a", "b"}, {"a", "b"}}},
		{"max(a, b), max(a, (b)) c", [][2]string{{"max(a, b)", ""}, {"max(a, (b))", "c"}}},
		{"a /* x */ as -- y\n b /* z */", [][2]string{{"a", "b"}}},
		{"t.a, main.t.a x", [][2]string{{"t.a", ""}, {"main.t.a", "x"}}},
		{"a isnull, a isnull b, a notnull b, a not null b, a is null, a is not null b", [][2]string{{"a isnull", ""}, {"a isnull", "b"}, {"a notnull", "b"}, {"a not null", "b"}, {"a is null", ""}, {"a is not null", "b"}}},
		{"a collate nocase, a collate nocase b", [][2]string{{"a collate nocase", ""}, {"a collate nocase", "b"}}},
		{"a like b, a not like b, a not like b c, a like b escape c d", [][2]string{{"a like b", ""}, {"a not like b", ""}, {"a not like b", "c"}, {"a like b escape c", "d"}}},
		{"a in b, a in x.b, a in (1, 2) c, a in b c", [][2]string{{"a in b", ""}, {"a in x.b", ""}, {"a in (1, 2)", "c"}, {"a in b", "c"}}},
		{"a is distinct from b, a is not distinct from b c", [][2]string{{"a is distinct from b", ""}, {"a is not distinct from b", "c"}}},
		{"a end, case a when b then c else d end, case when end then end end end", [][2]string{{"a", "end"}, {"case a when b then c else d end", ""}, {"case when end then end end", "end"}}},
		{"'a', 'a' 'b', 1 b, x'00' b, ? b, -a, - a b, a * b, a -> b, a -> 'b' c", [][2]string{{"'a'", ""}, {"'a'", "b"}, {"1", "b"}, {"x'00'", "b"}, {"?", "b"}, {"-a", ""}, {"- a", "b"}, {"a * b", ""}, {"a -> b", ""}, {"a -> 'b'", "c"}}},
		{"current_date, 1 current_date, a between b and c d, exists (select 1, 2) e, cast(a as b)", [][2]string{{"current_date", ""}, {"1", "current_date"}, {"a between b and c", "d"}, {"exists (select 1, 2)", "e"}, {"cast(a as b)", ""}}},
		{"partition by, (partition) by", [][2]string{{"partition", "by"}, {"(partition)", "by"}}},
		{"count(*) over, count(*) filter, replace, replace(a, b, c) replace", [][2]string{{"count(*)", "over"}, {"count(*)", "filter"}, {"replace", ""}, {"replace(a, b, c)", "replace"}}},
	} {
		s := one(t, "delete from t returning "+test.list)
		d, ok := s.DML()
		require.True(t, ok)
		var got [][2]string
		for _, item := range d.Items {
			expr := s.SQL[item.Expr.Pos:item.Expr.End]
			if item.Star {
				require.Empty(t, item.Alias)
				item.Alias = "*"
			}
			got = append(got, [2]string{expr, item.Alias})
		}
		require.Equal(t, test.want, got, test.list)
		require.Equal(t, "delete from t", s.SQL[d.Body.Pos:d.Body.End])
	}
}

func TestSelect(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want Query
	}{
		{"select 1", Query{1, false, false}},
		{"select a, max(b, c), (select 1, 2) from t", Query{3, false, false}},
		{"select * from t order by 1", Query{0, true, false}},
		{"select a, t.* from t limit 1", Query{0, false, true}},
		{"select a * b, count(*) from t", Query{2, false, false}},
		{"select distinct a is distinct from b, c from t, u", Query{2, false, false}},
		{"select a union select 1 order by 1 limit 2", Query{1, true, true}},
		{"select a window, b window w as (), x as ()", Query{2, false, false}},
		{"select a, case b when c then window end as d, window as e from t", Query{3, false, false}},
		{"select a, b where 1", Query{2, false, false}},
		{"values (1, 2, (3)), (4, 5, 6)", Query{3, false, false}},
		{"values (1 * 2)", Query{1, false, false}},
		{"with x(a, b, c) as (select 1, 2, 3 order by 1 limit 1) select a, b from x", Query{2, false, false}},
	} {
		q, ok := one(t, test.sql).Select()
		require.True(t, ok, test.sql)
		require.Equal(t, test.want, q, test.sql)
	}
	for _, sql := range []string{"delete from t returning 1", "explain select 1", "pragma x"} {
		_, ok := one(t, sql).Select()
		require.False(t, ok, sql)
	}
}
