package bench

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkScaling reports the cost per row or cell as a result grows in one
// direction. Where cost is linear the number stays.
func BenchmarkScaling(b *testing.B) {
	run := func(name string, recorded body, unit string, units int) {
		srv := newReplay(b, recorded, false)
		b.Run(name, func(b *testing.B) {
			db := open(b, srv.dsn())
			loop(b, func() { readAll(b, db) })
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(units), "ns/"+unit)
		})
	}
	for rows := 1000; rows <= 1_000_000; rows *= 10 {
		run(fmt.Sprintf("rows=%d", rows), mixed(b, rows), "row", rows)
	}
	for _, columns := range []int{1, 10, 100} {
		text := numbers + "SELECT i*7919" + strings.Repeat(",i*7919", columns-1) + " FROM n"
		run(fmt.Sprintf("columns=%d", columns), repeated(b, text, 10), "cell", 10*chunkRows*columns)
	}
	for size := 10; size <= 1_000_000; size *= 10 {
		const total = 1_000_000
		recorded := record(b, "SELECT replace(hex(zeroblob(500000)),'00','xy') AS t LIMIT 0")
		cell := `["` + strings.Repeat("x", size) + `"]`
		rows := strings.TrimSuffix(strings.Repeat(cell+",", total/size), ",")
		text := strings.Replace(string(recorded), `"rows":[]`, `"rows":[`+rows+`]`, 1)
		run(fmt.Sprintf("cell=%dB", size), whole([]byte(text)), "byte", total)
	}
	srv := newReplay(b, mixed(b, 10_000), false)
	for _, goroutines := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			db := open(b, srv.dsn())
			db.SetMaxIdleConns(goroutines)
			loop(b, func() {
				var wg sync.WaitGroup
				for range goroutines {
					wg.Go(func() { readAll(b, db) })
				}
				wg.Wait()
			})
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(10_000*goroutines), "ns/row")
		})
	}
}

// readAll scans every cell into an any.
func readAll(b *testing.B, db *sql.DB) {
	rows, err := db.QueryContext(b.Context(), "SELECT")
	require.NoError(b, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(b, err)
	dest := make([]any, len(columns))
	for i := range dest {
		dest[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			b.Error(err)
			return
		}
	}
	require.NoError(b, rows.Err())
}
