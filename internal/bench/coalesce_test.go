package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkCoalesce makes 1,000 point reads at once, 50 ms away from the
// server, which replays a recorded result for each statement of a request. It
// reports requests and reads per second. A pool without a limit makes as many
// HTTP connections as there are reads; one of 64 is what the driver keeps open.
func BenchmarkCoalesce(b *testing.B) {
	const reads = 1000
	var requests atomic.Int64
	recorded := record(b, "SELECT 'value 123' AS v")
	start, end := bytes.IndexByte(recorded, '[')+1, bytes.LastIndex(recorded, []byte(`],"errors"`))
	head, result, tail := recorded[:start], recorded[start:end], recorded[end:]
	require.True(b, json.Valid(result), "%s", recorded)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Error(err)
		}
		time.Sleep(50 * time.Millisecond)
		n := max(1, bytes.Count(body, []byte(`"sql":`)))
		answer := append(bytes.Clone(head), bytes.Repeat(append(bytes.Clone(result), ','), n-1)...)
		_, _ = w.Write(append(append(answer, result...), tail...))
	}))
	defer srv.Close()
	dsn := "d1://" + accountID + ":" + token + "@" + databaseID + "?endpoint=" + url.QueryEscape(srv.URL)
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
			db := open(b, dsn+test.options)
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
			}
			b.ReportMetric(float64(requests.Load())/float64(b.N), "requests/op")
			b.ReportMetric(reads*float64(b.N)/b.Elapsed().Seconds(), "reads/s")
		})
	}
}
