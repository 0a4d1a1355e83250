package cache

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLRU(t *testing.T) {
	c := New[int](2)
	_, ok := c.Get("a")
	require.False(t, ok)
	c.Put("a", 1)
	c.Put("b", 2)
	v, ok := c.Get("a") // now b is the one least recently used
	require.True(t, ok)
	require.Equal(t, 1, v)
	c.Put("c", 3)
	_, ok = c.Get("b")
	require.False(t, ok)
	c.Put("a", 10) // replaces, and drops nothing
	v, _ = c.Get("a")
	require.Equal(t, 10, v)
	_, ok = c.Get("c")
	require.True(t, ok)
}

func TestLRUConcurrent(t *testing.T) {
	c := New[int](8)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				key := strconv.Itoa((g + i) % 16)
				c.Put(key, i)
				c.Get(key)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 8, c.order.Len())
	require.Len(t, c.byKey, 8)
}
