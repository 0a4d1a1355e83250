package emulator

import (
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

// history is the states that a database has had, the oldest first. Every state but the first knows how to undo the
// commit that led to it: only the pages that a commit overwrote are kept. It is safe for concurrent use.
type history struct {
	generation int64 // how often the database was opened; its part of a bookmark
	maxBytes   int64 // of undos
	maxAge     time.Duration

	mu     sync.Mutex
	number int64 // of the last state
	states []state
	bytes  int64 // of all undos
}

type state struct {
	bookmark string
	since    time.Time
	undo     *sqlite3.Undo
}

// stateOverhead is about what a state occupies without the content of its pages, in bytes.
const stateOverhead = 256

func (s state) bytes() int64 {
	n := int64(stateOverhead)
	if s.undo != nil {
		n += int64(len(s.undo.Data)) + 4*int64(len(s.undo.Pages))
	}
	return n
}

// add appends the state after a commit and gives its bookmark. Old states go as the limits want it, but never the new
// one.
func (h *history) add(now time.Time, undo *sqlite3.Undo) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.states); n > 0 && now.Before(h.states[n-1].since) {
		now = h.states[n-1].since // the clock was set back; bookmarks keep the order of commits
	}
	h.number++
	s := state{newBookmark(h.generation, h.number), now, undo}
	h.states = append(h.states, s)
	h.bytes += s.bytes()
	drop := 0
	for len(h.states)-drop > 1 && (h.bytes > h.maxBytes || now.Sub(h.states[drop+1].since) > h.maxAge) {
		h.bytes -= h.states[drop].bytes()
		h.states[drop] = state{}
		drop++
	}
	h.states = h.states[drop:] // append moves what is left when the array is full
	return s.bookmark
}

// newBookmark has the form of D1's: bookmarks of one database compare as strings in the order of commits, and nobody
// can guess one.
func newBookmark(generation, number int64) string {
	var random [16]byte
	rand.Read(random[:])
	return fmt.Sprintf("%08x-%08x-%08x-%x", generation, number>>32, uint32(number), random)
}

// last is the bookmark of the present state.
func (h *history) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.states[len(h.states)-1].bookmark
}

// at is the bookmark of the state at a time; ok is false before the oldest state that is kept.
func (h *history) at(t time.Time) (_ string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.states) - 1; i >= 0; i-- {
		if !h.states[i].since.After(t) {
			return h.states[i].bookmark, true
		}
	}
	return "", false
}

// undo lists the undos from the present state back to the one with a bookmark, in the order to apply them; ok is false
// when there is no such state, or no longer.
func (h *history) undo(bookmark string) (_ []*sqlite3.Undo, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var undos []*sqlite3.Undo
	for i := len(h.states) - 1; i >= 0; i-- {
		if h.states[i].bookmark == bookmark {
			return undos, true
		}
		undos = append(undos, h.states[i].undo)
	}
	return nil, false
}
