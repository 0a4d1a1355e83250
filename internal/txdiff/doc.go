// Package txdiff holds only tests: it runs random transactions through this
// driver and through a native SQLite driver and wants the same rows, results and
// errors from both, and the same database afterwards.
//
// What a native driver shows at a statement, tx=eager shows there too. In
// tx=lazy an error shows at the next answer, so the test asks for one as soon as
// the native driver has failed.
package txdiff
