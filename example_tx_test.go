package d1_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/d1go/d1"
)

// A transaction reads its own writes; nobody else sees them before Commit.
func Example_transaction() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE sale (id INTEGER PRIMARY KEY, price REAL)")
	check(err)
	tx, err := db.Begin()
	check(err)
	defer tx.Rollback()
	result, err := tx.Exec("INSERT INTO sale (price) VALUES (?), (?)", 9.5, 12)
	check(err)
	id, err := result.LastInsertId()
	check(err)
	var inside, outside float64
	check(tx.QueryRow("SELECT total(price) FROM sale").Scan(&inside))
	check(db.QueryRow("SELECT total(price) FROM sale").Scan(&outside))
	fmt.Println("last id:", id, "inside:", inside, "outside:", outside)
	check(tx.Commit())
	check(db.QueryRow("SELECT total(price) FROM sale").Scan(&outside))
	fmt.Println("after Commit:", outside)
	// Output:
	// last id: 2 inside: 21.5 outside: 0
	// after Commit: 21.5
}

// Commit fails if what the transaction has read is not true any more. Nothing is
// applied then; RunTx would run it again.
func Example_conflict() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (1)")
	check(err)
	tx, err := db.Begin()
	check(err)
	defer tx.Rollback()
	var n int
	check(tx.QueryRow("SELECT n FROM counter").Scan(&n))
	_, err = db.Exec("UPDATE counter SET n = 10") // somebody else
	check(err)
	_, err = tx.Exec("UPDATE counter SET n = ?", n+1)
	check(err)
	fmt.Println(errors.Is(tx.Commit(), d1.ErrTxConflict))
	check(db.QueryRow("SELECT n FROM counter").Scan(&n))
	fmt.Println(n)
	// Output:
	// true
	// 10
}

// With TxEager a constraint fails where it is violated, for a request each, and the
// transaction goes on.
func ExampleWithTxMode() {
	db, done := openEmulator()
	defer done()
	_, err := db.Exec("CREATE TABLE users (email TEXT UNIQUE)")
	check(err)
	tx, err := db.BeginTx(d1.WithTxMode(context.Background(), d1.TxEager), nil)
	check(err)
	defer tx.Rollback()
	for _, email := range []string{"a@example.com", "a@example.com", "b@example.com"} {
		_, err = tx.Exec("INSERT INTO users VALUES (?)", email)
		fmt.Println(email, "taken:", errors.Is(err, d1.ConstraintUnique))
	}
	check(tx.Commit())
	var n int
	check(db.QueryRow("SELECT count(*) FROM users").Scan(&n))
	fmt.Println(n, "users")
	// Output:
	// a@example.com taken: false
	// a@example.com taken: true
	// b@example.com taken: false
	// 2 users
}

// The function may run several times, if others change what it has read.
func ExampleRunTx() {
	db, done := openEmulator()
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
	db, done := openEmulator()
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
