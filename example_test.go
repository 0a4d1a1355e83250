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

// exampleDB is a database of the emulator for one example. A program opens its
// own: sql.Open("d1", "d1://ACCOUNT_ID:API_TOKEN@DATABASE").
func exampleDB() (db *sql.DB, done func()) {
	tb := &exampleTB{}
	db, err := sql.Open("d1", d1test.New(tb).DSN())
	if err != nil {
		log.Fatal(err)
	}
	return db, func() { db.Close(); tb.end() }
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
	db, done := exampleDB()
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

func ExampleBatch() {
	db, done := exampleDB()
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

func ExampleRunTx() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.Exec("CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (41)")
	check(err)
	err = d1.RunTx(ctx, db, nil, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT n FROM counter").Scan(&n); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE counter SET n = ?", n+1)
		return err
	})
	check(err)
	var n int
	check(db.QueryRow("SELECT n FROM counter").Scan(&n))
	fmt.Println(n)
	// Output: 42
}

// Savepoints are SQL in a transaction, as ORMs send them for nested ones.
func Example_savepoint() {
	db, done := exampleDB()
	defer done()
	_, err := db.Exec("CREATE TABLE t (name TEXT)")
	check(err)
	tx, err := db.Begin()
	check(err)
	for _, query := range []string{
		"INSERT INTO t VALUES ('kept')",
		"SAVEPOINT try",
		"INSERT INTO t VALUES ('dropped')",
		"ROLLBACK TO try",
		"RELEASE try",
	} {
		_, err := tx.Exec(query)
		check(err)
	}
	check(tx.Commit())
	var names string
	check(db.QueryRow("SELECT group_concat(name) FROM t").Scan(&names))
	fmt.Println(names)
	// Output: kept
}

// D1 takes 100 parameters; the driver packs more of them in one.
func Example_manyIDs() {
	db, done := exampleDB()
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
	db, done := exampleDB()
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
	db, done := exampleDB()
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
	db, done := exampleDB()
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
	db, done := exampleDB()
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

func ExampleWithMeta() {
	db, done := exampleDB()
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
