// Package conformance holds only tests: it sends one table of HTTP requests to
// the real D1 engine and to the emulator and wants the same answers from both,
// byte by byte where rows are concerned.
//
// A scenario is a list of requests to one new database. What is compared of
// every answer: the HTTP status, error codes and messages, the cf-d1 header,
// the text of results as sent, and changes, last_row_id and changed_db of
// meta. Durations, sizes and row counts for billing are not compared.
//
// What can't be equal is in exceptions_test.go, with the reason.
package conformance
