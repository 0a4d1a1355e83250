package sqltext

import "strings"

// Kind is the kind of a Token.
type Kind uint8

// Space and Comment tokens carry no meaning; all others are significant.
const (
	Illegal     Kind = iota // unterminated or malformed literal, NUL byte, or a byte that starts no token
	Space                   // white space, and the byte order mark
	Comment                 // -- … or /* … */; an unterminated /* runs to the end, as in SQLite
	Ident                   // bare word, keywords included
	QuotedIdent             // "…", `…` or […]
	String                  // '…'
	Blob                    // x'…'
	Number                  // 1, 1.5, .5, 1e5, 0x1F, 1_000
	Placeholder             // ?, ?NNN, :a, @a, $a, #a
	Operator                // operators, parentheses, comma and dot
	Semicolon               // ;
)

var kindNames = [...]string{
	Illegal: "Illegal", Space: "Space", Comment: "Comment", Ident: "Ident", QuotedIdent: "QuotedIdent",
	String: "String", Blob: "Blob", Number: "Number", Placeholder: "Placeholder", Operator: "Operator", Semicolon: "Semicolon",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind?"
}

// Token is one lexical element: the bytes [Pos, End) of the text. White space
// and comments are tokens too, so the tokens of a text joined give it back.
type Token struct {
	Kind     Kind
	Pos, End int
}

// Scanner cuts a text into tokens. It never fails: what SQLite would refuse
// becomes an Illegal token.
type Scanner struct {
	sql string
	pos int
}

// NewScanner returns a Scanner at the start of sql.
func NewScanner(sql string) Scanner { return Scanner{sql: sql} }

// Next returns the next token, and false at the end of the text.
func (s *Scanner) Next() (Token, bool) {
	if s.pos >= len(s.sql) {
		return Token{}, false
	}
	kind, n := scan(s.sql[s.pos:])
	t := Token{Kind: kind, Pos: s.pos, End: s.pos + n}
	s.pos = t.End
	return t, true
}

// scan returns the kind and the length in bytes of the token at the start of
// z, which is not empty. It mirrors sqlite3GetToken.
func scan(z string) (Kind, int) {
	switch c := z[0]; c {
	case ' ', '\t', '\n', '\f', '\r':
		// A vertical tab continues white space but can't begin it.
		n := 1
		for n < len(z) && (z[n] == ' ' || z[n] >= '\t' && z[n] <= '\r') {
			n++
		}
		return Space, n
	case '-':
		if has(z, 1, '-') {
			return scanLineComment(z)
		}
		if has(z, 1, '>') {
			if has(z, 2, '>') {
				return Operator, 3
			}
			return Operator, 2
		}
		return Operator, 1
	case '/':
		// A text that ends in "/*" ends in two operators, not in a comment.
		if has(z, 1, '*') && len(z) > 2 {
			return scanBlockComment(z)
		}
		return Operator, 1
	case '(', ')', '+', '*', '%', ',', '&', '~':
		return Operator, 1
	case ';':
		return Semicolon, 1
	case '=':
		if has(z, 1, '=') {
			return Operator, 2
		}
		return Operator, 1
	case '<':
		if has(z, 1, '=') || has(z, 1, '>') || has(z, 1, '<') {
			return Operator, 2
		}
		return Operator, 1
	case '>':
		if has(z, 1, '=') || has(z, 1, '>') {
			return Operator, 2
		}
		return Operator, 1
	case '!':
		if has(z, 1, '=') {
			return Operator, 2
		}
		return Illegal, 1
	case '|':
		if has(z, 1, '|') {
			return Operator, 2
		}
		return Operator, 1
	case '\'':
		return scanQuoted(z, String)
	case '"', '`':
		return scanQuoted(z, QuotedIdent)
	case '[':
		return scanBracketed(z)
	case '.':
		if len(z) > 1 && isDigit(z[1]) {
			return scanNumber(z)
		}
		return Operator, 1
	case '?':
		n := 1
		for n < len(z) && isDigit(z[n]) {
			n++
		}
		return Placeholder, n
	case '$', '@', ':', '#':
		return scanNamedParam(z)
	case 'x', 'X':
		if has(z, 1, '\'') {
			return scanBlob(z)
		}
		return Ident, identLen(z)
	case 0xEF:
		if strings.HasPrefix(z, "\xEF\xBB\xBF") {
			return Space, 3
		}
		return Ident, identLen(z)
	default:
		if isDigit(c) {
			return scanNumber(z)
		}
		if IsIdent(c) {
			return Ident, identLen(z)
		}
		return Illegal, 1
	}
}

// unlessNUL returns Illegal for a token with a NUL byte inside: the engine
// stops reading there, so it would run something else than what was written.
func unlessNUL(k Kind, token string) (Kind, int) {
	if strings.IndexByte(token, 0) >= 0 {
		k = Illegal
	}
	return k, len(token)
}

func scanLineComment(z string) (Kind, int) {
	if n := strings.IndexByte(z, '\n'); n >= 0 {
		z = z[:n]
	}
	return unlessNUL(Comment, z)
}

func scanBlockComment(z string) (Kind, int) {
	if n := strings.Index(z[2:], "*/"); n >= 0 {
		z = z[:2+n+2]
	}
	return unlessNUL(Comment, z)
}

// scanQuoted scans a literal in which the delimiter is doubled to stand for itself.
func scanQuoted(z string, kind Kind) (Kind, int) {
	delim := z[0]
	for n := 1; ; n += 2 {
		i := strings.IndexByte(z[n:], delim)
		if i < 0 {
			return Illegal, len(z)
		}
		n += i
		if !has(z, n+1, delim) {
			return unlessNUL(kind, z[:n+1])
		}
	}
}

func scanBracketed(z string) (Kind, int) {
	n := strings.IndexByte(z, ']')
	if n < 0 {
		return Illegal, len(z)
	}
	return unlessNUL(QuotedIdent, z[:n+1])
}

func scanBlob(z string) (Kind, int) {
	n := 2
	for n < len(z) && isHexDigit(z[n]) {
		n++
	}
	if n%2 == 0 && has(z, n, '\'') {
		return Blob, n + 1
	}
	if i := strings.IndexByte(z[n:], '\''); i >= 0 {
		return Illegal, n + i + 1
	}
	return Illegal, len(z)
}

// scanNumber takes digit separators anywhere, as SQLite's tokenizer does;
// misplaced ones are refused later, by its parser.
func scanNumber(z string) (Kind, int) {
	n := 0
	if z[0] == '0' && len(z) > 2 && (z[1] == 'x' || z[1] == 'X') && isHexDigit(z[2]) {
		for n = 3; n < len(z) && (isHexDigit(z[n]) || z[n] == '_'); n++ {
		}
	} else {
		n = digitsEnd(z, 0)
		if has(z, n, '.') {
			n = digitsEnd(z, n+1)
		}
		if n < len(z) && (z[n] == 'e' || z[n] == 'E') {
			e := n + 1
			if has(z, e, '+') || has(z, e, '-') {
				e++
			}
			if e < len(z) && isDigit(z[e]) {
				n = digitsEnd(z, e)
			}
		}
	}
	if rest := identLen(z[n:]); rest > 0 {
		return Illegal, n + rest
	}
	return Number, n
}

func digitsEnd(z string, n int) int {
	for n < len(z) && (isDigit(z[n]) || z[n] == '_') {
		n++
	}
	return n
}

// scanNamedParam scans :a and its kin, with the suffixes of Tcl variables
// (::ns and one "(index)") that SQLite allows after every prefix.
func scanNamedParam(z string) (Kind, int) {
	chars, n := 0, 1
	for n < len(z) {
		switch c := z[n]; {
		case IsIdent(c):
			chars++
			n++
			continue
		case c == '(' && chars > 0:
			for n++; n < len(z) && z[n] != ')'; n++ {
				if z[n] == ' ' || z[n] >= '\t' && z[n] <= '\r' || z[n] == 0 {
					return Illegal, n
				}
			}
			if n == len(z) {
				return Illegal, n
			}
			n++
		case c == ':' && has(z, n+1, ':'):
			n += 2
			continue
		}
		break
	}
	// #1 is a register, which only SQLite itself may use.
	if chars == 0 || z[0] == '#' && isDigit(z[1]) {
		return Illegal, n
	}
	return Placeholder, n
}

func has(z string, i int, c byte) bool { return i < len(z) && z[i] == c }

// identLen returns how many bytes at the start of z belong to a bare word.
func identLen(z string) int {
	n := 0
	for n < len(z) && IsIdent(z[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHexDigit(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// IsIdent reports whether c may stand inside a bare word. SQLite takes every
// byte beyond ASCII as a letter, valid UTF-8 or not.
func IsIdent(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_' || c == '$' || c >= 0x80
}
