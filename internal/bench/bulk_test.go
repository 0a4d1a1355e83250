package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras"
	"github.com/d1go/d1/extras/d1test"
)

// item is a row to be loaded.
type item struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Price float64 `json:"price"`
}

// bulkRows are loaded by each way of BenchmarkBulk.
const bulkRows = 10_000

// bulkWays are the rows of README's table.
var bulkWays = []bulkWay{
	{"import", "`extras` import", "5 GB; the database answers no queries meanwhile", loadImport},
	{"json_each", "`INSERT … SELECT … FROM json_each(?)`", "2,000,000 bytes of JSON", loadJSON},
	{"multi-row", "multi-row `INSERT`, 500 rows each", "about 3,000 arguments, which the driver packs", loadMultiRow},
	{"tx", "`sql.Tx`", "30 seconds in D1", loadTx},
	{"batch", "`d1.Batch`", "30 seconds in D1", loadBatch},
	{"single", "one `Exec` for each row", "1,200 requests per 5 minutes", loadSingle},
}

type bulkWay struct {
	name         string
	label, limit string // in README
	load         func(ctx context.Context, db *sql.DB, items []item) error
}

// BenchmarkBulk loads 10,000 rows of 3 columns into an empty table, in the ways
// that docs/performance.md describes, on the emulator: the time is that of
// client and SQLite without a network, so requests are what decides.
func BenchmarkBulk(b *testing.B) {
	for _, way := range bulkWays {
		b.Run("way="+way.name, way.benchmark)
	}
}

func (way bulkWay) benchmark(b *testing.B) {
	table, items := newBulkTable(b), bulkItems(bulkRows)
	total := int64(0)
	for b.Loop() {
		b.StopTimer()
		table.clear(b)
		b.StartTimer()
		require.NoError(b, way.load(b.Context(), table.db, items))
		total += table.requests.Load()
	}
	b.ReportMetric(float64(total)/float64(b.N), "requests/op")
	b.ReportMetric(bulkRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	table.check(b, bulkRows)
}

func bulkItems(n int) []item {
	items := make([]item, n)
	for i := range items {
		items[i] = item{int64(i), "the name of an item", float64(i) / 4}
	}
	return items
}

// bulkTable is what items are loaded into.
type bulkTable struct {
	srv      *d1test.Server
	db       *sql.DB
	requests atomic.Int64 // since clear
}

func newBulkTable(tb testing.TB) *bulkTable {
	tb.Helper()
	table := &bulkTable{}
	table.srv = d1test.New(tb, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			table.requests.Add(1)
			next.ServeHTTP(w, r)
		})
	}))
	table.db = open(tb, table.srv.DSN())
	_, err := table.db.ExecContext(tb.Context(), "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL)")
	require.NoError(tb, err)
	return table
}

func (table *bulkTable) clear(tb testing.TB) {
	tb.Helper()
	_, err := table.db.ExecContext(tb.Context(), "DELETE FROM item")
	require.NoError(tb, err)
	table.requests.Store(0)
	table.srv.Reset()
}

// check makes sure that n items are there, as they were.
func (table *bulkTable) check(tb testing.TB, n int) {
	tb.Helper()
	var got int
	require.NoError(tb, table.db.QueryRowContext(tb.Context(), "SELECT count(*) FROM item WHERE typeof(id)='integer' AND price=id/4.0").Scan(&got))
	require.Equal(tb, n, got)
}

// loadJSON sends all rows as one JSON text, which SQLite takes apart. D1 limits
// the text to 2,000,000 bytes.
func loadJSON(ctx context.Context, db *sql.DB, items []item) error {
	text, err := json.Marshal(items)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `INSERT INTO item (id, name, price)
		SELECT value->>'id', value->>'name', value->>'price' FROM json_each(?)`, string(text))
	return err
}

// loadMultiRow inserts 500 rows with one statement: the driver packs the 1,500
// parameters, of which D1 takes 100.
func loadMultiRow(ctx context.Context, db *sql.DB, items []item) error {
	const perStatement = 500
	for ; len(items) > 0; items = items[min(perStatement, len(items)):] {
		part := items[:min(perStatement, len(items))]
		args := make([]any, 0, 3*len(part))
		for _, it := range part {
			args = append(args, it.ID, it.Name, it.Price)
		}
		text := "INSERT INTO item (id, name, price) VALUES (?,?,?)" + strings.Repeat(",(?,?,?)", len(part)-1)
		if _, err := db.ExecContext(ctx, text, args...); err != nil {
			return err
		}
	}
	return nil
}

// loadTx is a transaction, which is one request.
func loadTx(ctx context.Context, db *sql.DB, items []item) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, it := range items {
		if _, err := tx.ExecContext(ctx, "INSERT INTO item (id, name, price) VALUES (?,?,?)", it.ID, it.Name, it.Price); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// loadBatch is a d1.Batch, which is one request.
func loadBatch(ctx context.Context, db *sql.DB, items []item) error {
	var batch d1.Batch
	for _, it := range items {
		batch.Add("INSERT INTO item (id, name, price) VALUES (?,?,?)", it.ID, it.Name, it.Price)
	}
	_, err := batch.Exec(ctx, db)
	return err
}

// loadImport uploads a file of SQL, which D1 runs; the database answers no
// queries meanwhile.
func loadImport(ctx context.Context, db *sql.DB, items []item) error {
	const perStatement = 500
	var file bytes.Buffer
	fmt.Fprintf(&file, "-- %s\n", rand.Text()) // D1 knows a file that it has had before
	for i, it := range items {
		separator := ",("
		if i%perStatement == 0 {
			if i > 0 {
				file.WriteString(";\n")
			}
			separator = "INSERT INTO item (id, name, price) VALUES ("
		}
		fmt.Fprintf(&file, "%s%d,'%s',%g)", separator, it.ID, strings.ReplaceAll(it.Name, "'", "''"), it.Price)
	}
	client, err := extras.FromDB(db)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Import(ctx, bytes.NewReader(file.Bytes()), extras.ImportOptions{})
	return err
}

// loadSingle sends each row by itself.
func loadSingle(ctx context.Context, db *sql.DB, items []item) error {
	for _, it := range items {
		if _, err := db.ExecContext(ctx, "INSERT INTO item (id, name, price) VALUES (?,?,?)", it.ID, it.Name, it.Price); err != nil {
			return err
		}
	}
	return nil
}
