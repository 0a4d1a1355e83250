package value

import (
	"database/sql/driver"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDefault(t *testing.T) {
	for _, expr := range []string{"CURRENT_TIMESTAMP", "random()", "'m_'||lower(hex(randomblob(16)))||date()", "current_date", "CURRENT_TIME", "datetime('now')", "date()", "unixepoch('now', 'subsec')", "strftime('%s')", "1 + julianday('NOW') -- x", "'a' || time('now')"} {
		_, ok := ParseDefault("c", expr)
		require.True(t, ok, expr)
	}
	for _, expr := range []string{"", "1", "'now'", "NULL", "'CURRENT_TIMESTAMP'", "randomblob(1001)", "date()||hex(randomblob(1+1))", "random(), 1", "date('2026-01-01')", "datetime(\"now\")", "date()||\"x\"", "date(?)", "date(), 1", "date(); date()", "'", "(SELECT"} {
		_, ok := ParseDefault("c", expr)
		require.False(t, ok, expr)
	}
}

func TestWithDefaults(t *testing.T) {
	now := time.Date(2026, 11, 21, 10, 0, 5, 123_000_000, time.UTC)
	const stamp, precise = `"2026-11-21 10:00:05"`, `"2026-11-21 10:00:05.123"`
	for _, test := range []struct {
		sql        string
		args       []driver.Value
		defaults   []string // of the columns c, d"d
		want       string
		wantParams string
		packsInto  int // MaxParams, if there are more arguments
	}{
		{sql: "INSERT INTO t(a) VALUES (1)", defaults: []string{"CURRENT_TIMESTAMP"},
			want: `INSERT INTO t(a,"c") VALUES (1,(?1))`, wantParams: stamp},
		{sql: "INSERT INTO t DEFAULT VALUES RETURNING *", defaults: []string{"date('now')||time()", "CURRENT_TIMESTAMP"},
			want: `INSERT INTO t ("c","d""d")VALUES((date(?1)||time(?1)),(?2)) RETURNING *`, wantParams: precise + "," + stamp},
		{sql: "INSERT INTO t(a,b) VALUES (?,?),(?,?)", args: []driver.Value{int64(1), "x", []byte{1}, nil}, defaults: []string{"strftime('%s')"},
			want:       `INSERT INTO t(a,b,"c") VALUES (~~?1,?2,(strftime('%s',?5))),(unhex(?3),?4,(strftime('%s',?5)))`,
			wantParams: `"1","x","01",null,` + precise},
		{sql: "INSERT INTO t(a) VALUES (date('now'))", defaults: []string{"CURRENT_TIMESTAMP"},
			want: `INSERT INTO t(a,"c") VALUES (date(?1),(?2))`, wantParams: precise + "," + stamp},
		{sql: "INSERT INTO t(a,b) VALUES (?,?),(?3,:n)", args: []driver.Value{1.5, "b", int64(3), true}, packsInto: 2, defaults: []string{"CURRENT_TIMESTAMP"},
			want:       `INSERT INTO t(a,b,"c") VALUES (((?1->>0)*pow(2,(?1->>1))),(?1->>2),(?3)),((?2->>0),(?2->>1),(?3))`,
			wantParams: `"[6755399441055744,-52,\"b\"]","[3,1]",` + stamp},
	} {
		q := Parse(test.sql)
		s := q.Statements[0]
		opts := Options{MaxParams: MaxParams, Now: now}
		if test.packsInto > 0 {
			opts.MaxParams = test.packsInto
		}
		var args []driver.NamedValue
		for i, v := range test.args {
			args = append(args, driver.NamedValue{Ordinal: i + 1, Value: v})
		}
		bound, err := q.Bind(args, opts)
		require.NoError(t, err, test.sql)
		var list []Default
		for i, expr := range test.defaults {
			d, ok := ParseDefault([]string{"c", `d"d`}[i], expr)
			require.True(t, ok)
			list = append(list, d)
		}
		dml, _ := s.DML()
		plain := bound[0]
		got, ok := plain.WithDefaults(dml.Insertion, list, now)
		require.True(t, ok)
		require.Equal(t, test.want, got.SQL)
		require.Equal(t, test.wantParams, string(got.Params))
		require.Equal(t, plain, bound[0], "changed")
		require.Equal(t, s.SQL[dml.Returning.Pos:dml.Returning.End], got.Text(dml.Returning))
	}
}

// TestWithRandomDefaults: each call in each row gets a value of its own.
func TestWithRandomDefaults(t *testing.T) {
	bound, err := Parse("INSERT INTO t(a) VALUES (?),(2)").Statements[0].bind([]driver.NamedValue{{Ordinal: 1, Value: "x"}}, Options{MaxParams: MaxParams})
	require.NoError(t, err)
	var list []Default
	for column, expr := range map[string]string{"c": "hex(randomblob(16))||time()||random()"} {
		d, ok := ParseDefault(column, expr)
		require.True(t, ok)
		list = append(list, d)
	}
	dml, _ := bound.Source.DML()
	got, ok := bound.WithDefaults(dml.Insertion, list, time.Date(2026, 11, 21, 10, 0, 5, 0, time.UTC))
	require.True(t, ok)
	require.Equal(t, `INSERT INTO t(a,"c") VALUES (?1,(hex(unhex(?3->>0))||time(?2)||(?3->>1))),(2,(hex(unhex(?3->>2))||time(?2)||(?3->>3)))`, got.SQL)

	var params []string
	require.NoError(t, json.Unmarshal([]byte("["+string(got.Params)+"]"), &params))
	require.Equal(t, []string{"x", "2026-11-21 10:00:05.000"}, params[:2])
	var drawn []any
	require.NoError(t, json.Unmarshal([]byte(params[2]), &drawn))
	require.Len(t, drawn, 4)
	for _, i := range []int{0, 2} {
		require.Regexp(t, "^[0-9a-f]{32}$", drawn[i])
		require.IsType(t, 0.0, drawn[i+1])
	}
	require.NotEqual(t, drawn[:2], drawn[2:])
}
