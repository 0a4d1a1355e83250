package d1_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// TestTxSavepoints nests and quotes them.
func TestTxSavepoints(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		tx := begin(t, db, nil)
		run(t, tx, "INSERT INTO t(id) VALUES(10)", `SAVEPOINT "outer one"`, "INSERT INTO t(id) VALUES(11)",
			"SAVEPOINT inner1", "INSERT INTO t(id) VALUES(12)")
		requireRows(t, tx, "SELECT count(*) FROM t", "5")
		run(t, tx, "ROLLBACK TO SAVEPOINT INNER1")
		requireRows(t, tx, "SELECT count(*) FROM t", "4")
		run(t, tx, "INSERT INTO t(id) VALUES(13)", "RELEASE inner1")
		_, err := tx.Exec("ROLLBACK TO inner1")
		require.ErrorContains(t, err, "no such savepoint: inner1")
		run(t, tx, "SAVEPOINT s", "SAVEPOINT s", "INSERT INTO t(id) VALUES(14)", "ROLLBACK TO s", "RELEASE s", "INSERT INTO t(id) VALUES(15)", "ROLLBACK TO s")
		requireRows(t, tx, "SELECT id FROM t WHERE id>9 ORDER BY id", "10", "11", "13")
		// A failure is undone with the savepoint, and the transaction goes on.
		run(t, tx, "INSERT INTO t(id) VALUES(1)")
		_, err = read(tx, "SELECT 1")
		require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
		_, err = tx.Exec("RELEASE s")
		require.ErrorIs(t, err, d1.ErrTxAborted)
		run(t, tx, "ROLLBACK TO s")
		requireRows(t, tx, "SELECT 1", "1")
		run(t, tx, "RELEASE [outer one]", "INSERT INTO t(id) VALUES(16)")
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT id FROM t WHERE id>9 ORDER BY id", "10", "11", "13", "16")
	})
}

// TestTxText begins and ends transactions by SQL on a pinned connection.
func TestTxText(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		for _, text := range []string{"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s"} {
			_, err := db.Exec(text)
			if text != "BEGIN" { // on the pool it begins one on a connection nobody keeps
				require.ErrorIs(t, err, d1.ErrUnsupported, text)
				require.ErrorContains(t, err, "BeginTx")
			}
		}
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		defer conn.Close()
		run(t, conn, "BEGIN IMMEDIATE", "INSERT INTO t(id) VALUES(10)")
		requireRows(t, conn, "SELECT count(*) FROM t", "3")
		requireRows(t, db, "SELECT count(*) FROM t", "2")
		_, err = conn.ExecContext(t.Context(), "BEGIN")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		run(t, conn, "SAVEPOINT s", "DELETE FROM t", "ROLLBACK TO s", "END TRANSACTION")
		requireRows(t, db, "SELECT count(*) FROM t", "3")
		run(t, conn, "BEGIN", "DELETE FROM t", "ROLLBACK")
		requireRows(t, conn, "SELECT count(*) FROM t", "3")

		tx, err := conn.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.Exec("COMMIT")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		_, err = tx.Exec("DELETE FROM t; COMMIT")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		_, err = tx.Exec("SAVEPOINT s; DELETE FROM t")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		require.NoError(t, tx.Commit())
		requireRows(t, conn, "SELECT count(*) FROM t", "3")
	})
}

// TestTxTextWhole: BEGIN and COMMIT around the statements of one string are what the
// request is anyway.
func TestTxTextWhole(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, txTables...)
		res, err := db.Exec("BEGIN TRANSACTION; INSERT INTO t(id) VALUES(?); INSERT INTO t(id) VALUES(:b), (12); COMMIT;", 10, sql.Named("b", 11))
		require.NoError(t, err)
		n, err := res.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
		_, err = db.Exec("CREATE TABLE u(a); BEGIN; INSERT INTO t(id) VALUES(13); END; BEGIN IMMEDIATE; INSERT INTO t(id) VALUES(1); COMMIT")
		require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
		requireRows(t, db, "BEGIN; SELECT id FROM t WHERE id>9 ORDER BY id; COMMIT", "10", "11", "12")
		_, err = db.Exec("SELECT * FROM u")
		require.ErrorContains(t, err, "no such table")

		stmt, err := db.Prepare("BEGIN; DELETE FROM t WHERE id=?; COMMIT")
		require.NoError(t, err)
		defer stmt.Close()
		_, err = stmt.Exec(12)
		require.NoError(t, err)
		requireRows(t, db, "SELECT id FROM t WHERE id>9 ORDER BY id", "10", "11")

		for _, text := range []string{
			"BEGIN; DELETE FROM t", "DELETE FROM t; COMMIT", "BEGIN; DELETE FROM t; ROLLBACK", "BEGIN; BEGIN; DELETE FROM t; COMMIT; COMMIT",
			"BEGIN; SAVEPOINT s; DELETE FROM t; COMMIT", "BEGIN; DELETE FROM t; COMMIT; COMMIT", "BEGIN; COMMIT",
		} {
			_, err := db.Exec(text)
			require.ErrorIs(t, err, d1.ErrUnsupported, text)
		}
		tx := begin(t, db, nil)
		_, err = tx.Exec("BEGIN; DELETE FROM t; COMMIT")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT id FROM t WHERE id>9 ORDER BY id", "10", "11")
	})
}

// TestTxReturnedToPool: a connection that comes back inside a transaction has it
// rolled back, and reported.
func TestTxReturnedToPool(t *testing.T) {
	srv := d1test.New(t)
	var log bytes.Buffer
	cfg, err := d1.ParseDSN(srv.DSN())
	require.NoError(t, err)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	connector, err := d1.NewConnector(*cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	db.SetMaxOpenConns(1)
	run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY)")
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	run(t, conn, "BEGIN", "INSERT INTO t VALUES(1)", "INSERT INTO t VALUES(2)")
	require.NoError(t, conn.Close())
	requireRows(t, db, "SELECT * FROM t")
	require.Contains(t, log.String(), "returned to the pool inside a transaction")
	require.Contains(t, log.String(), "statements=2")
	tx := begin(t, db, nil)
	run(t, tx, "INSERT INTO t VALUES(3)")
	require.NoError(t, tx.Commit())
	requireRows(t, db, "SELECT * FROM t", "3")
}

// TestTxCanceled: the end of BeginTx's context rolls back, without a request.
func TestTxCanceled(t *testing.T) {
	srv, db := counted(t, txTables)
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	run(t, tx, "DELETE FROM t")
	cancel()
	require.Error(t, tx.Commit())
	require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 10*time.Second, time.Millisecond)
	require.Empty(t, srv.Requests())

	// A context of one question harms nothing else.
	tx = begin(t, db, nil)
	run(t, tx, "INSERT INTO t(id) VALUES(3)")
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	_, err = tx.QueryContext(ctx, "SELECT * FROM t")
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, d1.ErrOutcomeUnknown)
	requireRows(t, tx, "SELECT count(*) FROM t", "3")
	require.NoError(t, tx.Commit())
}
