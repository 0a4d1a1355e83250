package bench

import (
	"database/sql"
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkMemory reports the most heap in use while a result is read, above
// what was in use before, garbage not counted. For the driver that is the most
// seen at twenty places of the result; for the others, which have all rows at
// once, what they hold at the end.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{1000, 1_000_000} {
		srv := newReplay(b, mixed(b, n), false)
		b.Run(fmt.Sprintf("rows=%d/client=d1", n), func(b *testing.B) {
			db := open(b, srv.dsn())
			heap(b, func(sample func()) {
				rows, err := db.QueryContext(b.Context(), "SELECT")
				require.NoError(b, err)
				defer rows.Close()
				u := user{created: new(time.Time)}
				for i := 0; rows.Next(); i++ {
					if err := u.scan(rows); err != nil {
						b.Fatal(err)
					}
					if i%(n/20) == 0 {
						sample()
					}
				}
				require.NoError(b, rows.Err())
			})
		})
		b.Run(fmt.Sprintf("rows=%d/client=json", n), func(b *testing.B) {
			client := newPoster(b, srv.rawURL())
			heap(b, func(sample func()) {
				answer, err := client.query(b.Context(), "SELECT")
				require.NoError(b, err)
				sample()
				require.Len(b, answer.Result[0].Results.Rows, n)
			})
		})
		b.Run(fmt.Sprintf("rows=%d/client=sdk", n), func(b *testing.B) {
			client := newSDK(srv.url)
			heap(b, func(sample func()) {
				results, err := client.query(b.Context(), "SELECT")
				require.NoError(b, err)
				sample()
				require.Len(b, results[0].Results.Rows, n)
			})
		})
	}
}

// heap reports the most heap that work's samples found.
func heap(b *testing.B, work func(sample func())) {
	work(func() {})
	baseline := liveHeap()
	peak := baseline
	for b.Loop() {
		work(func() { peak = max(peak, liveHeap()) })
	}
	b.ReportMetric(float64(peak-baseline)/1024, "peak-KiB")
}

// liveHeap is what the garbage collector finds in use.
func liveHeap() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// BenchmarkRowAllocs reports allocations per row: of four numbers and NULLs, and
// of one text. From Go 1.27 on there are 0 and 1.
func BenchmarkRowAllocs(b *testing.B) {
	const rows = 100_000
	for _, test := range []struct {
		name, sql string
		dest      []any
	}{
		{"numbers", plainSQL, []any{new(int64), new(float64), new(bool), new(sql.NullInt64)}},
		{"text", textSQL, []any{new(string)}},
	} {
		srv := newReplay(b, repeated(b, test.sql, rows/chunkRows), false)
		b.Run("of="+test.name, func(b *testing.B) {
			db := open(b, srv.dsn())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				rows, err := db.QueryContext(b.Context(), "SELECT")
				require.NoError(b, err)
				for rows.Next() {
					if err := rows.Scan(test.dest...); err != nil {
						b.Fatal(err)
					}
				}
				require.NoError(b, rows.Err())
				require.NoError(b, rows.Close())
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N)/rows, "allocs/row")
		})
	}
}
