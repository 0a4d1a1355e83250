// Package wire is the JSON of D1's /raw endpoint: an encoder of requests and a streaming decoder of responses.
package wire

// What a [Decoder] accepts. D1 itself allows 2,000,000 bytes per value and per row, and 100 columns.
const (
	MaxCell    = 16 << 20 // bytes of one decoded text or BLOB, keys and messages included
	MaxRow     = 64 << 20 // bytes held at once: a row, "meta", or all "rows" if they precede "columns"
	MaxColumns = 32767    // SQLite's hard limit
	MaxDepth   = 512      // levels of nesting inside a value that is skipped
	MaxNumber  = 1024     // bytes of one number; JavaScript writes at most 25
	MaxErrors  = 1000     // entries of "errors" and of "messages"
)
