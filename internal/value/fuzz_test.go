package value

import (
	"database/sql/driver"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzBind binds values of random types to a random statement. The invariants:
// nothing panics; the rewritten text has as many parameters as are sent; and if
// SQLite runs the statement with the values bound natively, it runs the
// rewritten one with the same outcome, and refuses one only if it refuses the
// other.
func FuzzBind(f *testing.F) {
	for _, text := range []string{
		`SELECT ?, ?2, :a, @b, $c`, `SELECT typeof(?), quote(?), ?||'x', ?/2, ?%3, -?, ~?, NOT ?`, `SELECT ? IN (?,?) , ? BETWEEN ? AND ?`,
		`SELECT a, t FROM t WHERE a = ? OR t = ? OR r < ? ORDER BY ? LIMIT ? OFFSET ?`, `VALUES (?,?),(?,?)`, `SELECT?1WHERE?2 LIKE?3`, `SELECT abs ?`,
		`SELECT 1 IN ?`, `SELECT '?', "?", [?], x'3f' -- ?`, `WITH c(x) AS (VALUES(?)) SELECT x, ? FROM c`, `SELECT json_array(?,?), json_quote(?)`,
		`SELECT ? -> '$', ? ->> 0`, `SELECT ? COLLATE NOCASE = ?`, `SELECT CASE ? WHEN ? THEN ? ELSE ? END`, `SELECT CAST(? AS TEXT), CAST(? AS INTEGER)`,
		`SELECT count(*) OVER (ROWS BETWEEN ? PRECEDING AND ? FOLLOWING)`, `SELECT max(?, ?) FILTER (WHERE ?)`, `SELECT * FROM t WHERE (a, t) = (?, ?)`, `SELECT - ?, 5-?, 5- -?`,
	} {
		f.Add(text, uint64(0x123456789), byte(3))
	}
	e := newEngine(f)
	_, err := e.native(`CREATE TABLE t(a INTEGER PRIMARY KEY, t TEXT, r REAL, b)`, nil)
	require.NoError(f, err)
	_, err = e.native(`INSERT INTO t VALUES(1,'5',1.5,x'00'),(5,'1',5,5)`, nil)
	require.NoError(f, err)
	values := edges()
	f.Fuzz(func(t *testing.T, text string, choice uint64, limit byte) {
		q := Parse(text)
		if len(q.Statements) != 1 {
			return
		}
		s := q.Statements[0]
		// Only what reads, deterministically and to an end.
		if s.Err != nil || !s.ReadOnly || s.NumParams > 500 || s.Volatile() || len(s.NowRefs()) > 0 || s.Calls("randomblob") || len(text) > 500 {
			return
		}
		if _, ok := s.Select(); !ok {
			return
		}
		if s.Calls("zeroblob") || s.Calls("printf") || s.Calls("format") || hasRecursion(text) {
			return
		}
		args := make([]driver.NamedValue, s.NumParams)
		for i := range args {
			args[i] = driver.NamedValue{Ordinal: i + 1, Value: values[choice%uint64(len(values))]}
			choice = choice*6364136223846793005 + 1442695040888963407
		}
		want, wantErr := e.native(s.SQL, args)
		for _, opts := range []Options{full, {MaxParams: 1 + int(limit)%MaxParams}, {MaxParams: MaxParams, Now: time.Unix(0, 0)}} {
			bound, err := q.Bind(args, opts)
			require.NoError(t, err)
			got, err := e.d1(bound[0])
			if wantErr != nil {
				require.Error(t, err, "%s became %s", text, bound[0].SQL)
				continue
			}
			require.NoError(t, err, "%s became %s", text, bound[0].SQL)
			require.Equal(t, want, got, "%s became %s", text, bound[0].SQL)
		}
	})
}

// hasRecursion reports whether a query might not end: it joins, or calls itself.
func hasRecursion(text string) bool {
	s := Parse(text).Statements[0]
	return s.Calls("generate_series") || len(text) > 6 && (text[:4] == "WITH" || text[:4] == "with")
}
