//go:build race

package txdiff

import "flag"

// SQLite in Go is ten times slower under the race detector, which has little to
// find here: one goroutine uses one connection.
func init() {
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
}
