package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every byte value at every place within and behind the words that plainRun looks at.
func TestPlainRun(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			for length := at + 1; length < 20; length++ {
				b := make([]byte, length)
				for i := range b {
					b[i] = ' ' + byte(i) + 4 // neither quote nor backslash
				}
				b[at] = byte(c)
				n, nonASCII := plainRun(b)
				if c == '"' || c == '\\' || c < ' ' {
					require.Equal(t, at, n, "%q", b)
					require.Zero(t, nonASCII, "%q", b)
				} else {
					require.Equal(t, length, n, "%q", b)
					require.Equal(t, c >= 0x80, nonASCII != span{}, "%q", b)
					require.Equal(t, c >= 0x80, nonASCII.from <= at && at < nonASCII.to && nonASCII.to <= length, "%q", b)
				}
			}
		}
	}
	// What is behind the end doesn't count.
	n, nonASCII := plainRun([]byte("ab\"\xff\xff\xff\xff\xff"))
	require.Equal(t, 2, n)
	require.Zero(t, nonASCII)
}
