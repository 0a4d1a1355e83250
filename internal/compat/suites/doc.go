// Package suites runs the test suites that libraries ship over driver d1, on the
// emulator and on the real engine. A suite is copied from the module cache, at the
// version of go.mod, and built with stand-ins for the SQLite drivers that it opens:
// package sqlite3, which opens databases of a D1 server instead.
//
// What does not pass is listed by test in a file of the suite's name, with a
// cause. A test that fails and is not listed, and a listed one that passes or is
// gone, fails this package's tests.
package suites
