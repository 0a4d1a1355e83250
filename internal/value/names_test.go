package value

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/d1go/d1/internal/sqltext"
)

// columnNames are the names that SQLite gives the columns of a statement.
func columnNames(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	s := Parse(query).Statements[0]
	args := repeat(s.NumParams, "1")
	for _, p := range s.Params {
		if p.Name != "" {
			args[p.Number-1] = sql.Named(p.Name, "1")
		}
	}
	rows, err := db.Query(query, args...)
	require.NoError(t, err, query)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	return names
}

// TestColumnNames compares the names that SQLite gives a rewritten statement,
// restored, with those of the statement as written.
func TestColumnNames(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE t(a, "?1", b)`)
	require.NoError(t, err)
	texts := []string{
		`SELECT ?`, `SELECT ?, ?`, `SELECT ?+1, ?+1, ?`, `SELECT ? + 1, ?  ||  'x', -?`, `SELECT ?1, ?2, ?1`, `SELECT ?2, ?1`,
		`SELECT ?1 , :a, ?1`, `SELECT :a, @a, $a, :a`, `SELECT :a+:b, :b, :b`, `SELECT ?10, ?1, ?`,
		`SELECT ? AS x, ? y, ?`, `SELECT ?, ? AS "?1", ?`, `SELECT a, ?, "?1" FROM t`, `SELECT *, ? FROM t`, `SELECT t.*, ?1, a FROM t WHERE a = ?2`,
		`SELECT * FROM (SELECT ?+1), (SELECT ?+2)`, `SELECT y.*, x.* FROM (SELECT ?1) x, (SELECT ?2) y`, `SELECT y.*, x.* FROM (SELECT :a) x, (SELECT :b) y`,
		`WITH c AS (SELECT ?) SELECT *, ? FROM c`, `SELECT (SELECT ?), (SELECT ? FROM t WHERE a=?)`, `SELECT count(*), max(?,?), '?', ? FROM t`,
		`VALUES (?, ?)`, `SELECT ? UNION SELECT ?`, `SELECT ?/*c*/, ? /* ? */ , ?`, `SELECT CASE WHEN ? THEN ? ELSE ? END`, `SELECT "a", ? FROM t`,
		`SELECT '(?1->>0)', ?, ':a'`, `SELECT ?1, ?11, ?1`, "SELECT ?\n+\t?", `SELECT date('now'), ?, CURRENT_TIMESTAMP`, `SELECT 'é', ?, '日本' || ?`,
		`INSERT INTO t(a) VALUES(?) RETURNING a, a || ?, ?, *`, `UPDATE t SET a = ? RETURNING ?2, *, ?`, `SELECT unhex(?), ?`, `SELECT ~~?, ?`, `SELECT ~~?1, :a, ?1`,
	}
	values := map[string]any{"int": int64(1), "text": "1", "blob": []byte{0x31}}
	for _, text := range texts {
		q := Parse(text)
		require.Len(t, q.Statements, 1)
		n := q.Statements[0].NumParams
		want := columnNames(t, db, text)
		for name, v := range values {
			for _, opts := range []Options{full, {MaxParams: 1}, {MaxParams: MaxParams, Now: time.Unix(0, 0)}} {
				bound, err := q.Bind(positional(repeat(n, v)...), opts)
				require.NoError(t, err)
				got := columnNames(t, db, bound[0].SQL)
				bound[0].ColumnNames(got)
				require.Equal(t, want, got, "%s of %s: %s", text, name, bound[0].SQL)
			}
		}
		s := q.Statements[0]
		if s.Verb != sqltext.Select && s.Verb != sqltext.Values {
			continue
		}
		view, restore := s.WithoutParams(s.Whole())
		_, err := db.Exec("CREATE VIEW v AS " + view)
		require.NoError(t, err, view)
		got := columnNames(t, db, view)
		restore(got)
		require.Equal(t, want, got, view)
		_, err = db.Exec("DROP VIEW v")
		require.NoError(t, err)
	}
}

func TestText(t *testing.T) {
	const text = `INSERT INTO t(a) VALUES(?) RETURNING a, ?, x'00'`
	q := Parse(text)
	bound, err := q.Bind(positional(int64(1), []byte{1}), full)
	require.NoError(t, err)
	dml, ok := q.Statements[0].DML()
	require.True(t, ok)
	require.Equal(t, `a, unhex(?), x'00'`, bound[0].Text(dml.Returning))
	require.Equal(t, `t`, bound[0].Text(dml.TableSpan))
	require.Equal(t, bound[0].SQL, bound[0].Text(q.Statements[0].Whole()))
	part, restore := q.Statements[0].WithoutParams(dml.Returning)
	require.Equal(t, `a, (NULL/*1*/), x'00'`, part)
	names := []string{"a", "(NULL/*1*/)", "x'00'"}
	restore(names)
	require.Equal(t, []string{"a", "?", "x'00'"}, names)
}

func TestDescribe(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT\n  1": "SELECT 1",
		"SELECT '" + strings.Repeat("é", 40) + "'": "SELECT '" + strings.Repeat("é", 26) + "…",
	} {
		require.Equal(t, want, Parse(text).Statements[0].Describe())
	}
}
