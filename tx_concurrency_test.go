package d1_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// insist runs fn in transactions until one commits, without the pauses of RunTx.
func insist(db *sql.DB, opts *sql.TxOptions, fn func(*sql.Tx) error) (conflicts int, err error) {
	for ; ; conflicts++ {
		err := func() error {
			tx, err := db.BeginTx(context.Background(), opts)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if err := fn(tx); err != nil {
				return err
			}
			return tx.Commit()
		}()
		if !errors.Is(err, d1.ErrTxConflict) {
			return conflicts, err
		}
	}
}

// together runs fn in goroutines, n times in all.
func together(t *testing.T, n int, fn func(i int) (conflicts int, err error)) {
	t.Helper()
	var next, conflicts atomic.Int64
	var workers sync.WaitGroup
	failures := make(chan error, 4)
	for range cap(failures) {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				c, err := fn(int(i))
				conflicts.Add(int64(c))
				if err != nil {
					failures <- err
					return
				}
			}
		})
	}
	workers.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	t.Logf("%d conflicts in %d transactions", conflicts.Load(), n)
	require.Greater(t, conflicts.Load(), int64(0), "nothing has met")
}

// TestTxTransfers moves money about: no reader sees the sum change.
func TestTxTransfers(t *testing.T) {
	db := open(t, d1test.New(t).DSN())
	run(t, db, "CREATE TABLE account(id INTEGER PRIMARY KEY, n INTEGER)",
		"WITH RECURSIVE c(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM c WHERE i<8) INSERT INTO account SELECT i,100 FROM c")
	sum := func() error {
		var n int
		if err := db.QueryRow("SELECT sum(n) FROM account").Scan(&n); err != nil || n != 800 {
			return fmt.Errorf("sum %d: %w", n, err)
		}
		return nil
	}
	together(t, rounds, func(i int) (int, error) {
		from, to, amount := rand.IntN(8)+1, rand.IntN(8)+1, rand.IntN(20)
		if i%50 == 0 {
			if err := sum(); err != nil {
				return 0, err
			}
		}
		if i%10 == 0 { // read at several moments, confirmed for one
			return insist(db, &sql.TxOptions{ReadOnly: true}, func(tx *sql.Tx) error {
				total := 0
				for _, half := range []string{"id<=4", "id>4"} {
					var n int
					if err := tx.QueryRow("SELECT sum(n) FROM account WHERE " + half).Scan(&n); err != nil {
						return err
					}
					total += n
				}
				if total != 800 {
					return errSeenTorn // unless Commit says that it was never so
				}
				return nil
			})
		}
		return insist(db, nil, func(tx *sql.Tx) error {
			var n int
			if err := tx.QueryRow("SELECT n FROM account WHERE id=?", from).Scan(&n); err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE account SET n=? WHERE id=?", n-amount, from); err != nil {
				return err
			}
			if i%4 == 0 { // read behind a write, too
				if err := tx.QueryRow("SELECT n FROM account WHERE id=?", to).Scan(&n); err != nil {
					return err
				}
				_, err := tx.Exec("UPDATE account SET n=? WHERE id=?", n+amount, to)
				return err
			}
			_, err := tx.Exec("UPDATE account SET n=n+? WHERE id=?", amount, to)
			return err
		})
	})
	require.NoError(t, sum())
}

// errSeenTorn is a conflict, so that insist tries again.
var errSeenTorn = fmt.Errorf("the halves are of different moments: %w", d1.ErrTxConflict)

// TestTxCounter reads a counter in one statement and writes it in another: it
// neither skips nor repeats.
func TestTxCounter(t *testing.T) {
	db := open(t, d1test.New(t).DSN())
	run(t, db, "CREATE TABLE counter(n INTEGER)", "INSERT INTO counter VALUES(0)", "CREATE TABLE taken(n INTEGER)")
	together(t, rounds, func(i int) (int, error) {
		return insist(db, nil, func(tx *sql.Tx) error {
			var n int
			if i%4 == 0 { // behind a write the read is a dry run
				if _, err := tx.Exec("UPDATE counter SET n=n"); err != nil {
					return err
				}
			}
			if err := tx.QueryRow("SELECT n FROM counter").Scan(&n); err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE counter SET n=?", n+1); err != nil {
				return err
			}
			_, err := tx.Exec("INSERT INTO taken VALUES(?)", n+1)
			return err
		})
	})
	requireRows(t, db, "SELECT n FROM counter", fmt.Sprint(rounds))
	requireRows(t, db, "SELECT count(*),count(DISTINCT n),min(n),max(n) FROM taken", fmt.Sprintf("%d|%d|1|%d", rounds, rounds, rounds))
}
