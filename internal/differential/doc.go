// Package differential holds only tests: the same SQL with the same Go arguments
// runs through a native SQLite driver of database/sql (modernc.org/sqlite) and
// through this driver, and rows, Go types, column names and errors must agree.
//
// Who serves the HTTP API does not matter to a check: the emulator gets all of
// them, the real engine a sample. What may differ is in differences_test.go,
// and nowhere else.
package differential
