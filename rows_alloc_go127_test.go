//go:build go1.27

package d1

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/require"

	"bytes"
	"github.com/d1go/d1/internal/wire"
)

// TestScanAllocations: scanning into the usual destinations copies strings and
// blobs, and allocates nothing else.
func TestScanAllocations(t *testing.T) {
	r := &rows{dec: wire.NewDecoder(bytes.NewReader([]byte(
		`{"result":[{"results":{"columns":["i","f","s","t","n","b","y"],"rows":[[123456,1.5,"text","2026-11-21 10:00:00",null,[1,2],1]]},"success":true,"meta":{}}],"success":true,"errors":[],"messages":[]}`)))}
	require.NoError(t, r.dec.NextResult())
	require.NoError(t, r.open())
	defer r.Close()
	require.NoError(t, r.NextRow())
	for _, test := range []struct {
		column int
		dest   any
		want   float64
	}{
		{0, new(int64), 0}, {0, new(int), 0}, {0, new(float64), 0}, {0, new(sql.NullInt64), 0}, {0, new(sql.Null[int64]), 0}, {0, new(sql.NullFloat64), 0},
		{1, new(float64), 0}, {1, new(sql.NullFloat64), 0}, {1, new(sql.Null[float64]), 0},
		{2, new(string), 1}, {2, new([]byte), 1}, {2, new(sql.RawBytes), 0}, {2, new(sql.NullString), 1}, {2, new(sql.Null[string]), 1},
		{3, new(string), 1},
		{4, new(sql.NullInt64), 0}, {4, new(*int64), 0}, {4, new(*string), 0}, {4, new(sql.NullString), 0}, {4, new([]byte), 0}, {4, new(any), 0},
		{5, new([]byte), 1}, {5, new(sql.RawBytes), 0},
		{6, new(bool), 0},
	} {
		allocs := testing.AllocsPerRun(100, func() {
			if err := r.ScanColumn(driver.ScanContext{}, test.column, test.dest); err != nil {
				t.Fatal(err)
			}
		})
		require.Equal(t, test.want, allocs, "column %d into %T", test.column, test.dest)
	}
}
