package d1_test

import (
	"database/sql"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// TestTxRequests counts the requests of the shapes that programs have. The
// numbers stand in docs/transactions.md.
func TestTxRequests(t *testing.T) {
	setup := []string{
		"CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT, n INTEGER NOT NULL DEFAULT 0)",
		"CREATE TABLE child(id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES parent(id), name TEXT)",
		"INSERT INTO parent(name,n) VALUES('first',1),('second',2)",
		"CREATE TABLE dated(id INTEGER PRIMARY KEY, n, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)",
	}
	tests := []struct {
		name    string
		options []string
		want    int
		// warm runs the shape once before, as some requests are for what is kept.
		warm bool
		run  func(t *testing.T, tx *sql.Tx)
	}{
		{"nothing", nil, 0, false, func(*testing.T, *sql.Tx) {}},
		{"1,000 Execs", nil, 1, false, func(t *testing.T, tx *sql.Tx) {
			for i := range 1000 {
				_, err := tx.Exec("INSERT INTO parent(name,n) VALUES(?,?)", "name "+strconv.Itoa(i), i)
				require.NoError(t, err)
			}
		}},
		{"a single read", nil, 1, false, func(t *testing.T, tx *sql.Tx) { requireRows(t, tx, "SELECT n FROM parent WHERE id=1", "1") }},
		{"two reads", nil, 3, false, func(t *testing.T, tx *sql.Tx) {
			requireRows(t, tx, "SELECT n FROM parent WHERE id=1", "1")
			requireRows(t, tx, "SELECT n FROM parent WHERE id=2", "2")
		}},
		{"read, then write", nil, 2, false, func(t *testing.T, tx *sql.Tx) {
			var n int
			require.NoError(t, tx.QueryRow("SELECT n FROM parent WHERE id=1").Scan(&n))
			_, err := tx.Exec("UPDATE parent SET n=? WHERE id=1", n+1)
			require.NoError(t, err)
		}},
		{"parent, its LastInsertId, child", nil, 2, false, func(t *testing.T, tx *sql.Tx) {
			r, err := tx.Exec("INSERT INTO parent(name) VALUES(?)", "p")
			require.NoError(t, err)
			id, err := r.LastInsertId()
			require.NoError(t, err)
			_, err = tx.Exec("INSERT INTO child(parent_id,name) VALUES(?,?)", id, "c")
			require.NoError(t, err)
		}},
		{"child by last_insert_rowid()", nil, 1, false, func(t *testing.T, tx *sql.Tx) {
			run(t, tx, "INSERT INTO parent(name) VALUES('p')", "INSERT INTO child(parent_id,name) VALUES(last_insert_rowid(),'c')")
		}},
		{"RowsAffected and LastInsertId of one Exec", nil, 2, false, func(t *testing.T, tx *sql.Tx) {
			r, err := tx.Exec("INSERT INTO parent(name) VALUES('p')")
			require.NoError(t, err)
			n, err := r.RowsAffected()
			require.NoError(t, err)
			require.EqualValues(t, 1, n)
			_, err = r.LastInsertId()
			require.NoError(t, err)
		}},
		{"INSERT of one row with RETURNING", nil, 2, false, func(t *testing.T, tx *sql.Tx) {
			var id int
			require.NoError(t, tx.QueryRow("INSERT INTO parent(name) VALUES(?) RETURNING id", "p").Scan(&id))
		}},
		{"INSERT with RETURNING of a default that reads the clock, the first time", nil, 3, false, func(t *testing.T, tx *sql.Tx) {
			_, err := read(tx, "INSERT INTO dated(n) VALUES(1) RETURNING id, at")
			require.NoError(t, err)
		}},
		{"INSERT with RETURNING of a default that reads the clock, later", nil, 2, true, func(t *testing.T, tx *sql.Tx) {
			_, err := read(tx, "INSERT INTO dated(n) VALUES(1) RETURNING id, at")
			require.NoError(t, err)
		}},
		{"several rows with RETURNING, the first time", nil, 3, false, func(t *testing.T, tx *sql.Tx) {
			rows, err := read(tx, "UPDATE parent SET n=n+1 RETURNING id")
			require.NoError(t, err)
			require.NotEmpty(t, rows)
		}},
		{"several rows with RETURNING, later", nil, 2, true, func(t *testing.T, tx *sql.Tx) {
			rows, err := read(tx, "UPDATE parent SET n=n+1 RETURNING id")
			require.NoError(t, err)
			require.NotEmpty(t, rows)
		}},
		{"write, then read named columns", nil, 2, false, func(t *testing.T, tx *sql.Tx) {
			run(t, tx, "UPDATE parent SET n=5 WHERE id=1")
			requireRows(t, tx, "SELECT n FROM parent WHERE id=1", "5")
		}},
		{"write, then read *, the first time", nil, 3, false, func(t *testing.T, tx *sql.Tx) {
			run(t, tx, "UPDATE parent SET n=5 WHERE id=1")
			requireRows(t, tx, "SELECT * FROM parent WHERE id=1", "1|first|5")
		}},
		{"write, then read *, later", nil, 2, true, func(t *testing.T, tx *sql.Tx) {
			run(t, tx, "UPDATE parent SET n=5 WHERE id=1")
			requireRows(t, tx, "SELECT * FROM parent WHERE id=1", "1|first|5")
		}},
		{"three Execs, tx=eager", []string{"tx=eager"}, 4, false, func(t *testing.T, tx *sql.Tx) {
			run(t, tx, "UPDATE parent SET n=5", "INSERT INTO child(parent_id) VALUES(1)", "CREATE TABLE t(x)")
		}},
		{"INSERT of one row with RETURNING, tx=eager", []string{"tx=eager"}, 3, false, func(t *testing.T, tx *sql.Tx) {
			rows, err := read(tx, "INSERT INTO parent(name) VALUES('p') RETURNING id")
			require.NoError(t, err)
			require.Equal(t, []string{"3"}, rows)
		}},
		{"Execs and results after Commit, tx=queue", []string{"tx=queue"}, 1, false, func(t *testing.T, tx *sql.Tx) {
			run(t, tx, "UPDATE parent SET n=5", "INSERT INTO child(parent_id) VALUES(1)")
		}},
	}
	documented := requestTable(t)
	require.Len(t, documented, len(tests))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, strconv.Itoa(tt.want), documented[tt.name], "docs/transactions.md")
			srv, db := counted(t, setup, append(tt.options, "prepare=lazy")...)
			if tt.warm {
				tx := begin(t, db, nil)
				tt.run(t, tx)
				require.NoError(t, tx.Commit())
				srv.Reset()
			}
			tx := begin(t, db, nil)
			tt.run(t, tx)
			require.NoError(t, tx.Commit())
			require.Len(t, srv.Requests(), tt.want)
		})
	}
}

// requestTable reads the numbers in docs/transactions.md.
func requestTable(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("docs/transactions.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "| in one transaction | requests |\n|---|---|\n")
	require.True(t, ok)
	numbers := map[string]string{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 {
			break
		}
		numbers[strings.TrimPrefix(cells[0], "| ")] = strings.TrimSuffix(cells[1], " |\n")
	}
	return numbers
}

// TestTxSendsNothing ends transactions without Commit.
func TestTxSendsNothing(t *testing.T) {
	srv, db := counted(t, []string{"CREATE TABLE t(x)"})
	tx := begin(t, db, nil)
	run(t, tx, "INSERT INTO t VALUES(1)", "DROP TABLE t")
	require.NoError(t, tx.Rollback())
	require.ErrorIs(t, tx.Commit(), sql.ErrTxDone)

	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	run(t, conn, "BEGIN", "INSERT INTO t VALUES(1)")
	require.NoError(t, conn.Close())
	require.Empty(t, srv.Requests())
	requireRows(t, db, "SELECT * FROM t")
}

// TestTxResultsAfterCommit reads results that nobody had asked for before.
func TestTxResultsAfterCommit(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
		tx := begin(t, db, nil)
		first, err := tx.Exec("INSERT INTO t(x) VALUES(1),(2)")
		require.NoError(t, err)
		second, err := tx.Exec("UPDATE t SET x=x+1 WHERE x=2; DELETE FROM t WHERE x=3; INSERT INTO t VALUES(7,7)")
		require.NoError(t, err)
		n, err := first.RowsAffected() // by a dry run
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
		require.NoError(t, tx.Commit())
		requireResult(t, first, 2, 2)
		requireResult(t, second, 3, 7)
	})
}

// TestTxResultsOfRolledBack are refused unless they were asked for before.
func TestTxResultsOfRolledBack(t *testing.T) {
	_, db := counted(t, []string{"CREATE TABLE t(id INTEGER PRIMARY KEY)"})
	tx := begin(t, db, nil)
	asked, err := tx.Exec("INSERT INTO t VALUES(5)")
	require.NoError(t, err)
	requireResult(t, asked, 1, 5)
	run(t, tx, "SAVEPOINT s")
	undone, err := tx.Exec("INSERT INTO t VALUES(6)")
	require.NoError(t, err)
	run(t, tx, "ROLLBACK TO s")
	_, err = undone.RowsAffected()
	require.ErrorContains(t, err, "rolled back")
	later, err := tx.Exec("INSERT INTO t VALUES(7)")
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	requireResult(t, asked, 1, 5)
	_, err = later.LastInsertId()
	require.ErrorIs(t, err, d1.ErrUnsupported)
	require.ErrorContains(t, err, "rolled back")
}
