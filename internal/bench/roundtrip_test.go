package bench

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/internal/wire"
)

// BenchmarkSelect1 is the smallest query. "post" posts the same bytes with
// net/http and reads the body; "floor-sql" does so under database/sql.
func BenchmarkSelect1(b *testing.B) {
	recorded := whole(record(b, "SELECT 1"))
	srv := newReplay(b, recorded, false)
	query := func(b *testing.B, db *sql.DB) {
		loop(b, func() {
			var n int
			if err := db.QueryRowContext(b.Context(), "SELECT 1").Scan(&n); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("client=d1", func(b *testing.B) { query(b, open(b, srv.dsn())) })
	b.Run("client=floor-sql", func(b *testing.B) {
		db := sql.OpenDB(newFloor(b, srv, recorded, 1))
		defer db.Close()
		query(b, db)
	})
	b.Run("client=post", func(b *testing.B) {
		client := newPoster(b, srv.rawURL())
		request := []byte(`{"sql":"SELECT 1"}`)
		loop(b, func() {
			if err := client.post(b.Context(), request, discard); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("client=json", func(b *testing.B) {
		client := newPoster(b, srv.rawURL())
		loop(b, func() {
			if _, err := client.query(b.Context(), "SELECT 1"); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("client=sdk", func(b *testing.B) {
		client := newSDK(srv.url)
		loop(b, func() {
			if _, err := client.query(b.Context(), "SELECT 1"); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// BenchmarkPrepared runs a statement with three arguments again and again,
// prepared and as text; "long" has a text thirty times as long, which nobody
// should tokenize twice.
func BenchmarkPrepared(b *testing.B) {
	srv := newReplay(b, whole(record(b, "SELECT 1")), false)
	const short = "SELECT a FROM t WHERE b = ? AND c = ? AND d > ?"
	long := "SELECT a /*" + string(bytes.Repeat([]byte("a long comment; "), 100)) + "*/ FROM t WHERE b = ? AND c = ? AND d > ?"
	for name, text := range map[string]string{"short": short, "long": long} {
		b.Run("text="+name+"/client=stmt", func(b *testing.B) {
			stmt, err := open(b, srv.dsn("prepare=lazy")).PrepareContext(b.Context(), text)
			require.NoError(b, err)
			defer stmt.Close()
			loop(b, func() {
				var n int
				if err := stmt.QueryRowContext(b.Context(), 1, "two", 3.5).Scan(&n); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run("text="+name+"/client=text", func(b *testing.B) {
			db := open(b, srv.dsn())
			loop(b, func() {
				var n int
				if err := db.QueryRowContext(b.Context(), text, 1, "two", 3.5).Scan(&n); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkTx commits a transaction of 1,000 inserts. "hand" encodes the same
// request itself, with the statements written as D1 needs them, posts it and
// does not look at the response; "json" encodes with encoding/json, and decodes
// the number of changes and the row ID of each insert, as a driver must.
func BenchmarkTx(b *testing.B) {
	const inserts = 1000
	one := record(b, "SELECT 1 WHERE 0")
	start, end := bytes.IndexByte(one, '[')+1, bytes.LastIndex(one, []byte(`],"errors"`))
	element := one[start:end]
	answer := append(bytes.Clone(one[:start]), bytes.Repeat(append(bytes.Clone(element), ','), inserts-1)...)
	answer = append(append(answer, element...), one[end:]...)
	require.True(b, json.Valid(answer), "%s", one)
	srv := newReplay(b, whole(answer), false)

	b.Run("client=d1", func(b *testing.B) {
		db := open(b, srv.dsn())
		loop(b, func() {
			tx, err := db.BeginTx(b.Context(), nil)
			require.NoError(b, err)
			for i := range inserts {
				if _, err := tx.ExecContext(b.Context(), "INSERT INTO t (a, b, c) VALUES (?, ?, ?)", i, "some text", 1.5); err != nil {
					b.Fatal(err)
				}
			}
			require.NoError(b, tx.Commit())
		})
	})
	b.Run("client=batch", func(b *testing.B) {
		db := open(b, srv.dsn())
		loop(b, func() {
			var batch d1.Batch
			for i := range inserts {
				batch.Add("INSERT INTO t (a, b, c) VALUES (?, ?, ?)", i, "some text", 1.5)
			}
			_, err := batch.Exec(b.Context(), db)
			require.NoError(b, err)
		})
	})
	b.Run("client=json", func(b *testing.B) {
		client := newPoster(b, srv.rawURL())
		type statement struct {
			SQL    string `json:"sql"`
			Params []any  `json:"params"`
		}
		loop(b, func() {
			var request struct {
				Batch []statement `json:"batch"`
			}
			for i := range inserts {
				request.Batch = append(request.Batch, statement{"INSERT INTO t (a, b, c) VALUES (~~?, ?, ?)", []any{fmt.Sprint(i), "some text", 1.5}})
			}
			text, err := json.Marshal(request)
			require.NoError(b, err)
			var answer struct {
				Success bool
				Result  []struct {
					Meta struct {
						Changes   int64 `json:"changes"`
						LastRowID int64 `json:"last_row_id"`
					}
				}
			}
			require.NoError(b, client.post(b.Context(), text, func(body io.Reader) error { return json.NewDecoder(body).Decode(&answer) }))
			require.Len(b, answer.Result, inserts)
		})
	})
	b.Run("client=hand", func(b *testing.B) {
		client := newPoster(b, srv.rawURL())
		loop(b, func() {
			text := []byte(`{"batch":[`)
			for i := range inserts {
				if i > 0 {
					text = append(text, ',')
				}
				text = append(text, `{"sql":"INSERT INTO t (a, b, c) VALUES (~~?, ?, ?)","params":["`...)
				text = fmt.Append(text, i)
				text = append(text, `",`...)
				text = wire.AppendString(text, "some text")
				text = append(text, ',')
				text = wire.AppendFloat(text, 1.5)
				text = append(text, `]}`...)
			}
			text = append(text, `]}`...)
			require.NoError(b, client.post(b.Context(), text, discard))
		})
	})
}
