package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInsertion(t *testing.T) {
	for _, test := range []struct {
		sql     string // with ^ at the list and | at the rows
		columns []string
	}{
		{"insert into t(a^) values (1|)", []string{"a"}},
		{"insert or ignore into main.t as x ( \"a b\" , [c], `d`, 'e' /* ) */ ^) values (1, (2), ')' -- )\n |), ((3)|) returning a", []string{"a b", "c", "d", "e"}},
		{"replace into t(a^) values (?|),(?|) on conflict do nothing", []string{"a"}},
		{"with c(i) as (values (1)) insert into t(a^) values ((select i from c)|)", []string{"a"}},
		{"insert into t(values^) values (1|)", []string{"values"}},
		{"insert into t default values^|", nil},
		{"insert into t as default default values^| returning *", nil},
	} {
		var rows []int
		list, text := 0, ""
		for _, c := range test.sql {
			switch c {
			case '^':
				list = len(text)
			case '|':
				rows = append(rows, len(text))
			default:
				text += string(c)
			}
		}
		d, ok := one(t, text).DML()
		require.True(t, ok, text)
		want := Insertion{Columns: test.columns, List: list, Rows: rows, Values: d.Insertion.Values}
		if test.columns == nil {
			want.Default = Span{strings.LastIndex(text, "default values"), list}
		}
		require.Equal(t, want, d.Insertion, text)
	}

	s := one(t, "insert into t(a,b) values (1 , f(2, 3)),(?,'x)' -- ,\n), ((4) + 5,)")
	d, _ := s.DML()
	var values [][]string
	for _, row := range d.Insertion.Values {
		var list []string
		for _, v := range row {
			list = append(list, s.SQL[v.Pos:v.End])
		}
		values = append(values, list)
	}
	require.Equal(t, [][]string{{"1", "f(2, 3)"}, {"?", "'x)'"}, {"(4) + 5"}}, values)

	for _, sql := range []string{
		"insert into t values (1)", "insert into t(a) select 1", "insert into t(a) values (1) union select 2", "insert into t(a) with c as (values (1)) select 1",
		"insert into t", "insert into t(a", "insert into t(a)", "insert into t(a) values", "insert into t(a) values (1", "insert into t(a) values (1),", "insert into t(a.b) values (1)",
		"update t set (a) = (1)", "delete from t",
	} {
		d, _ := one(t, sql).DML()
		require.Empty(t, d.Insertion, sql)
	}
}
