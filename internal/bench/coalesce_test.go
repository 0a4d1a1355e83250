package bench

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/extras/d1test"
)

// BenchmarkCoalesce makes 1,000 point reads at once, 50 ms away from the
// server. It reports requests and reads per second. A pool without a limit makes
// as many HTTP connections as there are reads; one of 64 is what the driver
// keeps open.
func BenchmarkCoalesce(b *testing.B) {
	const reads = 1000
	var requests atomic.Int64
	srv := d1test.New(b, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			time.Sleep(50 * time.Millisecond)
			next.ServeHTTP(w, r)
		})
	}))
	setup := open(b, srv.DSN())
	_, err := setup.ExecContext(b.Context(), "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); "+
		numbers+"INSERT INTO t SELECT i, 'value '||i FROM n")
	require.NoError(b, err)
	for _, test := range []struct {
		name    string
		options string
		pool    int
	}{
		{"coalesce=off/pool=64", "", 64},
		{"coalesce=off/pool=1000", "", 0},
		{"coalesce=2ms/pool=1000", "&coalesce=2ms", 0},
	} {
		b.Run(test.name, func(b *testing.B) {
			db := open(b, srv.DSN()+test.options)
			db.SetMaxOpenConns(test.pool)
			db.SetMaxIdleConns(reads)
			requests.Store(0)
			for b.Loop() {
				var wg sync.WaitGroup
				for i := range reads {
					wg.Go(func() {
						var v string
						if err := db.QueryRowContext(b.Context(), "SELECT v FROM t WHERE id = ?", i).Scan(&v); err != nil {
							b.Error(err)
						}
					})
				}
				wg.Wait()
				srv.Reset()
			}
			b.ReportMetric(float64(requests.Load())/float64(b.N), "requests/op")
			b.ReportMetric(reads*float64(b.N)/b.Elapsed().Seconds(), "reads/s")
		})
	}
}
