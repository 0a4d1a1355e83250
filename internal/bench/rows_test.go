package bench

import (
	"bytes"
	"database/sql"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRows reads 100,000 rows of 8 mixed columns. The driver scans them
// into a struct's fields; the others are done when they have a [][]any.
func BenchmarkRows(b *testing.B) {
	const rows = 100_000
	recorded := mixed(b, rows)
	srv := newReplay(b, recorded, false)

	b.Run("client=d1", func(b *testing.B) {
		db := open(b, srv.dsn())
		b.SetBytes(int64(recorded.size()))
		loop(b, func() {
			require.Equal(b, rows, scanUsers(b, db))
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
		client := newPoster(b, srv.rawURL())
		buf := make([]byte, recorded.size())
		b.SetBytes(int64(recorded.size()))
		loop(b, func() {
			require.NoError(b, client.post(b.Context(), []byte(`{"sql":"SELECT"}`), func(r io.Reader) error {
				_, err := io.ReadFull(r, buf)
				return err
			}))
			require.Equal(b, rows*8, floor(buf))
		})
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
	created time.Time
	parent  sql.NullInt64
}

func (u *user) scan(rows *sql.Rows) error {
	return rows.Scan(&u.id, &u.name, &u.email, &u.score, &u.active, &u.bio, &u.created, &u.parent)
}

// scanUsers reads all rows and counts them.
func scanUsers(tb testing.TB, db *sql.DB) (n int) {
	rows, err := db.QueryContext(tb.Context(), "SELECT")
	require.NoError(tb, err)
	defer rows.Close()
	var u user
	for rows.Next() {
		if err := u.scan(rows); err != nil {
			tb.Fatal(err)
		}
		n++
	}
	require.NoError(tb, rows.Err())
	return n
}

// floor does the least that any client must: it finds the ends of all values
// in the rows, turns each into a Go value, and boxes it. It checks nothing and
// resolves no escapes. It returns the number of values.
func floor(body []byte) (n int) {
	var row [8]any
	i := bytes.Index(body, []byte(`"rows":[`)) + len(`"rows":[`)
	for column := 0; ; {
		switch c := body[i]; {
		case c == '"':
			start := i + 1
			for i = start; body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
			row[column] = string(body[start:i])
			i++
		case c == 'n':
			row[column] = nil
			i += len("null")
		case c == '-' || c-'0' < 10:
			start, integer := i, true
			for ; body[i] != ',' && body[i] != ']'; i++ {
				integer = integer && body[i] != '.'
			}
			if integer {
				row[column], _ = strconv.ParseInt(string(body[start:i]), 10, 64)
			} else {
				row[column], _ = strconv.ParseFloat(string(body[start:i]), 64)
			}
		case c == '[':
			column = 0
			i++
			continue
		case c == '}': // behind the rows
			return n
		default:
			i++
			continue
		}
		column++
		n++
	}
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
