package sqltext

import "strings"

// Query describes the result of a SELECT or VALUES, also behind WITH.
type Query struct {
	Columns int  // number of result columns, 0 if a * leaves it open
	Ordered bool // ORDER BY at the top level
	Limited bool // LIMIT at the top level
}

// Results are the result columns of a SELECT, of the first one of a compound.
func (s *Statement) Results() []Item {
	if s.Verb != Select {
		return nil
	}
	return s.items(s.verbAt + 1)
}

// Select describes the statement, and is false when it is no SELECT or VALUES.
func (s *Statement) Select() (Query, bool) {
	if s.Verb != Select && s.Verb != Values {
		return Query{}, false
	}
	q := Query{Columns: s.resultColumns()}
	depth := 0
	for i := s.verbAt; i < len(s.lexemes); i++ {
		switch {
		case s.isOp(i, '('):
			depth++
		case s.isOp(i, ')'):
			depth--
		case depth == 0 && s.isKeyword(i, kwOrder):
			q.Ordered = true
		case depth == 0 && s.isKeyword(i, kwLimit):
			q.Limited = true
		}
	}
	return q, true
}

// resultColumns counts the columns of the first row of VALUES, or of the first
// SELECT of a compound. It returns 0 if there is a *.
func (s *Statement) resultColumns() int {
	n, star, done := 0, false, false
	w := walker{s: s, item: func(depth, _, _, from, to int, last bool) {
		if depth == 0 && !done {
			n++
			star = star || from < to && s.isOp(to-1, '*')
			done = last
		}
	}}
	from := s.verbAt + 1
	if s.Verb == Values {
		from++ // inside the parentheses
	}
	w.walk(min(from, len(s.lexemes)), len(s.lexemes))
	if star {
		return 0
	}
	return n
}

// itemText is the Text of the Item of lexemes [from, to).
func (s *Statement) itemText(from, to int) string {
	return strings.TrimRight(s.SQL[s.lexemes[from].pos:s.at(to).pos], " \t\n\f\r")
}

// Unnamed are the result columns without alias that CREATE TABLE … AS may name the
// table's columns after, in all of its SELECTs.
func (s *Statement) Unnamed() (list []Item) {
	from, ok := s.evaluatedFrom()
	if s.Verb != Create || !ok {
		return nil
	}
	aliasAt := -1
	results := map[int]bool{} // by depth, whether the list there is one of results
	w := walker{
		s: s,
		visit: func(i int, r role) {
			if r == alias {
				aliasAt = i
			}
		},
		item: func(depth, _, n, from, to int, _ bool) {
			if n == 0 {
				results[depth] = s.isKeyword(from-1, kwSelect)
				if s.isKeyword(from, kwDistinct) || s.isKeyword(from, kwAll) {
					from++
				}
			}
			if !results[depth] || from >= to || s.isOp(to-1, '*') || aliasAt == to-1 && aliasAt > from {
				return
			}
			list = append(list, Item{Expr: Span{s.lexemes[from].pos, s.lexemes[to-1].end}, Text: s.itemText(from, to)})
		},
	}
	w.walk(from, len(s.lexemes))
	return list
}
