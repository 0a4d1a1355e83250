package sqltext

// NowKind is the way in which a statement reads the clock, and so what must
// stand in its place to pin it to an instant t, written as '2006-01-02 15:04:05.999'.
type NowKind uint8

const (
	// CurrentTimestamp is the word: a string of the form 2006-01-02 15:04:05.
	CurrentTimestamp NowKind = iota
	// CurrentDate is the word: a string of the form 2006-01-02.
	CurrentDate
	// CurrentTime is the word: a string of the form 15:04:05.
	CurrentTime
	// NowLiteral is 'now' as a time value: replace it by t.
	NowLiteral
	// NowSubsec is 'subsec' or 'subsecond' as a time value: it stands for now,
	// with fractions of a second: put t and a comma before it.
	NowSubsec
	// NowImplied0 is an empty argument list, as in date(): insert t at the
	// span, which is empty, or is the * of date(*).
	NowImplied0
	// NowImplied1 is strftime with only a format: insert a comma and t at the span.
	NowImplied1
)

// NowRef is a place where a statement reads the clock.
type NowRef struct {
	Span
	Kind NowKind
}

// NowRefs returns the places where the statement itself reads the clock, in
// order. A definition (a column's DEFAULT CURRENT_TIMESTAMP, a view, a trigger)
// reads it later, and EXPLAIN never does. Time values count when they are
// literals; 'now' that is computed or bound can't be seen here, nor can what a
// view, a trigger or a default reads that the statement makes run.
func (s *Statement) NowRefs() []NowRef {
	from, ok := s.evaluatedFrom()
	if !ok {
		return nil
	}
	var refs []NowRef
	w := walker{
		s: s,
		visit: func(i int, r role) {
			if r == operand {
				if kind, ok := currentWord(s.lexemes[i].kw); ok {
					refs = append(refs, NowRef{Span{s.lexemes[i].pos, s.lexemes[i].end}, kind})
				}
			}
		},
		item: func(_, fn, n, from, to int, last bool) {
			if fn >= 0 {
				if ref, ok := s.timeArgument(fn, n, from, to, last); ok {
					refs = append(refs, ref)
				}
			}
		},
	}
	w.walk(from, len(s.lexemes))
	return refs
}

// evaluatedFrom returns the index from which the statement is a query or DML
// that runs now; false if there is none.
func (s *Statement) evaluatedFrom() (int, bool) {
	switch s.Verb {
	case Select, Values, Insert, Replace, Update, Delete:
		return 0, true
	case Create:
		// CREATE [TEMP] TABLE [IF NOT EXISTS] [schema.]name AS select
		i := s.verbAt + 1
		if s.isKeyword(i, kwTemp) {
			i++
		}
		if !s.isKeyword(i, kwTable) {
			return 0, false
		}
		for ; i < len(s.lexemes) && !s.isOp(i, '('); i++ {
			if s.isKeyword(i, kwAs) {
				return i + 1, true
			}
		}
	}
	return 0, false
}

func currentWord(kw keyword) (NowKind, bool) {
	switch kw {
	case kwCurrentTimestamp:
		return CurrentTimestamp, true
	case kwCurrentDate:
		return CurrentDate, true
	case kwCurrentTime:
		return CurrentTime, true
	}
	return 0, false
}

// timeFunction tells which arguments of a function are time values.
type timeFunction struct {
	first int // number of the first one, from 0; where it is missing it is now
	count int
}

var timeFunctions = map[string]timeFunction{
	"date":      {0, 1},
	"time":      {0, 1},
	"datetime":  {0, 1},
	"julianday": {0, 1},
	"unixepoch": {0, 1},
	"strftime":  {1, 1},
	"timediff":  {0, 2}, // both are required
}

// timeArgument judges argument n of the call of function fn, lexemes [from, to).
func (s *Statement) timeArgument(fn, n, from, to int, last bool) (NowRef, bool) {
	f, ok := timeFunctions[lower(s.name(fn))]
	if !ok {
		return NowRef{}, false
	}
	// SQLite takes f(*) for f().
	empty := from == to || to == from+1 && s.isOp(from, '*')
	switch {
	case f.count == 1 && f.first == 0 && n == 0 && last && empty:
		return NowRef{Span{s.at(from).pos, s.at(to).pos}, NowImplied0}, true
	case f.count == 1 && f.first == 1 && n == 0 && last && !empty:
		return NowRef{Span{s.at(to).pos, s.at(to).pos}, NowImplied1}, true
	case to != from+1 || s.lexemes[from].kind != String || n < f.first || n >= f.first+f.count:
		return NowRef{}, false
	}
	span := Span{s.lexemes[from].pos, s.lexemes[from].end}
	switch text := s.name(from); {
	case equalFold(text, "now"):
		return NowRef{span, NowLiteral}, true
	case equalFold(text, "subsec") || equalFold(text, "subsecond"):
		return NowRef{span, NowSubsec}, true
	}
	return NowRef{}, false
}
