package api

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBodyAfterRelease: the transport may look for more after the response has
// begun. It must then find the end, not an error.
func TestBodyAfterRelease(t *testing.T) {
	whole := &requestBody{data: []byte("abc")}
	n, err := whole.Read(make([]byte, 8))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.True(t, whole.release())
	_, err = whole.Read(make([]byte, 8))
	require.ErrorIs(t, err, io.EOF)

	cut := &requestBody{data: []byte("abc")}
	_, err = cut.Read(make([]byte, 2))
	require.NoError(t, err)
	require.True(t, cut.release())
	_, err = cut.Read(make([]byte, 8))
	require.ErrorIs(t, err, errBodyReleased)
	require.True(t, cut.release())

	unread := &requestBody{data: []byte("abc")}
	require.False(t, unread.release())
	_, err = unread.Read(make([]byte, 8))
	require.ErrorIs(t, err, errBodyReleased)
	require.False(t, unread.release())
}
