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
// Why this is own code: measured beside the libraries it could be built on, of which the last two
// hold the whole result. 100,000 rows × 8 columns, every cell boxed into an any;
// medians of 6 rounds of CPU time, Go 1.26, amd64, 2 cores ("internal/bench/run.sh Decoders 6"):
//
//	wire             76 ms             21 MiB allocated
//	sonic           139 ms  (1.8 ×)   115 MiB
//	jsontext        143 ms  (1.9 ×)    27 MiB
//	jx              146 ms  (1.9 ×)    49 MiB
//	encoding/json   387 ms  (5.1 ×)   101 MiB
//
// Boxing is most of that: decoding alone takes no memory per row or cell, and four tenths of the time. A BLOB of 1 MB takes 6.6 ms,
// and encoding/json 159 ms (least of 6 runs of "go test -run '^$' -bench . -benchtime 0.3s ./internal/wire").
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
