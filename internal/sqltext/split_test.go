package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want []string
	}{
		{" ;; -- a\n; /* b */ ", nil},
		{"\ufeff select 1 ; ", []string{"select 1"}},
		{"select /* a */ 1 -- b\n; select 2 /* c */", []string{"select /* a */ 1", "select 2"}},
		{"select ';'; select \";\"; select [;]", []string{"select ';'", "select \";\"", "select [;]"}},
		{"create trigger x begin select 1; end; select 2", []string{"create trigger x begin select 1; end", "select 2"}},
		{"create temp trigger x begin select case 1 when 1 then 2 end; end", []string{"create temp trigger x begin select case 1 when 1 then 2 end; end"}},
		{"explain create /**/ trigger x begin select 1; -- ; end;\n end ; a", []string{"explain create /**/ trigger x begin select 1; -- ; end;\n end", "a"}},
		{"create trigger x begin select 1;; ", []string{"create trigger x begin select 1"}},
		{"create table trigger_ (a); b", []string{"create table trigger_ (a)", "b"}},
		{"select 'a; b", []string{"select 'a; b"}},
	} {
		var got []string
		for _, s := range Split(test.sql) {
			got = append(got, s.SQL)
			require.Equal(t, s.SQL, test.sql[s.Pos:s.Pos+len(s.SQL)])
		}
		require.Equal(t, test.want, got, "%q", test.sql)
	}
}

func TestAllStops(t *testing.T) {
	for s := range All("a; b; c") {
		require.Equal(t, "a", s.SQL)
		break
	}
}

// TestSeedsAgainstSQLite also counts how many of the seeds SQLite accepts, so
// that the comparison can't become empty unnoticed.
func TestSeedsAgainstSQLite(t *testing.T) {
	e := newEngine(t)
	accepted, all := 0, 0
	for _, sql := range seeds {
		checkSplit(t, sql)
		e.agreeSplit(t, sql)
		for _, s := range Split(sql) {
			all++
			if e.agree(t, s) {
				accepted++
			} else {
				t.Logf("refused: %q", s.SQL)
			}
		}
	}
	require.Greater(t, accepted*10, all*6, "SQLite accepts %d of %d", accepted, all)
}

func TestComments(t *testing.T) {
	for sql, want := range map[string][][2]string{
		"SELECT 1":                      {{"", ""}},
		"-- name: X :one\n SELECT 1;\n": {{"-- name: X :one\n ", ""}},
		"\n/* a */ -- b\n SELECT /* c */ 1 /* d */ -- e\n ; -- f\n": {{"/* a */ -- b\n ", " /* d */ -- e"}},
		"SELECT 1 /* a; */; /* b */ SELECT 2; -- c\nSELECT 3":       {{"", " /* a; */"}, {"/* b */ ", ""}, {"-- c\n", ""}},
		"-- a\n;; SELECT 1 -- b":                                    {{"", " -- b"}},
		"SELECT 1 /* open ; SELECT 2":                               {{"", " /* open ; SELECT 2"}},
	} {
		var got [][2]string
		for _, s := range Split(sql) {
			got = append(got, [2]string{s.Lead, s.Trail})
		}
		require.Equal(t, want, got, sql)
	}
}

// checkSplit requires what holds for every text.
func checkSplit(t require.TestingT, sql string) {
	end := 0
	for _, s := range Split(sql) {
		require.GreaterOrEqual(t, s.Pos, end)
		require.NotEmpty(t, s.SQL)
		end = s.Pos + len(s.SQL)
		require.LessOrEqual(t, end, len(sql))
		require.Equal(t, sql[s.Pos:end], s.SQL)

		again := Split(s.Lead + s.SQL + s.Trail)
		require.Len(t, again, 1, "%q", s.SQL)
		s2 := *again[0]
		require.Equal(t, len(s.Lead), s2.Pos)
		s2.Pos = s.Pos
		require.Equal(t, *s, s2)
		require.Empty(t, Split(s.Lead))
		require.Empty(t, Split(s.Trail))
		again = Split(s.SQL)
		require.Len(t, again, 1, "%q", s.SQL)
		s2 = *again[0]
		s2.Pos, s2.Lead, s2.Trail = s.Pos, s.Lead, s.Trail
		require.Equal(t, *s, s2)

		for _, p := range s.Params {
			require.Contains(t, "?:@$#", s.SQL[p.Pos:p.Pos+1])
			require.LessOrEqual(t, p.Number, s.NumParams)
		}
		pos := 0
		for _, ref := range s.NowRefs() {
			require.GreaterOrEqual(t, ref.Pos, pos)
			require.GreaterOrEqual(t, ref.End, ref.Pos)
			require.LessOrEqual(t, ref.End, len(s.SQL))
			pos = ref.End
		}
		d, _ := s.DML()
		require.LessOrEqual(t, d.Body.End, len(s.SQL))
		for _, item := range d.Items {
			require.Greater(t, item.Expr.End, item.Expr.Pos, "%q", s.SQL)
			require.GreaterOrEqual(t, item.Expr.Pos, d.Returning.Pos)
		}
		s.Select()
		s.ReadOnly()
		s.ReturnsRows()
		s.SavepointName()
		s.Pragma()
		s.Volatile()
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, sql string) {
		checkSplit(t, sql)
		// The arguments of a virtual table may be any tokens, semicolons too.
		if strings.Contains(strings.ToLower(sql), "virtual") {
			return
		}
		e.agreeSplit(t, sql)
		for _, s := range Split(sql) {
			e.agree(t, s)
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	const statement = "INSERT INTO users (id, name, note) VALUES (?1, 'it''s a \"name\"', :note) ON CONFLICT (id) DO UPDATE SET name = excluded.name; -- done\n"
	sql := strings.Repeat(statement, 100_000/len(statement)+1)
	b.SetBytes(int64(len(sql)))
	b.ReportAllocs()
	for b.Loop() {
		for range All(sql) {
		}
	}
}

func BenchmarkScan(b *testing.B) {
	sql := strings.Repeat("SELECT a, b FROM t WHERE c = 'x' AND d > 1.5 /* c */;\n", 100_000/54)
	b.SetBytes(int64(len(sql)))
	b.ReportAllocs()
	for b.Loop() {
		s := NewScanner(sql)
		for _, ok := s.Next(); ok; _, ok = s.Next() {
		}
	}
}
