//go:build !race

package d1_test

// rounds is how many transactions a concurrency test commits, and largeRead how many
// rows a large read has.
const (
	rounds    = 3000
	largeRead = 50_000
)
