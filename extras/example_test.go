package extras_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras"
	"github.com/d1go/d1/internal/emulator"
)

// startEmulator starts an emulator for one example, with one database. A program
// of yours leaves Endpoint empty.
func startEmulator() (cfg d1.Config, stop func()) {
	api, err := emulator.New(emulator.Options{})
	check(err)
	_, err = api.CreateDatabase("example")
	check(err)
	server := httptest.NewServer(api)
	cfg = d1.Config{AccountID: "local", APIToken: "local", Database: "example", Endpoint: server.URL + emulator.BasePath}
	return cfg, func() { server.Close(); api.Close() }
}

// openEmulator opens a database of an emulator for one example. A program opens its
// own: sql.Open("d1", "d1://ACCOUNT_ID:API_TOKEN@DATABASE").
func openEmulator() (db *sql.DB, done func()) {
	cfg, stop := startEmulator()
	db, err := sql.Open("d1", cfg.FormatDSN())
	check(err)
	return db, func() { db.Close(); stop() }
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A client of one's own needs no database for what concerns the account.
func ExampleOpen() {
	cfg, stop := startEmulator() // yours has AccountID and APIToken
	defer stop()
	cfg.Database = ""
	client, err := extras.Open(cfg)
	check(err)
	defer client.Close()

	ctx := context.Background()
	created, err := client.Create(ctx, "new-db", extras.CreateOptions{Location: extras.WesternEurope})
	check(err)
	found, err := client.Get(ctx, "new-db")
	check(err)
	fmt.Println(found.Name, found.UUID == created.UUID)
	check(client.Delete(ctx, "new-db"))
	_, err = client.Get(ctx, "new-db")
	fmt.Println(errors.Is(err, d1.ErrDatabaseNotFound))
	// Output:
	// new-db true
	// true
}

// FromDB needs no configuration of its own.
func ExampleFromDB() {
	db, done := openEmulator()
	defer done()
	client, err := extras.FromDB(db)
	check(err)
	id, err := client.DatabaseID(context.Background())
	check(err)
	fmt.Println(len(id), "characters")
	// Output: 36 characters
}

// Raw has the answer of one request in memory, with types as D1 sent them.
func ExampleClient_Raw() {
	db, done := openEmulator()
	defer done()
	client, err := extras.FromDB(db)
	check(err)
	results, err := client.Raw(context.Background(),
		extras.Statement{SQL: "CREATE TABLE city (name TEXT, visits INTEGER)"},
		extras.Statement{SQL: "INSERT INTO city VALUES (?, ?), (?, ?)", Args: []any{"Porto", 3, "Faro", nil}},
		extras.Statement{SQL: "SELECT * FROM city"})
	check(err)
	fmt.Println(results[1].Meta.Changes, "changes")
	fmt.Println(results[2].Columns, results[2].Rows)
	// Output:
	// 2 changes
	// [name visits] [[Porto 3] [Faro <nil>]]
}

// A dump to a file, and back into another database.
func ExampleClient_ExportFile() {
	cfg, stop := startEmulator()
	defer stop()
	client, err := extras.Open(cfg)
	check(err)
	defer client.Close()
	ctx := context.Background()
	_, err = client.Raw(ctx, extras.Statement{SQL: "CREATE TABLE city (name TEXT); INSERT INTO city VALUES ('Porto')"})
	check(err)

	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "dump.sql")
	var phase extras.Phase
	exported, err := client.ExportFile(ctx, path, extras.ExportOptions{
		Progress: func(p extras.Progress) {
			if p.Phase != phase {
				phase = p.Phase
				fmt.Println(phase)
			}
		},
	})
	check(err)

	_, err = client.Create(ctx, "copy", extras.CreateOptions{})
	check(err)
	cfg.Database = "copy"
	other, err := extras.Open(cfg)
	check(err)
	defer other.Close()
	imported, err := other.ImportFile(ctx, path, extras.ImportOptions{})
	check(err)
	fmt.Println(imported.NumQueries, "statements,", imported.Bytes == exported.Bytes)
	// Output:
	// export
	// download
	// 3 statements, true
}

func ExampleClient_Export() {
	db, done := openEmulator()
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
	db, done := openEmulator()
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
	db, done := openEmulator()
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
	db, done := openEmulator()
	defer done()
	client, err := extras.FromDB(db)
	check(err)
	for database, err := range client.List(context.Background(), extras.ListOptions{}) {
		check(err)
		fmt.Println(database.Name)
	}
	// Output: example
}
