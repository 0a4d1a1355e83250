package dryrun

import (
	"strings"
	"unicode/utf8"
)

// scalar turns TEXT into what a response carries of it. SQLite stores any bytes
// as TEXT, and the engine makes JavaScript strings of them, in which what is not
// UTF-8 has become U+FFFD: one for the longest beginning of a valid sequence, or
// for a byte that begins none.
func scalar(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			// Not full means: a valid sequence could begin like this.
			for n < len(text) && !utf8.FullRune(text[:n+1]) {
				n++
			}
		}
		b.WriteRune(r)
		text = text[n:]
	}
	return b.String()
}
