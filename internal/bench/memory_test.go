package bench

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkMemory reports the most heap that was live at once while a result
// was read, above what was live before: the garbage collector runs without
// pause beside it, so that nothing that waits for it is counted.
func BenchmarkMemory(b *testing.B) {
	for _, rows := range []int{1000, 1_000_000} {
		srv := newReplay(b, mixed(b, rows), false)
		b.Run(fmt.Sprintf("rows=%d/client=d1", rows), func(b *testing.B) {
			db := open(b, srv.dsn())
			peakHeap(b, func() { require.Equal(b, rows, scanUsers(b, db)) })
		})
		if rows > 1000 {
			continue // a gigabyte
		}
		b.Run(fmt.Sprintf("rows=%d/client=json", rows), func(b *testing.B) {
			client := newPoster(b, srv.rawURL())
			peakHeap(b, func() {
				answer, err := client.query(b.Context(), "SELECT")
				require.NoError(b, err)
				require.Len(b, answer.Result[0].Results.Rows, rows)
			})
		})
		b.Run(fmt.Sprintf("rows=%d/client=sdk", rows), func(b *testing.B) {
			client := newSDK(srv.url)
			peakHeap(b, func() {
				results, err := client.query(b.Context(), "SELECT")
				require.NoError(b, err)
				require.Len(b, results[0].Results.Rows, rows)
			})
		})
	}
}

func peakHeap(b *testing.B, work func()) {
	work()
	baseline := liveHeap()
	peak := baseline
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				peak = max(peak, liveHeap())
			}
		}
	}()
	for b.Loop() {
		work()
	}
	close(stop)
	<-stopped
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
		{"numbers", plainSQL, []any{new(int64), new(float64), new(bool), new(*int64)}},
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
