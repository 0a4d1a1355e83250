package emulator

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkExecute(b *testing.B) {
	for _, bm := range []struct{ name, sql string }{
		{"select 1", "SELECT 1"},
		{"insert", "INSERT INTO t (b) VALUES ('text')"},
		{"million rows", "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i, 'text ' || i, i * 0.5 FROM n"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			s, err := New(Options{})
			require.NoError(b, err)
			defer s.Close()
			info, err := s.CreateDatabase("bench")
			require.NoError(b, err)
			db := s.databases[info.UUID]
			_, err = db.execute(context.Background(), []statement{{SQL: "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"}}, formatArrays)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				_, err := db.execute(context.Background(), []statement{{SQL: bm.sql}}, formatArrays)
				require.NoError(b, err)
			}
		})
	}
}
