package sqltext

import (
	"iter"
	"slices"
)

// Split cuts sql into its statements. Empty statements, of only white space,
// comments and semicolons, are dropped.
func Split(sql string) []*Statement { return slices.Collect(All(sql)) }

// All is Split as an iterator, for texts too long to hold in pieces as well.
func All(sql string) iter.Seq[*Statement] {
	return func(yield func(*Statement) bool) {
		var (
			scanner = NewScanner(sql)
			lexemes []lexeme
			state   completion
			lead    = -1 // where the first comment before the statement begins
			trail   = 0  // where the last comment behind its last lexeme ends
		)
		for {
			t, ok := scanner.Next()
			if !ok {
				break
			}
			switch {
			case t.Kind == Space:
				continue
			case t.Kind == Comment && len(lexemes) == 0:
				if lead < 0 {
					lead = t.Pos
				}
				continue
			case t.Kind == Comment:
				trail = t.End
				continue
			}
			l := lexeme{kind: t.Kind, pos: t.Pos, end: t.End}
			if t.Kind == Ident {
				l.kw = keywordOf(sql[t.Pos:t.End])
			}
			state = state.next(l)
			if state != complete {
				lexemes = append(lexemes, l)
				continue
			}
			if s := newStatement(sql, lexemes, lead, trail); s != nil && !yield(s) {
				return
			}
			lexemes, lead = lexemes[:0], -1
		}
		if s := newStatement(sql, lexemes, lead, trail); s != nil {
			yield(s)
		}
	}
}

// lexeme is a significant token.
type lexeme struct {
	kind     Kind
	kw       keyword // of an Ident
	pos, end int     // in Statement.SQL
}

// completion tells where statements end. As in sqlite3_complete, a trigger
// ends at "; END ;" and every other statement at its first semicolon.
type completion uint8

const (
	complete      completion = iota // nothing read of the statement
	inStatement                     // in a statement other than CREATE TRIGGER
	afterExplain                    // EXPLAIN [QUERY PLAN]
	afterCreate                     // [EXPLAIN] CREATE [TEMP]
	inTrigger                       // CREATE TRIGGER …
	inTriggerSemi                   // CREATE TRIGGER … ;
	inTriggerEnd                    // CREATE TRIGGER … ; END
)

func (c completion) next(l lexeme) completion {
	semi := l.kind == Semicolon
	switch c {
	case complete, afterExplain:
		switch {
		case semi:
			return complete
		case l.kw == kwCreate:
			return afterCreate
		case c == complete && l.kw == kwExplain:
			return afterExplain
		case c == afterExplain && (l.kw == kwQuery || l.kw == kwPlan):
			return afterExplain
		}
	case afterCreate:
		switch {
		case semi:
			return complete
		case l.kw == kwTemp:
			return afterCreate
		case l.kw == kwTrigger:
			return inTrigger
		}
	case inTrigger, inTriggerSemi, inTriggerEnd:
		switch {
		case semi && c == inTriggerEnd:
			return complete
		case semi:
			return inTriggerSemi
		case c == inTriggerSemi && l.kw == kwEnd:
			return inTriggerEnd
		}
		return inTrigger
	case inStatement:
		if semi {
			return complete
		}
	}
	return inStatement
}
