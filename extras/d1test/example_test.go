package d1test_test

import (
	"database/sql"
	"testing"

	_ "github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

func ExampleNew() {
	// In a test of yours:
	_ = func(t *testing.T) {
		server := d1test.New(t)
		db, err := sql.Open("d1", server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("CREATE TABLE users (name TEXT)"); err != nil {
			t.Fatal(err)
		}
		if n := len(server.Requests()); n != 1 {
			t.Errorf("%d requests", n)
		}
	}
}
