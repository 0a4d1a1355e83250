package extras_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras"
	"github.com/d1go/d1/internal/emulator"
)

// exampleDB is a database of the emulator for one example. A program opens its
// own: sql.Open("d1", "d1://ACCOUNT_ID:API_TOKEN@DATABASE").
func exampleDB() (db *sql.DB, done func()) {
	api, err := emulator.New(emulator.Options{})
	check(err)
	_, err = api.CreateDatabase("example")
	check(err)
	server := httptest.NewServer(api)
	db, err = sql.Open("d1", d1.Config{
		AccountID: "local", APIToken: "local", Database: "example", Endpoint: server.URL + emulator.BasePath,
	}.FormatDSN())
	check(err)
	return db, func() { db.Close(); server.Close(); api.Close() }
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleClient_Export() {
	db, done := exampleDB()
	defer done()
	_, err := db.Exec("CREATE TABLE city (name TEXT); INSERT INTO city VALUES ('Porto')")
	check(err)

	client, err := extras.FromDB(db)
	check(err)
	_, err = client.Export(context.Background(), os.Stdout, extras.ExportOptions{})
	check(err)
	// Output:
	// PRAGMA defer_foreign_keys=TRUE;
	// CREATE TABLE city (name TEXT);
	// INSERT INTO "city" VALUES('Porto');
}

func ExampleClient_Import() {
	db, done := exampleDB()
	defer done()
	client, err := extras.FromDB(db)
	check(err)
	result, err := client.Import(context.Background(), strings.NewReader(`
		CREATE TABLE city (name TEXT);
		INSERT INTO city VALUES ('Porto'), ('Faro');`), extras.ImportOptions{})
	check(err)
	fmt.Println(result.NumQueries, "statements")
	var n int
	check(db.QueryRow("SELECT count(*) FROM city").Scan(&n))
	fmt.Println(n, "cities")
	// Output:
	// 2 statements
	// 2 cities
}

// Restore goes back to an earlier state, and back again.
func ExampleClient_Restore() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()
	_, err := db.Exec("CREATE TABLE city (name TEXT); INSERT INTO city VALUES ('Porto')")
	check(err)
	client, err := extras.FromDB(db)
	check(err)
	before, err := client.Bookmark(ctx)
	check(err)

	_, err = db.Exec("DELETE FROM city")
	check(err)
	restored, err := client.Restore(ctx, extras.RestoreOptions{Bookmark: before})
	check(err)
	var n int
	check(db.QueryRow("SELECT count(*) FROM city").Scan(&n))
	fmt.Println("restored:", n)

	_, err = client.Restore(ctx, extras.RestoreOptions{Bookmark: restored.PreviousBookmark})
	check(err)
	check(db.QueryRow("SELECT count(*) FROM city").Scan(&n))
	fmt.Println("undone:", n)
	// Output:
	// restored: 1
	// undone: 0
}

func ExampleClient_List() {
	db, done := exampleDB()
	defer done()
	client, err := extras.FromDB(db)
	check(err)
	for database, err := range client.List(context.Background(), extras.ListOptions{}) {
		check(err)
		fmt.Println(database.Name)
	}
	// Output: example
}
