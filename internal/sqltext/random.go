package sqltext

import (
	"regexp"
	"strconv"
	"strings"
)

// Calls reports whether the statement calls the function of that name, given
// in lower case. Definitions count: their calls run later.
func (s *Statement) Calls(function string) bool {
	found := false
	w := walker{s: s, visit: func(i int, r role) {
		if r == operand && s.lexemes[i].kind != String && s.isOp(i+1, '(') && equalFold(s.name(i), function) {
			found = true
		}
	}}
	w.walk(0, len(s.lexemes))
	return found
}

// RandomRef is a call of random(), then Bytes is 0, or of randomblob(Bytes).
type RandomRef struct {
	Span
	Bytes int
}

const maxRandomBytes = 1000

// RandomRefs returns the calls of random() and randomblob(n), in order. ok is
// false if there are others, such as randomblob(1+1) or randomblob(5000).
func (s *Statement) RandomRefs() (refs []RandomRef, ok bool) {
	ok = true
	w := walker{s: s, visit: func(i int, r role) {
		if r != operand || s.lexemes[i].kind == String || !s.isOp(i+1, '(') {
			return
		}
		switch name := s.name(i); {
		case equalFold(name, "random") && s.isOp(i+2, ')'):
			refs = append(refs, RandomRef{Span{s.lexemes[i].pos, s.lexemes[i+2].end}, 0})
		case equalFold(name, "randomblob") && i+2 < len(s.lexemes) && s.isOp(i+3, ')'):
			arg := s.lexemes[i+2]
			n, err := strconv.Atoi(s.SQL[arg.pos:arg.end])
			if err != nil || n < 1 || n > maxRandomBytes {
				ok = false
				return
			}
			refs = append(refs, RandomRef{Span{s.lexemes[i].pos, s.lexemes[i+3].end}, n})
		case equalFold(name, "random") || equalFold(name, "randomblob"):
			ok = false
		}
	}}
	w.walk(0, len(s.lexemes))
	return refs, ok
}

// fresh matches expressions that give another value each time: hex keeps what
// lower and upper would cut off behind a NUL byte.
var fresh = regexp.MustCompile(`(?i)^(randomblob\(N\)|((lower|upper|hex)\()*(random\(\)|hex\(randomblob\(N\)\))\)*)$`)

// Fresh reports whether an expression surely gives another value each time that
// it is computed, but for one time in 2^63.
func Fresh(expr string) bool {
	var b strings.Builder
	scanner := NewScanner(expr)
	for t, more := scanner.Next(); more; t, more = scanner.Next() {
		switch token := expr[t.Pos:t.End]; t.Kind {
		case Space, Comment:
		case Number:
			if n, err := strconv.Atoi(token); err != nil || n < 8 {
				return false
			}
			b.WriteByte('N')
		case Ident, Operator:
			b.WriteString(token)
		default:
			return false
		}
	}
	return fresh.MatchString(b.String())
}

// Volatile reports whether the statement calls random() or randomblob(), whose
// results differ each time.
func (s *Statement) Volatile() bool { return s.Calls("random") || s.Calls("randomblob") }
