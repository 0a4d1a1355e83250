// Command quickstart is a tour of the driver: a schema, data, queries with
// database/sql and with sqlx, a batch and a transaction, and what it cost.
//
// It runs against an emulator inside the program, or against the database of
// D1_DSN. With an SQL file as argument it loads that instead of its own data.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/jmoiron/sqlx"

	"github.com/d1go/d1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		stop()
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) error {
	dsn := os.Getenv("D1_DSN")
	if dsn == "" {
		emulator, err := startEmulator()
		if err != nil {
			return err
		}
		defer emulator.close()
		dsn = emulator.dsn
		fmt.Println("Database: the embedded emulator (set D1_DSN for a real one)")
	}
	db, err := sql.Open("d1", dsn)
	if err != nil {
		return err
	}
	defer db.Close()

	// Every statement's cost, in D1's own numbers.
	var cost struct{ statements, read, written int64 }
	ctx = d1.WithMeta(ctx, func(m d1.Meta) {
		cost.statements++
		cost.read += m.RowsRead
		cost.written += m.RowsWritten
	})

	if len(args) > 0 {
		err = loadFile(ctx, db, args[0])
	} else {
		err = tour(ctx, db)
	}
	if err != nil {
		return err
	}
	fmt.Printf("Cost: %d statements, %d rows read, %d rows written\n", cost.statements, cost.read, cost.written)
	return nil
}

// loadFile loads a dump of the Chinook sample database in one call, and asks it
// something.
func loadFile(ctx context.Context, db *sql.DB, name string) error {
	script, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	result, err := db.ExecContext(ctx, string(script))
	if err != nil {
		return fmt.Errorf("loading %s: %w", name, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	fmt.Printf("Loaded %s in one request: %d rows\n", name, n)
	return topArtists(ctx, db, `
		SELECT Artist.Name AS name, round(sum(InvoiceLine.UnitPrice * InvoiceLine.Quantity), 2) AS sales
		FROM InvoiceLine
		JOIN Track ON Track.TrackId = InvoiceLine.TrackId
		JOIN Album ON Album.AlbumId = Track.AlbumId
		JOIN Artist ON Artist.ArtistId = Album.ArtistId
		GROUP BY Artist.ArtistId ORDER BY sales DESC LIMIT ?`)
}

// topArtists reads into structs with sqlx.
func topArtists(ctx context.Context, db *sql.DB, query string) error {
	var top []struct {
		Name  string
		Sales float64
	}
	if err := sqlx.NewDb(db, "sqlite3").SelectContext(ctx, &top, query, 3); err != nil {
		return err
	}
	fmt.Println("Best-selling artists:")
	for i, artist := range top {
		fmt.Printf("%d. %-14s %8.2f\n", i+1, artist.Name, artist.Sales)
	}
	return nil
}

func tour(ctx context.Context, db *sql.DB) error {
	// A schema. Several statements in one string are one request, all or nothing.
	_, err := db.ExecContext(ctx, `
		DROP TABLE IF EXISTS quickstart_sale;
		DROP TABLE IF EXISTS quickstart_artist;
		CREATE TABLE quickstart_artist (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
		CREATE TABLE quickstart_sale (
			artist_id INTEGER NOT NULL REFERENCES quickstart_artist (id),
			price REAL NOT NULL,
			at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)`)
	if err != nil {
		return err
	}
	fmt.Println("Schema: 2 tables")

	// A batch: many statements in one atomic request.
	batch := new(d1.Batch)
	for _, name := range []string{"Iron Maiden", "U2", "Metallica", "Nobody"} {
		batch.Add("INSERT INTO quickstart_artist (name) VALUES (?)", name)
	}
	results, err := batch.Exec(ctx, db)
	if err != nil {
		return err
	}
	fmt.Printf("Batch: %d statements in one request\n", len(results))

	// A transaction that reads its own writes. Nothing of it is visible, or
	// lasting, before Commit.
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for id, prices := range map[int][]float64{1: {9.9, 4.5}, 2: {8.25}, 3: {3, 2.5}} {
		for _, price := range prices {
			if _, err := tx.ExecContext(ctx, "INSERT INTO quickstart_sale (artist_id, price) VALUES (?, ?)", id, price); err != nil {
				return err
			}
		}
	}
	var inside, outside int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM quickstart_sale").Scan(&inside); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM quickstart_sale").Scan(&outside); err != nil {
		return err
	}
	fmt.Printf("Transaction: %d sales seen inside, %d outside before Commit\n", inside, outside)
	if err := tx.Commit(); err != nil {
		return err
	}

	return topArtists(ctx, db, `
		SELECT name, sum(price) AS sales FROM quickstart_artist JOIN quickstart_sale ON artist_id = id
		GROUP BY id ORDER BY sales DESC LIMIT ?`)
}
