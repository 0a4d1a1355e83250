// Package wire is the JSON of D1's /raw endpoint: an encoder of requests and a streaming decoder of responses.
//
// # Responses
//
// A response is an envelope around results:
//
//	{"result": [{"results": {"columns": ["id"], "rows": [[1], [2]]}, "success": true, "meta": {…}}, …],
//	 "success": true, "errors": [], "messages": []}
//
// [Decoder] pulls results and rows out of it while it arrives, and holds one row at a time.
//
// Keys may come in any order. Only if "rows" precede "columns" must all of them be held before the first one can be
// returned. Keys that aren't known are skipped; a key that is known and comes twice in one object is a
// [*SyntaxError]. "result" and "results" may be null or missing, "result" also an object, as it is beside errors.
// "success" may not be missing from the envelope, but it may from a result.
//
// Numbers are exact: integers that fit an int64 are [Int], everything else is the nearest [Float]; beyond that is an
// error, not an infinity. Strings become valid UTF-8 in the way of encoding/json: a surrogate without partner and
// each byte that isn't UTF-8 turn into U+FFFD. Arrays of integers 0 to 255 are [Blob]; other arrays, and objects,
// are no cells. Rows that are skipped, by NextResult or Finish, are checked for JSON syntax only.
//
// # Errors
//
// [*TruncatedError] (io.ErrUnexpectedEOF) means that the response ended too soon, [*SyntaxError] that it is no answer
// of /raw, [*LimitError] that a part of it is too large, and [*Failure] that the server says no. Other errors are the
// reader's, wrapped. No prefix of a response passes for a response: the end of the last result is only reported when
// the envelope has been read to its end. What the reader says after that end is of no consequence, but more data is.
//
// # Speed
//
// Decoding takes no memory per row or cell. Measured beside encoding/json into [][]any and beside a loop that only
// looks for the ends of strings and numbers and boxes something of their size, without checking or decoding it
// ("floor"); boxing every cell into an any is included in all of them. Least of 8 runs of
// "go test -run '^$' -bench . -benchtime 0.5s ./internal/wire", Go 1.26, amd64, 2 cores:
//
//	                          wire      encoding/json      floor
//	100,000 rows × 8 columns  58.8 ms   203 ms  (3.5 ×)    27.9 ms (0.48 ×)
//	 without boxing           25.1 ms
//	BLOB of 1 MB              5.7 ms    144 ms  (25 ×)     6.8 ms  (1.2 ×)
//	one row                   1.5 µs    5.3 µs  (3.4 ×)    0.9 µs  (0.57 ×)
package wire

// What a [Decoder] accepts. D1 itself allows 2,000,000 bytes per value and per row, and 100 columns.
const (
	MaxCell    = 16 << 20 // bytes of one text or BLOB, decoded; also of keys, column names and messages
	MaxRow     = 64 << 20 // bytes held at once: a row, "meta", or all "rows" if they precede "columns"
	MaxColumns = 32767    // SQLite's hard limit
	MaxDepth   = 512      // levels of nesting inside a value that is skipped
	MaxNumber  = 1024     // bytes of one number; JavaScript writes at most 25
	MaxErrors  = 1000     // entries of "errors" and of "messages"
)
