package d1_test

import (
	"database/sql"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// TestErrorOffsets: offsets in errors of the engine count in what the program
// wrote, wherever the statement ran; where it is not known they are left out.
func TestErrorOffsets(t *testing.T) {
	tests := []struct {
		text string // with ^ at the place that the error shall name, or none
		args []any
		want string // what it says of that place
	}{
		{"SELECT ?, ?, ^nope", []any{1, []byte{1}}, "no such column: nope"},
		{" -- c\n SELECT 'é', ?, ^t.nope FROM t", []any{"x"}, "no such column: t.nope"},
		{"SELECT :a, :a, ^FROM t", []any{sql.Named("a", 1)}, `near "FROM": syntax error`},
		{"SELECT ? ^? FROM t", []any{1, []byte{1}}, `near "?": syntax error`},
		{"^SELCT ?", []any{1}, `near "SELCT": syntax error`},
		{"SELECT * FROM t WHERE a=? AND ^abs(1,?)", []any{true, true}, "wrong number of arguments to function abs()"},
		{"INSERT INTO t(a) VALUES(?),(^nope)", []any{1}, "no such column: nope"},
		{"INSERT INTO t(a) VALUES(?) RETURNING a, ^nope", []any{1}, "no such column: nope"},
		{"UPDATE t SET a=? WHERE ^nope RETURNING *", []any{1}, "no such column: nope"},
		{"SELECT a FROM t WHERE a IN (" + strings.Repeat("?,", 150) + "^nope)", sequence(1, 150), "no such column: nope"},
		{"SELECT date('now'), ?, ^nope", []any{1}, "no such column: nope"},
		{"SELECT ?; SELECT ?, ^nope", []any{1, 1}, "no such column: nope"},
		{"INSERT INTO t(a) VALUES(?); UPDATE t SET a=?, b=^nope", []any{1, 1}, "no such column: nope"},
		{"SELECT ^nope; SELECT nope", nil, "no such column: nope"}, // known only in a transaction, where each is a question
		{"SELECT ? WHERE", []any{1}, "incomplete input"},
		{"/* SELECT nope FROM t */ SELECT ^nope FROM t", nil, "no such column: nope"},
		{"SELECT 1 a^''; SELECT a, b AS error FROM t", nil, `near "''": syntax error`},
		{"SELECT name FROM pragma_database_list WHERE nope", nil, "no such column: nope"},
	}
	want := func(text, says string) string {
		if at := strings.Index(text, "^"); at >= 0 {
			return says + " at offset " + strconv.Itoa(at) + ": SQLITE_ERROR"
		}
		return says + ": SQLITE_ERROR"
	}
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(a,b)")
		for _, tt := range tests {
			text, message := strings.Replace(tt.text, "^", "", 1), want(tt.text, tt.want)
			check := func(how string, err error) {
				t.Helper()
				message := message
				if strings.HasSuffix(text, "nope; SELECT nope") && !strings.Contains(how, "in a transaction") {
					message = strings.Replace(message, " at offset 7", "", 1)
				}
				e := (*d1.Error)(nil)
				require.ErrorAs(t, err, &e, "%s %s", how, text)
				require.Equal(t, message, e.Message, "%s: %s", how, text)
			}
			_, err := db.Exec(text, tt.args...)
			check("Exec", err)
			_, err = read(db, text, tt.args...)
			check("Query", err)
			if len(tt.args) < 100 {
				_, err = db.Prepare(text)
				check("Prepare", err)
			}
			_, err = new(d1.Batch).Add(text, tt.args...).Exec(t.Context(), db)
			check("Batch", err)
			_, err = new(d1.Batch).Add(text, tt.args...).Query(t.Context(), db)
			check("Batch", err)

			for _, before := range []string{"", "UPDATE t SET a=1"} {
				tx := begin(t, db, nil)
				if before != "" {
					_, err = read(tx, before)
					require.NoError(t, err)
				}
				_, err = read(tx, text, tt.args...)
				if err == nil {
					err = tx.Commit()
				}
				check("Query in a transaction after "+before, err)
				require.NoError(t, ended(tx))
			}
			for _, mode := range []d1.TxMode{d1.TxLazy, d1.TxEager} {
				tx, err := db.BeginTx(d1.WithTxMode(t.Context(), mode), nil)
				require.NoError(t, err)
				run(t, tx, "UPDATE t SET a=1")
				_, err = tx.Exec(text, tt.args...)
				if mode == d1.TxLazy {
					require.NoError(t, err)
					err = tx.Commit()
				}
				check("Exec in a transaction, "+string(mode), err)
				require.NoError(t, ended(tx))
			}
		}
	})
}

// ended rolls a transaction back that may have ended.
func ended(tx *sql.Tx) error {
	if err := tx.Rollback(); err != sql.ErrTxDone {
		return err
	}
	return nil
}

// TestErrorStatements: an error says which statement failed, where that is known.
func TestErrorStatements(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(a UNIQUE)", "INSERT INTO t VALUES('here')")

		// In a transaction: its number among the writes, and its text, no arguments.
		for _, end := range []func(*sql.Tx) error{
			(*sql.Tx).Commit,
			func(tx *sql.Tx) error { _, err := read(tx, "SELECT 1"); return err },
			func(tx *sql.Tx) error {
				r, err := tx.Exec("INSERT INTO t VALUES(3)")
				require.NoError(t, err)
				_, err = r.RowsAffected()
				return err
			},
		} {
			tx := begin(t, db, nil)
			run(t, tx, "INSERT INTO t VALUES(1); INSERT INTO t VALUES(2)")
			_, err := tx.Exec("INSERT INTO t\n VALUES(?)", "here")
			require.NoError(t, err)
			run(t, tx, "DELETE FROM t")
			err = end(tx)
			require.EqualError(t, err, "d1: statement 3 (INSERT INTO t VALUES(?)): UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)")
			require.ErrorIs(t, err, d1.ConstraintUnique)
			e := (*d1.Error)(nil)
			require.ErrorAs(t, err, &e)
			require.Equal(t, 3, e.Statement)
			require.Equal(t, "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)", e.Message)
		}
		tx := begin(t, db, nil)
		r, err := tx.Exec("INSERT INTO t VALUES(?)", "here")
		require.NoError(t, err)
		_, err = r.RowsAffected()
		require.EqualError(t, err, "d1: statement 1 (INSERT INTO t VALUES(?)): UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)")
		_, err = tx.Exec("SELECT 1")
		require.EqualError(t, err, "d1: an earlier statement of the transaction failed: statement 1 (INSERT INTO t VALUES(?)): UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE); roll back")

		// Of several statements: where the message names a place that only one has.
		_, err = db.Exec("DELETE FROM t; UPDATE t SET a=? WHERE nope", 1)
		require.EqualError(t, err, "d1: statement 2 (UPDATE t SET a=? WHERE nope): no such column: nope at offset 38: SQLITE_ERROR")
		_, err = new(d1.Batch).Add("DELETE FROM t").Add("UPDATE t SET a=? WHERE nope", 1).Add("SELECT nope").Exec(t.Context(), db)
		require.EqualError(t, err, "d1: statement 2 (UPDATE t SET a=? WHERE nope): no such column: nope at offset 23: SQLITE_ERROR")
		_, err = new(d1.Batch).Add("SELECT nope").Add("SELECT nope").Query(t.Context(), db)
		require.EqualError(t, err, "d1: no such column: nope at offset 7: SQLITE_ERROR", "in one of the two")
		_, err = new(d1.Batch).Add("SELECT 1").Add("SELECT * FROM nope").Exec(t.Context(), db)
		require.EqualError(t, err, "d1: no such table: nope: SQLITE_ERROR")

		// In a Batch and in one text: as results are counted.
		const none = "0 arguments given, and none is left for placeholder ?1"
		for _, on := range []interface {
			d1.Execer
			d1.Queryer
		}{db, begin(t, db, nil)} {
			for want, batch := range map[string]*d1.Batch{
				"d1: statement 4 (SELECT ?): " + none:                                              new(d1.Batch).Add("SELECT 1; SELECT 2").Add("SELECT 3;").Add("SELECT ?"),
				"d1: statement 3 (SELECT ?): " + none:                                              new(d1.Batch).Add("SELECT 1").Add("SELECT 2; SELECT ?"),
				"d1: text 2 of the batch: 0 arguments wanted, 1 given":                             new(d1.Batch).Add("SELECT 1").Add("SELECT 2; SELECT 3", 4),
				"d1: statement 2 (SELECT 2): 0 arguments wanted, 1 given":                          new(d1.Batch).Add("SELECT 1").Add("SELECT 2", 4),
				"d1: statement 2: no SQL statement: the text is empty or only a comment":           new(d1.Batch).Add("SELECT 1").Add("-- none"),
				"d1: statement 2 (COMMIT): a batch is a transaction already; it takes no COMMIT":   new(d1.Batch).Add("SELECT 1").Add("COMMIT"),
				"d1: statement 2 (SELECT ?): argument 1: unsupported type struct {}, a struct":     new(d1.Batch).Add("SELECT 1").Add("SELECT ?", struct{}{}),
				"d1: statement 2 (SELECT ?): argument \"n\": unsupported type struct {}, a struct": new(d1.Batch).Add("SELECT 1").Add("SELECT ?", sql.Named("n", struct{}{})),
			} {
				_, err := batch.Exec(t.Context(), on)
				require.EqualError(t, err, want)
				_, err = batch.Query(t.Context(), on)
				require.EqualError(t, err, want)
			}
			_, err := on.ExecContext(t.Context(), "SELECT ?; SELECT ?", 1)
			require.EqualError(t, err, "d1: statement 2 (SELECT ?): 1 argument given, and none is left for placeholder ?1")
		}
	})
}

// TestErrorPacked: the engine's "out of memory" is explained wherever a statement
// of too many arguments runs.
func TestErrorPacked(t *testing.T) {
	args := sequence(0, 6000)
	text := "INSERT INTO t SELECT 1 IN (" + strings.TrimSuffix(strings.Repeat("?,", len(args)), ",") + ")"
	const what = " with 6000 arguments is larger, compiled, than D1 allows"
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(a)")
		check := func(err error, statement int, which string) {
			t.Helper()
			require.ErrorIs(t, err, d1.CodeNoMem)
			require.ErrorContains(t, err, "; "+which+what)
			e := (*d1.Error)(nil)
			require.ErrorAs(t, err, &e)
			require.Equal(t, statement, e.Statement)
			require.NotContains(t, err.Error(), "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?") // the text is cut
		}
		_, err := db.Exec(text, args...)
		check(err, 0, "a statement")
		batch := new(d1.Batch).Add("DELETE FROM t").Add(text, args...).Add("INSERT INTO t VALUES(?)", 1)
		_, err = batch.Exec(t.Context(), db)
		check(err, 0, "statement 2")
		_, err = batch.Query(t.Context(), db)
		check(err, 0, "statement 2")
		for _, mode := range []d1.TxMode{d1.TxLazy, d1.TxQueue} {
			tx, err := db.BeginTx(d1.WithTxMode(t.Context(), mode), nil)
			require.NoError(t, err)
			run(t, tx, "DELETE FROM t")
			_, err = tx.Exec(text, args...)
			require.NoError(t, err)
			err = tx.Commit()
			if mode == d1.TxQueue {
				check(err, 0, "statement 2")
			} else {
				check(err, 2, "a statement")
			}
		}
		tx, err := db.BeginTx(d1.WithTxMode(t.Context(), d1.TxEager), nil)
		require.NoError(t, err)
		_, err = tx.Exec(text, args...)
		check(err, 0, "a statement")
		require.NoError(t, tx.Rollback())
	})
}
