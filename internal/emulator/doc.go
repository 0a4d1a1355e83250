// Package emulator is the D1 part of Cloudflare's HTTP API as an [http.Handler], over SQLite in this process.
//
// It behaves as the engine does, including what hurts: numbers bind as REAL, integers beyond 2^53 leave rounded, one
// request is one transaction, and what D1 refuses is refused in the same words. README.md lists what it doesn't emulate.
//
// The SQLite is modernc.org/sqlite/lib, through the small binding in package sqlite3: its FTS5 and double-quoted
// strings are on like D1's, and nothing of what the emulation needs is hidden (error offsets, extended codes, the
// authorizer, limits, duplicate column names).
package emulator
