package differential

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/sqltext"
)

// TestCreateTableAs: the columns of CREATE TABLE … AS and CREATE VIEW have the
// names that SQLite gives them for the text as written.
func TestCreateTableAs(t *testing.T) {
	texts := []string{
		"CREATE TABLE x AS SELECT ?", "CREATE TABLE x AS SELECT ?, ? , ?+1,a FROM st", "CREATE TABLE x AS SELECT ?2, (?1)/* c */, abs( ?1 ) -- d\n, ? AS y, ? z",
		"CREATE TABLE main . x AS SELECT DISTINCT ?, 1 UNION ALL SELECT ALL ?, 2 ORDER BY 1", "CREATE TABLE x AS SELECT * FROM (SELECT ?, \"a\"||? FROM st)", "CREATE TABLE IF NOT EXISTS x AS WITH c AS (SELECT ?, [a] FROM st), d(e) AS (SELECT ?) SELECT * FROM c, d",
		"CREATE TABLE x AS SELECT (SELECT ? WHERE ? IN (1,2)), CASE ? WHEN 1 THEN 'a''b\"' ELSE \"a\" END, ? IN (SELECT ?) FROM st GROUP BY ?, a HAVING ?",
		"CREATE TABLE x AS VALUES (?, 1), (2, ?)", "CREATE TABLE x AS SELECT st.*, count(?) OVER (PARTITION BY ?, a ORDER BY a), ? COLLATE NOCASE FROM st", "CREATE TABLE x AS SELECT a, ?, a FROM st WHERE a = ?",
		"CREATE TABLE x AS SELECT CURRENT_DATE", "CREATE TABLE x AS SELECT date('now'), date ( ), strftime('%Y'), unixepoch('subsec'), CURRENT_TIMESTAMP AS t, current_time||?, 'now'",
		"CREATE TABLE x AS SELECT * FROM (SELECT date('now'), (SELECT datetime()))", "CREATE VIEW x AS SELECT CURRENT_DATE, date('now'), a FROM st",
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			p := newPair(t, e, schema...)
			const names = "SELECT group_concat(name||char(9)||type,char(10)) FROM pragma_table_info('x')"
			for _, text := range texts {
				for _, v := range []any{int64(5), 5.5, "5", []byte("5"), nil} {
					forNative, forDriver := make([]any, placeholders(text)), make([]any, placeholders(text))
					for i := range forNative {
						forNative[i], forDriver[i] = v, v
					}
					_, err := p.native.Exec(text, forNative...)
					require.NoError(t, err, text)
					var want, got string
					require.NoError(t, p.native.QueryRow(names).Scan(&want))
					_, err = p.driver.Exec(text, forDriver...)
					require.NoError(t, err, text)
					require.NoError(t, p.driver.QueryRow(names).Scan(&got))
					require.Equal(t, want, got, "%s with %T", text, v)
					drop := "DROP TABLE x"
					if text[len("CREATE ")] == 'V' {
						drop = "DROP VIEW x"
					}
					p.both(t, drop)
					tx, err := p.driver.Begin()
					require.NoError(t, err)
					_, err = tx.Exec(text, forDriver...)
					require.NoError(t, err, text)
					require.NoError(t, tx.QueryRow(names).Scan(&got))
					require.Equal(t, want, got, "%s with %T, in a transaction", text, v)
					require.NoError(t, tx.Rollback())
				}
			}
		})
	}
}

// placeholders is how many arguments a text of TestCreateTableAs takes.
func placeholders(text string) int { return sqltext.Split(text)[0].NumParams }
