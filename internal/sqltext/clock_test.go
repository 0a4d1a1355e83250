package sqltext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// pin replaces everything that reads the clock by an instant of 2001.
func pin(s *Statement) string {
	const stamp = "'2001-02-03 04:05:06.789'"
	var b strings.Builder
	pos := 0
	for _, ref := range s.NowRefs() {
		b.WriteString(s.SQL[pos:ref.Pos])
		pos = ref.End
		switch ref.Kind {
		case CurrentTimestamp:
			b.WriteString("'2001-02-03 04:05:06'")
		case CurrentDate:
			b.WriteString("'2001-02-03'")
		case CurrentTime:
			b.WriteString("'04:05:06'")
		case NowLiteral, NowImplied0:
			b.WriteString(stamp)
		case NowSubsec:
			b.WriteString(stamp + ", " + s.SQL[ref.Pos:ref.End])
		case NowImplied1:
			b.WriteString(", " + stamp)
		}
	}
	return b.String() + s.SQL[pos:]
}

func TestNowRefs(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want string // pinned; "" when nothing reads the clock
	}{
		{"select current_timestamp, CURRENT_DATE, Current_Time", "select '2001-02-03 04:05:06', '2001-02-03', '04:05:06'"},
		{"select date(), time( /* */ ), unixepoch(*)", "select date(@), time( /* */ @), unixepoch(@)"},
		{"select strftime('%Y'), strftime('now'), strftime()", "select strftime('%Y', @), strftime('now', @), strftime()"},
		{"select strftime(strftime('%Y'))", "select strftime(strftime('%Y', @), @)"},
		{"select strftime('%Y', 'now'), timediff('now', 'NOW')", "select strftime('%Y', @), timediff(@, @)"},
		{"select unixepoch('subsec'), datetime('Subsecond')", "select unixepoch(@, 'subsec'), datetime(@, 'Subsecond')"},
		{"select \"date\"('now'), [time]()", "select \"date\"(@), [time](@)"},
		{"select date('2001-01-01', 'now'), date('now' || ''), lower('now'), 'now', date(\"now\"), x.date, date", ""},
		{"select t.current_date, 1 as current_date, 1 current_time from current_date, x as current_date", ""},
		{"select a collate current_date from t join current_time using (current_date, a)", ""},
		{"insert into t(current_date, a) values (current_date, date())", "insert into t(current_date, a) values ('2001-02-03', date(@))"},
		{"insert into date(a) values (1)", ""},
		{"insert into t(a) with current_date(current_time) as materialized (values (date())), current_time as (select 1) select * from t", "insert into t(a) with current_date(current_time) as materialized (values (date(@))), current_time as (select 1) select * from t"},
		{"insert into t with x as (with current_date(current_time) as (select current_date) select *, current_time) select count(*) filter (where current_date) over () from x", "insert into t with x as (with current_date(current_time) as (select '2001-02-03') select *, '04:05:06') select count(*) filter (where '2001-02-03') over () from x"},
		{"insert into t as date (current_date) select current_date", "insert into t as date (current_date) select '2001-02-03'"},
		{"update t set current_date = current_date, current_time = (current_time)", "update t set current_date = '2001-02-03', current_time = ('04:05:06')"},
		{"update t set (current_date, a) = (current_date, 1), b = a in (current_date, current_date)", "update t set (current_date, a) = ('2001-02-03', 1), b = a in ('2001-02-03', '2001-02-03')"},
		{"update or ignore current_date set a = 1 from current_time where a > current_time returning current_date", "update or ignore current_date set a = 1 from current_time where a > '04:05:06' returning '2001-02-03'"},
		{"with current_date(current_time, a) as (select current_date), date(b) as (values (date())) select 1", "with current_date(current_time, a) as (select '2001-02-03'), date(b) as (values (date(@))) select 1"},
		{"insert into u(a) values (1) on conflict (a) do update set current_date = current_date", "insert into u(a) values (1) on conflict (a) do update set current_date = '2001-02-03'"},
		{"select sum(a) over (partition by current_date order by date()) from t", "select sum(a) over (partition by '2001-02-03' order by date(@)) from t"},
		{"select sum(a) over (w partition by current_date), partition by from t window w as (partition by current_date)", "select sum(a) over (w partition by '2001-02-03'), partition by from t window w as (partition by '2001-02-03')"},
		{"select case current_date when end then current_date else current_date end current_date", "select case '2001-02-03' when end then '2001-02-03' else '2001-02-03' end current_date"},
		{"select 1 from a join b on x = current_date, current_date", "select 1 from a join b on x = '2001-02-03', current_date"},
		{"select 1 from a join b on x in (1, current_date) limit current_date offset current_date", "select 1 from a join b on x in (1, '2001-02-03') limit '2001-02-03' offset '2001-02-03'"},
		{"select 1 from (select current_date), (a join current_date), json_each(current_date)", "select 1 from (select '2001-02-03'), (a join current_date), json_each('2001-02-03')"},
		{"select 1 from t indexed by current_date where a = current_date", "select 1 from t indexed by current_date where a = '2001-02-03'"},
		{"create table t(a default current_date, current_time)", ""},
		{"create temp table if not exists t as select current_date", "create temp table if not exists t as select '2001-02-03'"},
		{"create view v as select current_date", ""},
		{"create trigger x insert on t begin insert into t values (date()); end", ""},
		{"alter table t add column a default current_date", ""},
		{"explain select current_date", ""},
	} {
		if test.want == "" {
			test.want = test.sql
		}
		require.Equal(t, strings.ReplaceAll(test.want, "@", "'2001-02-03 04:05:06.789'"), pin(one(t, test.sql)), test.sql)
	}
}

// agreePinned requires that pinning leaves a statement that SQLite accepts as
// before, and whose rows don't show the present.
func (e *engine) agreePinned(t require.TestingT, s *Statement) {
	if _, err := e.prepare(s.SQL); err != nil {
		return
	}
	sql := pin(s)
	_, err := e.prepare(sql)
	require.NoError(t, err, "%q pinned to %q", s.SQL, sql)
	if s.Verb != Select && s.Verb != Values || s.NumParams > 0 {
		return
	}
	// What fails while it runs, as malformed JSON does, may fail either way.
	_ = sqlitex.ExecuteTransient(e.conn, sql, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		for i := range stmt.ColumnCount() {
			text, number := stmt.ColumnText(i), stmt.ColumnFloat(i)
			require.False(t, number > 2_460_000 && number < 2_500_000, "%q shows the present Julian day", sql)
			require.False(t, number > 1_700_000_000 && number < 4_200_000_000, "%q shows the present second", sql)
			for year := 2025; year < 2100; year++ {
				require.NotContains(t, text, fmt.Sprint(year, "-"), "%q shows the present", sql)
			}
		}
		return nil
	}})
}

func TestPinnedSeeds(t *testing.T) {
	e := newEngine(t)
	for _, sql := range seeds {
		for _, s := range Split(sql) {
			if s.Err == nil {
				e.agreePinned(t, s)
			}
		}
	}
}

func TestCalls(t *testing.T) {
	for _, test := range []struct {
		sql, function string
		want          bool
	}{
		{"select Changes ()", "changes", true},
		{"select \"changes\"()", "changes", true},
		{"select a.changes, changes, 'changes' from t", "changes", false},
		{"insert into changes(a) values (1)", "changes", false},
		{"insert into t values (last_insert_rowid())", "last_insert_rowid", true},
		{"with changes(a) as (select 1) select * from changes", "changes", false},
		{"create table changes(a)", "changes", false},
		{"create table t(a default (random()))", "random", true},
		{"create trigger x insert on t begin select 1; insert into random(a) values (1); end", "random", false},
		{"create trigger x insert on t begin select 1; insert into t(a) values (random()); end", "random", true},
		{"select * from t order by random() limit 1", "random", true},
		{"select * from t limit 1 offset random()", "random", true},
		{"select total_changes()", "changes", false},
	} {
		require.Equal(t, test.want, one(t, test.sql).Calls(test.function), test.sql)
	}
	require.True(t, one(t, "select hex(RandomBlob(4))").Volatile())
	require.True(t, one(t, "select random()").Volatile())
	require.False(t, one(t, "select random from randomblob").Volatile())
}

func TestFresh(t *testing.T) {
	for _, expr := range []string{"random()", "RANDOM ( ) -- x", "randomblob(16)", "hex(randomblob(8))", "lower(/* id */ hex(randomblob(16)))", "hex(random())", "upper(lower(random()))"} {
		require.True(t, Fresh(expr), expr)
	}
	for _, expr := range []string{"", "1", "random", "abs(random())", "random()%10", "random()*0", "randomblob(1)", "randomblob(x)", "randomblob(-16)", "lower(randomblob(16))", "1+random()", "substr(hex(randomblob(16)),1,1)",
		"hex(16)", "(random())", "random() IS NULL", "'random()'", "random(), 1", "t.random()"} {
		require.False(t, Fresh(expr), expr)
	}
}

func TestResults(t *testing.T) {
	for sql, want := range map[string][]string{
		"select a, random() as b, c d from t, u where x order by y, z": {"a", "random()", "c"},
		"select 1": {"1"}, "select *": {"*"}, "select a union select b, c": {"a"}, "with c as (select 1, 2) select f(1, 2), (select 3, 4) from c limit 5": {"f(1, 2)", "(select 3, 4)"},
		"select distinct a, b from t": {"a", "b"}, "values (1, 2)": nil, "delete from t returning a": nil,
	} {
		s := one(t, sql)
		var got []string
		for _, item := range s.Results() {
			got = append(got, s.SQL[item.Expr.Pos:item.Expr.End])
		}
		require.Equal(t, want, got, sql)
	}
}
