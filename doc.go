// Package d1 is a database/sql driver for Cloudflare D1 over its HTTP API.
//
// D1 is SQLite run by Cloudflare. Outside Workers it is reached by one HTTP
// request after the other, without connections or sessions. This driver makes
// of that what a Go program expects from a database, and says no, by an error
// that names what to do instead, where that cannot be done.
//
// # Opening
//
//	db, err := sql.Open("d1", "d1://ACCOUNT_ID:API_TOKEN@DATABASE?option=value")
//
// DATABASE is a UUID or a name. A missing account or token is taken from
// CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN. The options are the fields of
// [Config], which names the DSN key of each. A program that has its own
// http.RoundTripper or logger fills a Config and uses [NewConnector] with
// sql.OpenDB. The token is shown by nothing but [Config.FormatDSN].
//
// Opening sends nothing; DB.Ping does. A pool of any size is one HTTP client.
//
// # Types
//
// Arguments reach the engine with the type, value and (missing) affinity that a
// native SQLite driver would have bound, by rewriting placeholders by type:
// integers and bools become ~~? over decimal text, []byte becomes unhex(?),
// time.Time becomes UTC text that sorts and that SQLite's date functions read.
// Floats, strings and nil bind as they are; NaN is NULL, as in SQLite. More than
// 100 arguments, D1's limit, are packed in one. What cannot be sent exactly
// (invalid UTF-8, a uint64 beyond int64, values over 2,000,000 bytes) is an
// error before anything is sent.
//
// Placeholders are ?, ?NNN, :name, @name and $name. With several statements in
// one string, positional arguments are dealt to them in order, and a named one
// goes wherever its name is.
//
// Values come back as int64, float64, string, []byte, time.Time or nil. D1 sends
// numbers as JavaScript does: an integer beyond ±2^53 has been rounded, and is
// returned as float64, so that it does not scan into an integer; select
// CAST(x AS TEXT), which does, exactly. A REAL without fraction arrives as an
// integer, ±Inf as NULL. D1 sends no declared types: ColumnTypes knows what the
// first row tells, and no more.
//
// Text that is a full timestamp is returned as time.Time unless
// Config.RawTime is set (DSN: parse_time=false). On Go 1.27 and later, what
// counts is the destination: a *time.Time, *sql.NullTime or the like is filled
// from any of SQLite's formats with a date, and a *string gets the text as it
// is.
//
// # Statements and rows
//
// Each Exec or Query is one HTTP request, and each request is one transaction:
// several statements in one string are applied all or not at all. A [Batch] does
// the same for statements with arguments of their own.
//
// Rows are read as they arrive. A response that breaks off is an error from
// Rows.Err, never a short result. A query with several statements has a result
// set for each that returns columns, reached by Rows.NextResultSet.
//
// Result.RowsAffected counts rows changed by triggers and cascades too, as D1
// reports it; for several statements it is the sum. Result.LastInsertId is the
// last one's rowid.
//
// Prepare lets the engine check the SQL, by one EXPLAIN per text and Connector.
//
// [WithMeta] gives what D1 reports about each statement: rows read and written,
// which it bills, duration, region. [Config].Trace is called around each request.
//
// D1's limits hold: 30 seconds for a request, 100,000 bytes of SQL for a statement,
// 2,000,000 bytes for a value or row, 100 columns. See
// https://developers.cloudflare.com/d1/platform/limits/
//
// # Transactions
//
// A transaction is optimistic. Exec adds to a log and sends nothing. What the
// program looks at after its first write (rows, RETURNING, RowsAffected,
// LastInsertId) is answered by a dry run: one request that replays the log,
// computes the answer and is rolled back by D1. Commit sends the log as one
// request, in which guards make sure that all that was seen still holds; if not,
// nothing is applied and the error is [ErrTxConflict]. [RunTx] runs a function
// again after a conflict. So transactions are atomic and serializable. See
// docs/transactions.md in the repository for costs, modes and limits.
//
// SAVEPOINT, RELEASE and ROLLBACK TO work inside a transaction. BEGIN, COMMIT and
// ROLLBACK as SQL work on a sql.Conn, which pins the connection. On a sql.DB, BEGIN
// has no effect on what follows: the connection goes back to the pool, which ends
// the transaction. "BEGIN; …; COMMIT" in one string is one atomic request, as every
// string of several statements is.
//
// # Errors
//
// Every error of a request is an [*Error]. SQLite's result codes are errors of
// type [ErrorCode], so that errors.Is(err, d1.ConstraintUnique) works; the
// sentinels Err… tell the other kinds. A context that ended shows as
// context.Canceled or context.DeadlineExceeded.
//
// What failed for a reason that may pass is repeated, up to Config.MaxAttempts
// times, if that cannot apply a write twice. [ErrOutcomeUnknown] marks a write of
// which nobody can know whether it was applied; with Config.Ledger the driver
// finds out.
//
// # Testing
//
// Package [github.com/d1go/d1/extras/d1test] is a D1 inside a test. Package
// [github.com/d1go/d1/extras] has the rest of the D1 API.
package d1
