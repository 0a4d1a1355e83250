package d1_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// startEmulator starts an emulator for one example.
func startEmulator() (dsn string, stop func()) {
	tb := &exampleTB{}
	return d1test.New(tb).DSN(), tb.end
}

// openEmulator opens a database of an emulator for one example. A program opens its
// own: sql.Open("d1", "d1://ACCOUNT_ID:API_TOKEN@DATABASE").
func openEmulator() (db *sql.DB, done func()) {
	dsn, stop := startEmulator()
	db, err := sql.Open("d1", dsn)
	check(err)
	return db, func() { db.Close(); stop() }
}

// exampleTB lets d1test run where there is no test.
type exampleTB struct {
	testing.TB
	cleanups []func()
}

func (tb *exampleTB) Helper()                   {}
func (tb *exampleTB) Cleanup(f func())          { tb.cleanups = append(tb.cleanups, f) }
func (tb *exampleTB) Context() context.Context  { return context.Background() }
func (tb *exampleTB) Fatalf(f string, a ...any) { log.Fatalf(f, a...) }
func (tb *exampleTB) Errorf(f string, a ...any) { log.Printf(f, a...) }
func (tb *exampleTB) end() {
	for i := len(tb.cleanups) - 1; i >= 0; i-- {
		tb.cleanups[i]()
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func Example() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
	check(err)
	result, err := db.Exec("INSERT INTO users (name) VALUES (?), (?)", "Ada", "Grace")
	check(err)
	n, err := result.RowsAffected()
	check(err)
	fmt.Println(n, "rows")
	rows, err := db.Query("SELECT id, name FROM users ORDER BY id")
	check(err)
	defer rows.Close()
	for rows.Next() {
		var id int64
		var name string
		check(rows.Scan(&id, &name))
		fmt.Println(id, name)
	}
	check(rows.Err())
	// Output:
	// 2 rows
	// 1 Ada
	// 2 Grace
}

// Open parses the DSN and sends nothing; Ping shows whether the database can be
// reached.
func Example_open() {
	dsn, stop := startEmulator() // yours is d1://ACCOUNT_ID:API_TOKEN@DATABASE?tx=eager
	defer stop()
	db, err := sql.Open("d1", dsn+"&tx=eager")
	check(err)
	defer db.Close()
	check(db.Ping())

	_, err = sql.Open("d1", "d1://ACCOUNT_ID:API_TOKEN@my-database?tx=quick")
	fmt.Println(err)
	fmt.Println(errors.Is(err, d1.ErrInvalidConfig))
	// Output:
	// d1: invalid DSN: option tx="quick": want lazy, eager, queue
	// true
}

func ExampleParseDSN() {
	cfg, err := d1.ParseDSN("d1://0123456789abcdef0123456789abcdef:p%40ss@my-database?parse_time=false")
	check(err)
	fmt.Println(cfg.Database, cfg.RawTime, cfg.MaxAttempts)
	fmt.Println(cfg) // never shows the token
	fmt.Println(cfg.FormatDSN())
	// Output:
	// my-database true 4
	// d1://0123456789abcdef0123456789abcdef:xxxxx@my-database?parse_time=false
	// d1://0123456789abcdef0123456789abcdef:p%40ss@my-database?parse_time=false
}

// A Config has what a DSN can't hold: a transport, a logger, a trace.
func ExampleNewConnector() {
	connector, err := d1.NewConnector(d1.Config{
		AccountID: "0123456789abcdef0123456789abcdef",
		APIToken:  "secret",
		Database:  "my-database",
		Tx:        d1.TxEager,
	})
	check(err)
	db := sql.OpenDB(connector)
	defer db.Close()
	fmt.Println(connector)
	// Output: d1.Connector(d1://0123456789abcdef0123456789abcdef:xxxxx@my-database?tx=eager)
}

// A batch is one request, and one transaction: a constraint that fails undoes all of it.
func ExampleBatch() {
	db, done := openEmulator()
	defer done()
	ctx := context.Background()
	results, err := new(d1.Batch).
		Add("CREATE TABLE account (name TEXT PRIMARY KEY, balance INTEGER CHECK (balance >= 0))").
		Add("INSERT INTO account VALUES (?, ?)", "a", 100).
		Add("INSERT INTO account VALUES (?, ?)", "b", 0).
		Exec(ctx, db)
	check(err)
	fmt.Println(len(results), "statements, one request")

	_, err = new(d1.Batch).
		Add("UPDATE account SET balance = balance + ? WHERE name = ?", 150, "b").
		Add("UPDATE account SET balance = balance - ? WHERE name = ?", 150, "a").
		Exec(ctx, db)
	fmt.Println(errors.Is(err, d1.ConstraintCheck), err)

	var total int
	check(db.QueryRow("SELECT balance FROM account WHERE name = 'b'").Scan(&total))
	fmt.Println("b has", total)
	// Output:
	// 3 statements, one request
	// true d1: CHECK constraint failed: balance >= 0: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)
	// b has 0
}

// D1 takes 100 parameters; the driver packs more of them in one.
func Example_manyIDs() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY);
		INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n`)
	check(err)
	ids := make([]int, 2000)
	for i := range ids {
		ids[i] = 2 * (i + 1)
	}
	query, args, err := sqlx.In("SELECT count(*) FROM t WHERE id IN (?)", ids)
	check(err)
	var found int
	check(db.QueryRow(query, args...).Scan(&found))
	fmt.Println(found)
	// Output: 2000
}

// Many rows travel best as one JSON array, unpacked by the engine.
func Example_bulkInsert() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT)")
	check(err)
	cities := `[[1, "Lisboa"], [2, "Porto"], [3, "Faro"]]`
	result, err := db.Exec(`INSERT INTO city (id, name)
		SELECT value ->> 0, value ->> 1 FROM json_each(?)`, cities)
	check(err)
	n, err := result.RowsAffected()
	check(err)
	fmt.Println(n, "rows")
	// Output: 3 rows
}

func Example_time() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE event (at DATETIME)")
	check(err)
	zone := time.FixedZone("", 2*60*60)
	_, err = db.Exec("INSERT INTO event VALUES (?)", time.Date(2026, 11, 21, 10, 30, 0, 500_000_000, zone))
	check(err)
	var at time.Time
	check(db.QueryRow("SELECT at FROM event").Scan(&at))
	fmt.Println(at)
	var day string
	check(db.QueryRow("SELECT strftime('%d.%m.%Y', at) FROM event").Scan(&day))
	fmt.Println(day)
	// Output:
	// 2026-11-21 08:30:00.5 +0000 UTC
	// 21.11.2026
}

// An integer beyond 2^53 is stored exactly, and read exactly as text.
func Example_bigInteger() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY)")
	check(err)
	_, err = db.Exec("INSERT INTO t VALUES (?)", int64(9007199254740993))
	check(err)
	var id int64
	err = db.QueryRow("SELECT id FROM t").Scan(&id)
	fmt.Println("as a number:", err != nil)
	check(db.QueryRow("SELECT CAST(id AS TEXT) FROM t").Scan(&id))
	fmt.Println("as text:", id)
	// Output:
	// as a number: true
	// as text: 9007199254740993
}

func ExampleError() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE users (email TEXT UNIQUE); INSERT INTO users VALUES ('a@example.com')")
	check(err)
	_, err = db.Exec("INSERT INTO users VALUES (?)", "a@example.com")
	fmt.Println(errors.Is(err, d1.ConstraintUnique))
	var e *d1.Error
	if errors.As(err, &e) {
		message, _, _ := strings.Cut(e.Message, ": SQLITE")
		fmt.Println(message, e.Code, e.Outcome)
	}
	// Output:
	// true
	// UNIQUE constraint failed: users.email SQLite result code 19 refused
}

// Query gives the rows of all statements that have any, in their order.
func ExampleBatch_Query() {
	db, done := openEmulator()
	defer done()
	rows, err := new(d1.Batch).
		Add("CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT)").
		Add("INSERT INTO city (name) VALUES (?), (?) RETURNING id", "Lisboa", "Porto").
		Add("SELECT name FROM city WHERE name > :from", sql.Named("from", "M")).
		Query(context.Background(), db)
	check(err)
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			var value any
			check(rows.Scan(&value))
			fmt.Println(value)
		}
	}
	check(rows.Err())
	// Output:
	// 1
	// 2
	// Porto
}

// Placeholders may have names, and numbers.
func Example_namedArguments() {
	db, done := openEmulator()
	defer done()
	var name string
	check(db.QueryRow("SELECT :first || ' ' || :last", sql.Named("last", "Lovelace"), sql.Named("first", "Ada")).Scan(&name))
	fmt.Println(name)
	check(db.QueryRow("SELECT ?2 || ' ' || ?1", "Hopper", "Grace").Scan(&name))
	fmt.Println(name)
	// Output:
	// Ada Lovelace
	// Grace Hopper
}

// SQLite's result codes are errors: those of its constraints, and the primary codes.
func ExampleErrorCode() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY);
		CREATE TABLE child (parent_id INTEGER NOT NULL REFERENCES parent (id))`)
	check(err)
	_, err = db.Exec("INSERT INTO child VALUES (1)")
	fmt.Println(errors.Is(err, d1.ConstraintForeignKey), errors.Is(err, d1.CodeConstraint))
	_, err = db.Exec("INSERT INTO child VALUES (NULL)")
	fmt.Println(errors.Is(err, d1.ConstraintForeignKey), errors.Is(err, d1.ConstraintNotNull))
	// Output:
	// true true
	// false true
}

// A trace is called around each request, such as to count and time them.
func ExampleTrace() {
	dsn, stop := startEmulator()
	defer stop()
	cfg, err := d1.ParseDSN(dsn)
	check(err)
	cfg.Trace = &d1.Trace{
		End: func(_ context.Context, r d1.TraceRequest, result d1.TraceResult) {
			fmt.Println(r.Kind, r.Statements, "attempts:", result.Attempts, "error:", result.Err)
		},
	}
	connector, err := d1.NewConnector(*cfg)
	check(err)
	db := sql.OpenDB(connector)
	defer db.Close()
	_, err = db.Exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
	check(err)
	_, err = db.Exec("INSERT INTO nope VALUES (1)")
	fmt.Println(err != nil)
	// Output:
	// BATCH 2 attempts: 1 error: <nil>
	// INSERT 1 attempts: 1 error: d1: no such table: nope: SQLITE_ERROR
	// true
}

// D1 reports what each statement cost.
func ExampleWithMeta() {
	db, done := openEmulator()
	defer done()
	ctx := d1.WithMeta(context.Background(), func(m d1.Meta) {
		fmt.Println("changes:", m.Changes, "altered:", m.ChangedDB)
	})
	_, err := db.ExecContext(ctx, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
	check(err)
	// Output:
	// changes: 0 altered: true
	// changes: 2 altered: true
}
