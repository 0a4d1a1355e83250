package d1_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

var soakQueries = flag.Int("soak.queries", 3000, "queries of the soak test")

// footprint is what a leak would make grow.
type footprint struct {
	heap       uint64 // bytes in use after a collection
	goroutines int
	files      int // open descriptors; 0 where the system does not tell
}

func measure() (f footprint) {
	runtime.GC()
	runtime.GC() // what the first one has finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.heap, f.goroutines = m.HeapAlloc, runtime.NumGoroutine()
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		f.files = len(list)
	}
	return f
}

// canned answers every statement of a request with the same rows, and keeps
// nothing: the emulator remembers its past, for time travel.
func canned(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	if bytes.Contains(text, []byte("nope")) {
		body(400, "application/json", `{"success":false,"errors":[{"code":7500,"message":"no such table: nope: SQLITE_ERROR"}],"result":[]}`)(w, r)
		return
	}
	const one = `{"results":{"columns":["a","b"],"rows":[[1,"x"],[2,[1,2,3]],[3,null]]},"success":true,"meta":{"changes":1,"last_row_id":3}}`
	n := bytes.Count(text, []byte(`"sql":`))
	body(200, "application/json", `{"result":[`+strings.Repeat(one+",", n-1)+one+`],"success":true,"errors":[],"messages":[]}`)(w, r)
}

// TestSoak: memory, goroutines and descriptors are the same after many queries
// of every kind as after a few.
func TestSoak(t *testing.T) {
	db := serve(t, canned, "ledger=true")
	round := func(i int) {
		switch i % 5 {
		case 0:
			_, err := db.Exec("INSERT INTO t VALUES (?, ?)", i, "x")
			require.NoError(t, err)
		case 1:
			rows, err := db.Query("SELECT a, b FROM t")
			require.NoError(t, err)
			rows.Next() // the rest is given up
			require.NoError(t, rows.Close())
		case 2:
			_, err := db.Exec(fmt.Sprint("INSERT INTO nope VALUES (", i, ")")) // another text each time
			require.ErrorIs(t, err, d1.CodeError)
		case 3:
			statement, err := db.Prepare(fmt.Sprint("SELECT a, ", i, " FROM t WHERE b = ?"))
			require.NoError(t, err)
			var a, b any
			require.NoError(t, statement.QueryRow("x").Scan(&a, &b))
			require.NoError(t, statement.Close())
		case 4:
			tx, err := db.Begin()
			require.NoError(t, err)
			_, err = tx.Exec("DELETE FROM t WHERE a = ?", i)
			require.NoError(t, err)
			if i%2 == 0 {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
		}
	}
	warmUp := max(*soakQueries/4, 3000) // fills the caches, of 512 texts each
	for i := range warmUp {
		round(i)
	}
	warm := measure()
	for i := range *soakQueries {
		round(warmUp + i)
	}
	end := measure()
	t.Logf("after %d queries: %+v; after %d more: %+v", warmUp, warm, *soakQueries, end)
	require.Less(t, end.heap, warm.heap+1<<20)
	require.LessOrEqual(t, end.goroutines, warm.goroutines+4)
	require.LessOrEqual(t, end.files, warm.files+4)
}

// TestPoolStress: whatever ends when, no connection is lost and no result is
// someone else's.
func TestPoolStress(t *testing.T) {
	for _, test := range []struct {
		name     string
		conns    int
		idle     int
		lifetime time.Duration
	}{
		{"one connection", 1, 1, 0},
		{"few, short-lived", 4, 2, time.Millisecond},
		{"none kept", 8, -1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := open(t, d1test.New(t).DSN(), "prepare=lazy")
			_, err := db.Exec("CREATE TABLE t (id INTEGER)")
			require.NoError(t, err)
			db.SetMaxOpenConns(test.conns)
			db.SetMaxIdleConns(test.idle)
			db.SetConnMaxLifetime(test.lifetime)
			var workers sync.WaitGroup
			for n := range 16 {
				random := rand.New(rand.NewPCG(1, uint64(n)))
				workers.Go(func() {
					for i := range 20 {
						if err := stress(t.Context(), db, random, n*1000+i); err != nil {
							t.Errorf("worker %d, round %d: %v", n, i, err)
						}
					}
				})
			}
			workers.Wait()
			require.Zero(t, db.Stats().InUse)
			require.LessOrEqual(t, db.Stats().OpenConnections, test.conns)
			var twice int
			require.NoError(t, db.QueryRow("SELECT count(*) FROM (SELECT id FROM t GROUP BY id HAVING count(*) > 1)").Scan(&twice))
			require.Zero(t, twice)
		})
	}
}

// stress runs one operation under a context that may end at any time. It returns
// what must not happen.
func stress(ctx context.Context, db *sql.DB, random *rand.Rand, id int) error {
	if random.IntN(2) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(5000))*time.Microsecond)
		defer cancel()
	}
	var err error
	switch random.IntN(4) {
	case 0:
		_, err = db.ExecContext(ctx, "INSERT INTO t VALUES (?)", id)
	case 1:
		var n int
		if err = db.QueryRowContext(ctx, "SELECT ?", id).Scan(&n); err == nil && n != id {
			return errors.New("the answer to another question")
		}
	case 2:
		var rows *sql.Rows
		if rows, err = db.QueryContext(ctx, "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i FROM n"); err != nil {
			break
		}
		for i := random.IntN(250); i > 0 && rows.Next(); i-- {
		}
		err = errors.Join(rows.Err(), rows.Close())
	case 3:
		var tx *sql.Tx
		if tx, err = db.BeginTx(ctx, nil); err != nil {
			break
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO t VALUES (?)", id)
		if err == nil && random.IntN(2) == 0 {
			err = tx.Commit()
			break
		}
		_ = tx.Rollback()
	}
	if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
