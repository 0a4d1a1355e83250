package d1_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSmoke(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		ctx := t.Context()
		_, err := db.ExecContext(ctx, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, n REAL, b BLOB)")
		require.NoError(t, err)
		r, err := db.ExecContext(ctx, "INSERT INTO t(name,n,b) VALUES(?,?,?)", "a'b\x00c", 1.5, []byte{1, 2})
		require.NoError(t, err)
		id, _ := r.LastInsertId()
		require.EqualValues(t, 1, id)

		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		r, err = tx.Exec("INSERT INTO t(name,n) VALUES(?,?)", "zwei", 5e-324)
		require.NoError(t, err)
		id, err = r.LastInsertId()
		require.NoError(t, err)
		require.EqualValues(t, 2, id)
		rows, err := tx.Query("SELECT *, id AS x, id AS x, ? FROM t ORDER BY id", 7)
		require.NoError(t, err)
		cols, _ := rows.Columns()
		require.Equal(t, []string{"id", "name", "n", "b", "x", "x", "?"}, cols)
		n := 0
		for rows.Next() {
			var id, x, y, z int64
			var name sql.NullString
			var f float64
			var b []byte
			require.NoError(t, rows.Scan(&id, &name, &f, &b, &x, &y, &z))
			t.Log(id, name, f, b, z)
			n++
		}
		require.NoError(t, rows.Err())
		require.Equal(t, 2, n)
		var rid int64
		var rname string
		require.NoError(t, tx.QueryRow("INSERT INTO t(name) VALUES(?) RETURNING id, name||'!'", "drei").Scan(&rid, &rname))
		require.EqualValues(t, 3, rid)
		require.Equal(t, "drei!", rname)
		rows, err = tx.Query("UPDATE t SET n = n + 1 RETURNING *")
		require.NoError(t, err)
		cols, _ = rows.Columns()
		require.Equal(t, []string{"id", "name", "n", "b"}, cols)
		n = 0
		for rows.Next() {
			n++
		}
		require.NoError(t, rows.Err())
		require.Equal(t, 3, n)
		require.NoError(t, tx.Commit())
		var count int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&count))
		require.Equal(t, 3, count)
	})
}
