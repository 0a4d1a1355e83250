package d1test_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// exampleT stands in for the *testing.T of a test.
type exampleT struct {
	testing.TB
	cleanups []func()
}

func (t *exampleT) Helper()                   {}
func (t *exampleT) Cleanup(f func())          { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) Context() context.Context  { return context.Background() }
func (t *exampleT) Fatal(a ...any)            { log.Fatal(a...) }
func (t *exampleT) Fatalf(f string, a ...any) { log.Fatalf(f, a...) }
func (t *exampleT) Errorf(f string, a ...any) { log.Printf(f, a...) }
func (t *exampleT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

func ExampleNew() {
	t := &exampleT{} // in a test of yours, its *testing.T
	defer t.end()

	server := d1test.New(t)
	db, err := sql.Open("d1", server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE users (name TEXT UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("INSERT INTO users VALUES ('Ada'), ('Ada')")
	fmt.Println(errors.Is(err, d1.ConstraintUnique))
	// Output: true
}

// Requests shows what a program costs, and what it asks.
func ExampleServer_Requests() {
	t := &exampleT{} // in a test of yours, its *testing.T
	defer t.end()

	server := d1test.New(t)
	db, err := sql.Open("d1", server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users (name) VALUES ('Ada')"); err != nil {
		t.Fatal(err)
	}
	server.Reset()
	var name string
	if err := db.QueryRow("SELECT name FROM users WHERE id = ?", 1).Scan(&name); err != nil {
		t.Fatal(err)
	}
	for _, r := range server.Requests() {
		for _, s := range r.Statements {
			fmt.Println(s.SQL, s.Params)
		}
	}
	// Output: SELECT name FROM users WHERE id = ~~? [1]
}

// A wrapper breaks things on purpose: here, the answer to every write is lost.
func ExampleWrap() {
	t := &exampleT{} // in a test of yours, its *testing.T
	defer t.end()

	server := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			w.WriteHeader(http.StatusBadGateway)
		})
	}))
	db, err := sql.Open("d1", server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec("CREATE TABLE users (name TEXT)")
	fmt.Println("unknown:", errors.Is(err, d1.ErrOutcomeUnknown))
	fmt.Println(len(server.Requests()), "request") // a write is not sent again
	// Output:
	// unknown: true
	// 1 request
}
