package d1_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// increment reads and writes; meddle runs between the two.
func increment(meddle func()) func(*sql.Tx) error {
	return func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT n FROM counter").Scan(&n); err != nil {
			return err
		}
		meddle()
		_, err := tx.Exec("UPDATE counter SET n=?", n+1)
		return err
	}
}

var counterTable = []string{"CREATE TABLE counter(n INTEGER NOT NULL)", "INSERT INTO counter VALUES(0)"}

func TestRunTx(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, counterTable...)
		attempts := 0
		err := d1.RunTx(t.Context(), db, nil, increment(func() {
			if attempts++; attempts <= 3 {
				run(t, db, "UPDATE counter SET n=n+10")
			}
		}))
		require.NoError(t, err)
		require.Equal(t, 4, attempts)
		requireRows(t, db, "SELECT n FROM counter", "31")

		// On a pinned connection too, and with options.
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, d1.RunTx(t.Context(), conn, &sql.TxOptions{Isolation: sql.LevelSerializable}, increment(func() {})))
		require.ErrorIs(t, d1.RunTx(t.Context(), conn, &sql.TxOptions{Isolation: sql.LevelSnapshot}, increment(func() {})), d1.ErrUnsupported)
		require.ErrorIs(t, d1.RunTx(t.Context(), conn, &sql.TxOptions{ReadOnly: true}, increment(func() {})), d1.ErrUnsupported)
		requireRows(t, conn, "SELECT n FROM counter", "32")
	})
}

// TestRunTxGivesUp after a bounded number of attempts.
func TestRunTxGivesUp(t *testing.T) {
	db := open(t, d1test.New(t).DSN())
	run(t, db, counterTable...)
	attempts := 0
	meddle := func() {
		attempts++
		run(t, db, "UPDATE counter SET n=n+10")
	}
	err := d1.RunTx(t.Context(), db, nil, increment(meddle))
	require.ErrorIs(t, err, d1.ErrTxConflict)
	require.ErrorIs(t, err, d1.CodeBusy)
	require.ErrorContains(t, err, "after 10 attempts")
	require.Equal(t, 10, attempts)

	attempts = 0
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = d1.RunTx(ctx, db, nil, increment(meddle))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, attempts, 10)
}

// TestRunTxContextEnds inside fn: the error says so, and not only that database/sql
// has rolled back.
func TestRunTxContextEnds(t *testing.T) {
	db := open(t, d1test.New(t).DSN())
	run(t, db, counterTable...)
	for _, use := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		err := d1.RunTx(ctx, db, nil, func(tx *sql.Tx) error {
			run(t, tx, "UPDATE counter SET n=5")
			cancel()
			require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 10*time.Second, time.Millisecond, "rolled back")
			if use {
				_, err := tx.Exec("UPDATE counter SET n=6")
				return err
			}
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, sql.ErrTxDone)
	}
	requireRows(t, db, "SELECT n FROM counter", "0")
}

// TestRunTxDoesNotRepeat what is no conflict.
func TestRunTxDoesNotRepeat(t *testing.T) {
	var broken atomic.Bool
	srv := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if broken.Load() {
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	}))
	db := open(t, srv.DSN())
	run(t, db, counterTable...)
	attempts := 0
	own := errors.New("the program's own")
	err := d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error {
		attempts++
		run(t, tx, "UPDATE counter SET n=5")
		return own
	})
	require.Equal(t, own, err)
	require.Equal(t, 1, attempts)

	err = d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error {
		attempts++
		run(t, tx, "UPDATE counter SET n=NULL")
		return nil
	})
	require.ErrorIs(t, err, d1.ConstraintNotNull)
	require.Equal(t, 2, attempts)

	require.PanicsWithValue(t, "oops", func() {
		_ = d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error {
			run(t, tx, "UPDATE counter SET n=5")
			panic("oops")
		})
	})
	requireRows(t, db, "SELECT n FROM counter", "0")
	require.Zero(t, db.Stats().InUse)

	err = d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error {
		attempts++
		run(t, tx, "UPDATE counter SET n=5")
		broken.Store(true)
		return nil
	})
	require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
	require.Equal(t, 3, attempts)
	broken.Store(false)
	requireRows(t, db, "SELECT n FROM counter", "0")

	// A conflict met inside, and wrapped, is repeated.
	err = d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error {
		if attempts++; attempts == 4 {
			return fmt.Errorf("in between: %w", d1.ErrTxConflict)
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 5, attempts)
}

// TestRunTxStopsAtRandom: a transaction that would conflict with itself each time is
// run once. Where that is not sure it is run again.
func TestRunTxStopsAtRandom(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(id TEXT DEFAULT (lower(hex(randomblob(16)))), x, y DEFAULT 1)")
		for _, tt := range []struct {
			query, reason string
			attempts      int
		}{
			{"INSERT INTO t(x) VALUES(1),(2) RETURNING *", "", 0},     // pinned
			{"INSERT INTO t(x) SELECT 1 RETURNING id", "random()", 2}, // not pinned
			{"INSERT INTO t(id,x) VALUES('a',random()) RETURNING X", "uses random()", 1},
			{"UPDATE t SET x=1 RETURNING hex(randomblob(16)) AS token", "uses random()", 1},
			{"SELECT random()", "uses random()", 1},
			{"SELECT abs(random()) < 0, y FROM t", "", 0},                                        // the same each time
			{"INSERT INTO t(id,x) VALUES('a',random()) RETURNING id", "", 0},                     // what is random is not seen
			{"INSERT INTO t(id,x) VALUES('b',abs(random())%1000000) RETURNING x", "random()", 2}, // not sure
		} {
			run(t, db, "DELETE FROM t", "INSERT INTO t(x) VALUES(0)")
			attempts := 0
			err := d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error {
				if attempts++; attempts == 3 {
					return errors.New("enough")
				}
				run(t, tx, "UPDATE t SET y=2")
				_, err := read(tx, tt.query)
				return err
			})
			switch tt.attempts {
			case 0:
				require.NoError(t, err, tt.query)
				require.Equal(t, 1, attempts, tt.query)
			case 1:
				require.ErrorIs(t, err, d1.ErrTxConflict, tt.query)
				require.ErrorContains(t, err, "given up, as the same would happen each time: ", tt.query)
				require.ErrorContains(t, err, tt.reason, tt.query)
				require.Equal(t, 1, attempts, tt.query)
			default:
				require.EqualError(t, err, "enough", tt.query)
			}
		}
	})
}
