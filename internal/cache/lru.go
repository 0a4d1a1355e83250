// Package cache holds a small bounded map for what is costly to make twice:
// parsed statements and the outcome of checking them.
package cache

import (
	"container/list"
	"sync"
)

// LRU keeps the most recently used values by string key. It is safe for
// concurrent use.
type LRU[V any] struct {
	mu    sync.Mutex
	max   int
	order *list.List // of *entry[V], most recent first
	byKey map[string]*list.Element
}

type entry[V any] struct {
	key   string
	value V
}

// New returns an LRU of at most max values.
func New[V any](max int) *LRU[V] {
	return &LRU[V]{max: max, order: list.New(), byKey: make(map[string]*list.Element)}
}

// Get returns the value of key and marks it as used.
func (c *LRU[V]) Get(key string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry[V]).value, true
}

// Put sets the value of key and drops the least recently used one if there are
// too many.
func (c *LRU[V]) Put(key string, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		e.Value.(*entry[V]).value = v
		c.order.MoveToFront(e)
		return
	}
	c.byKey[key] = c.order.PushFront(&entry[V]{key, v})
	if c.order.Len() > c.max {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.byKey, last.Value.(*entry[V]).key)
	}
}
