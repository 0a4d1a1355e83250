package bench

import (
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRows reads 100,000 rows of 8 mixed columns. The driver scans them
// into a struct's fields; the others are done when they have a [][]any. For
// "floor" see that type; "floor-sql" is the same under database/sql.
func BenchmarkRows(b *testing.B) {
	const rows = 100_000
	recorded := mixed(b, rows)
	srv := newReplay(b, recorded, false)

	b.Run("client=d1", func(b *testing.B) {
		db := open(b, srv.dsn())
		b.SetBytes(int64(recorded.size()))
		loop(b, func() {
			require.Equal(b, rows, scanUsers(b, db, new(time.Time)))
		})
	})
	b.Run("client=json", func(b *testing.B) {
		client := newPoster(b, srv.rawURL())
		b.SetBytes(int64(recorded.size()))
		loop(b, func() {
			answer, err := client.query(b.Context(), "SELECT")
			require.NoError(b, err)
			require.Len(b, answer.Result[0].Results.Rows, rows)
		})
	})
	b.Run("client=sdk", func(b *testing.B) {
		client := newSDK(srv.url)
		b.SetBytes(int64(recorded.size()))
		loop(b, func() {
			results, err := client.query(b.Context(), "SELECT")
			require.NoError(b, err)
			require.Len(b, results[0].Results.Rows, rows)
		})
	})
	b.Run("client=floor", func(b *testing.B) {
		floor := newFloor(b, srv, recorded, 8)
		row := make([]driver.Value, 8)
		b.SetBytes(int64(recorded.size()))
		loop(b, func() {
			n := 0
			require.NoError(b, floor.fetch(b.Context()))
			for floor.Next(row) == nil {
				n++
			}
			require.Equal(b, rows, n)
		})
	})
	b.Run("client=floor-sql", func(b *testing.B) {
		db := sql.OpenDB(newFloor(b, srv, recorded, 8))
		defer db.Close()
		b.SetBytes(int64(recorded.size()))
		loop(b, func() { require.Equal(b, rows, scanUsers(b, db, new(any))) })
	})
}

// user is a row of mixedSQL.
type user struct {
	id      int64
	name    string
	email   string
	score   float64
	active  bool
	bio     string
	created any // where it goes: a *time.Time; from floor, which knows no times, an *any
	parent  sql.NullInt64
}

func (u *user) scan(rows *sql.Rows) error {
	return rows.Scan(&u.id, &u.name, &u.email, &u.score, &u.active, &u.bio, u.created, &u.parent)
}

// scanUsers reads all rows and counts them.
func scanUsers(tb testing.TB, db *sql.DB, created any) (n int) {
	rows, err := db.QueryContext(tb.Context(), "SELECT")
	require.NoError(tb, err)
	defer rows.Close()
	u := user{created: created}
	for rows.Next() {
		if err := u.scan(rows); err != nil {
			tb.Fatal(err)
		}
		n++
	}
	require.NoError(tb, rows.Err())
	return n
}

// BenchmarkFirstRow is the time until the first of 100,000 rows is there.
func BenchmarkFirstRow(b *testing.B) {
	srv := newReplay(b, mixed(b, 100_000), false)
	b.Run("client=d1", func(b *testing.B) {
		db := open(b, srv.dsn())
		var first time.Duration
		for b.Loop() {
			began := time.Now()
			rows, err := db.QueryContext(b.Context(), "SELECT")
			require.NoError(b, err)
			require.True(b, rows.Next())
			first += time.Since(began)
			for rows.Next() {
			}
			require.NoError(b, rows.Close())
		}
		b.ReportMetric(float64(first.Nanoseconds())/float64(b.N), "first-ns/op")
	})
	b.Run("client=json", func(b *testing.B) {
		client := newPoster(b, srv.rawURL())
		loop(b, func() {
			_, err := client.query(b.Context(), "SELECT")
			require.NoError(b, err)
		})
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "first-ns/op")
	})
}

// TestFirstRowWhileSending: the first rows are there before the server has sent
// the others.
func TestFirstRowWhileSending(t *testing.T) {
	srv := newReplay(t, mixed(t, 10*chunkRows), true)
	rows, err := open(t, srv.dsn()).QueryContext(t.Context(), "SELECT")
	require.NoError(t, err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		if n++; n == chunkRows {
			srv.gate <- struct{}{} // nothing else lets the server go on
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 10*chunkRows, n)
}

// BenchmarkBlob reads a BLOB of a million bytes, which D1 sends as an array of
// numbers.
func BenchmarkBlob(b *testing.B) {
	const size = 1_000_000
	recorded := blob(b, size)
	srv := newReplay(b, recorded, false)
	b.Run("client=d1", func(b *testing.B) {
		db := open(b, srv.dsn())
		loop(b, func() {
			var v []byte
			require.NoError(b, db.QueryRowContext(b.Context(), "SELECT").Scan(&v))
			require.Len(b, v, size)
		})
	})
	b.Run("client=json", func(b *testing.B) {
		client := newPoster(b, srv.rawURL())
		loop(b, func() {
			answer, err := client.query(b.Context(), "SELECT")
			require.NoError(b, err)
			require.Len(b, answer.Result[0].Results.Rows[0][0], size)
		})
	})
	b.Run("client=sdk", func(b *testing.B) {
		client := newSDK(srv.url)
		loop(b, func() {
			results, err := client.query(b.Context(), "SELECT")
			require.NoError(b, err)
			require.Len(b, results[0].Results.Rows[0][0], size)
		})
	})
}
