//go:build race

package d1_test

// rounds is how many transactions a concurrency test commits, and largeRead how many
// rows a large read has: SQLite in Go is ten times slower under the race detector.
const (
	rounds    = 300
	largeRead = 5_000
)
