package sqltext

import (
	"fmt"
	"slices"
)

// Span is the bytes [Pos, End) of Statement.SQL.
type Span struct{ Pos, End int }

// Statement is one SQL statement. It never changes, and its methods compute
// their answers anew, in linear time.
type Statement struct {
	// SQL is the text from the first to the last significant token, comments
	// between them kept, without the final semicolon. All positions but Pos
	// are relative to it.
	SQL string
	// Pos is the byte offset of SQL in the text that was split.
	Pos int
	// Lead and Trail are what stands before and behind SQL as far as the first
	// and last comment, up to a semicolon: "" where there is none.
	Lead, Trail string
	// Verb is what the statement does; for WITH … it is the verb behind it.
	Verb Verb
	// Params are the placeholders in order of appearance.
	Params []Param
	// NumParams is the largest parameter number, 0 without parameters: the
	// number of values that the statement takes.
	NumParams int
	// Err is a *SyntaxError, or nil. It reports tokens that SQLite refuses,
	// parameter numbers out of range, and malformed transaction control
	// (which a driver may handle itself, so that no engine would see it).
	Err error

	lexemes []lexeme
	verbAt  int  // index of Verb in lexemes
	inner   Verb // what EXPLAIN explains
	innerAt int  // index of inner in lexemes
	virtual bool // CREATE VIRTUAL TABLE
}

// SyntaxError is a place where SQLite surely refuses the statement.
type SyntaxError struct {
	Pos int // in Statement.SQL, in bytes
	Msg string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.Msg, e.Pos) }

// newStatement builds a statement of lexemes with positions in source. It
// returns nil when there are none, and keeps no reference to the slice. Comments
// begin at lead, unless it is negative, and end at trail.
func newStatement(source string, lexemes []lexeme, lead, trail int) *Statement {
	// A trigger cut short can end in semicolons.
	for len(lexemes) > 0 && lexemes[len(lexemes)-1].kind == Semicolon {
		lexemes, trail = lexemes[:len(lexemes)-1], 0
	}
	if len(lexemes) == 0 {
		return nil
	}
	pos := lexemes[0].pos
	s := &Statement{
		SQL:     source[pos:lexemes[len(lexemes)-1].end],
		Pos:     pos,
		lexemes: slices.Clone(lexemes),
	}
	if lead >= 0 {
		s.Lead = source[lead:pos]
	}
	if end := pos + len(s.SQL); trail > end {
		s.Trail = source[end:trail]
	}
	for i := range s.lexemes {
		s.lexemes[i].pos -= pos
		s.lexemes[i].end -= pos
	}
	s.classify()
	s.checkTokens()
	s.numberParams()
	s.checkTxControl()
	return s
}

// fail records the first error.
func (s *Statement) fail(pos int, msg string) {
	if s.Err == nil {
		s.Err = &SyntaxError{Pos: pos, Msg: msg}
	}
}

func (s *Statement) checkTokens() {
	for i, l := range s.lexemes {
		if l.kind == Illegal {
			s.fail(l.pos, illegalMessage(s.text(i)))
			return
		}
	}
}

func illegalMessage(token string) string {
	for i := range len(token) {
		if token[i] == 0 {
			return "NUL byte in SQL"
		}
	}
	switch c := token[0]; {
	case c == '\'':
		return "unterminated string"
	case c == '"' || c == '`' || c == '[':
		return "unterminated identifier"
	case c == 'x' || c == 'X':
		return "malformed blob literal"
	case isDigit(c) || c == '.':
		return "malformed number"
	}
	return fmt.Sprintf("unrecognized token %q", token)
}

// text returns the text of lexeme i.
func (s *Statement) text(i int) string {
	return s.SQL[s.lexemes[i].pos:s.lexemes[i].end]
}

// at returns lexeme i, or an empty one beyond the end.
func (s *Statement) at(i int) lexeme {
	if i >= len(s.lexemes) {
		return lexeme{kind: Semicolon, pos: len(s.SQL), end: len(s.SQL)}
	}
	return s.lexemes[i]
}

func (s *Statement) isKeyword(i int, kw keyword) bool { return s.at(i).kw == kw }

// isOp reports whether lexeme i is the operator op of one byte.
func (s *Statement) isOp(i int, op byte) bool {
	l := s.at(i)
	return l.kind == Operator && l.end == l.pos+1 && s.SQL[l.pos] == op
}

// isName reports whether lexeme i can be a name: SQLite also takes 'strings'.
func (s *Statement) isName(i int) bool {
	k := s.at(i).kind
	return k == Ident || k == QuotedIdent || k == String
}

// name returns the name that lexeme i spells.
func (s *Statement) name(i int) string { return Unquote(s.text(i)) }

// skipParens returns the index behind the parenthesis that matches the one at
// i, or the number of lexemes when nothing matches.
func (s *Statement) skipParens(i int) int {
	for depth := 0; i < len(s.lexemes); i++ {
		switch {
		case s.isOp(i, '('):
			depth++
		case s.isOp(i, ')'):
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s.lexemes)
}
