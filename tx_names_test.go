package d1_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTxColumnNames: columns have the same names behind a write in a transaction as
// outside.
func TestTxColumnNames(t *testing.T) {
	texts := []string{
		"SELECT n COLLATE NOCASE, likely(n), unlikely(n) , likelihood( n,0.5 ), N, (n), ((p.n)), \"n\", [n], main.p.n FROM p", "SELECT DISTINCT n COLLATE NOCASE, id FROM p", "SELECT ALL likely(n)/* c */, n FROM p",
		"SELECT (n COLLATE NOCASE), (likely((n))) AS x, likely(id) y, +n, -n, n IS NULL, n+? FROM p", "SELECT likely(n), *, n||1, p.*, likely(id), likely(id) FROM p", "SELECT p.*, likely(N) FROM p",
		"SELECT likely(id), * FROM p", "SELECT true, FALSE, (true), NULL, 'a', \"b\", 1, x'00'", "SELECT x.n, likely(x.n) FROM (SELECT n COLLATE NOCASE, likely(n) FROM p) AS x", "SELECT * FROM (SELECT n COLLATE NOCASE, true, id FROM p)",
		"WITH c AS (SELECT likely(n) AS n FROM p) SELECT n, likely(n) FROM c", "SELECT likely(n) FROM p UNION SELECT id FROM p ORDER BY 1", "SELECT likely(n), rowid, oid, _rowid_, likely(rowid) FROM p", "SELECT likely(n), count(*) FROM p GROUP BY n COLLATE NOCASE", "VALUES(true,1)", "SELECT likely(n) FROM p -- c",
		"UPDATE p SET n=n RETURNING n COLLATE NOCASE, likely(n), *, n, likely(id), true", "INSERT INTO p VALUES(9,1) RETURNING likely(n), n COLLATE NOCASE || ?, n, (p.N)", "DELETE FROM p WHERE id=9 RETURNING *, n COLLATE NOCASE",
	}
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE p(id INTEGER PRIMARY KEY, n)", "INSERT INTO p VALUES(1,1)")
		type queryer interface {
			Query(query string, args ...any) (*sql.Rows, error)
		}
		names := func(on queryer, text string) []string {
			rows, err := on.Query(text, make([]any, strings.Count(text, "?"))...)
			require.NoError(t, err, text)
			defer rows.Close()
			columns, err := rows.Columns()
			require.NoError(t, err, text)
			return columns
		}
		for _, text := range texts {
			want := names(db, text)
			run(t, db, "DELETE FROM p WHERE id=9")
			tx := begin(t, db, nil)
			run(t, tx, "UPDATE p SET n=2")
			require.Equal(t, want, names(tx, text), text)
			require.NoError(t, tx.Commit())
			run(t, db, "DELETE FROM p WHERE id=9")
		}
	})
}
