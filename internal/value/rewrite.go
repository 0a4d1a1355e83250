package value

import (
	"slices"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
)

// form is a statement rewritten for one combination of argument kinds.
type form struct {
	sql      string
	source   string
	spans    []span // the rewritten placeholders; nil when nothing changed
	perArray int    // elements in each JSON array; 0 when not packed

	kinds  []byte // what it was made for, as rewrite takes it
	arrays int
	pinned bool
}

// wireParams is how many parameters travel.
func (f *form) wireParams() int {
	_, count := slots(f.kinds, f.arrays > 0)
	if f.perArray > 0 {
		return (count + f.perArray - 1) / f.perArray
	}
	return count
}

// span maps a rewritten placeholder back to what the statement says.
type span struct {
	pos, end       int // in form.sql
	srcPos, srcEnd int // in form.source
}

// place is where the text is rewritten: a placeholder, a pinned reference to the
// clock, or an insertion.
type place struct {
	pos, end       int
	number         int // of the parameter that stands there; 0 if none does
	wire           int // of the wire parameter that stands there as it is; 0 if none does
	before, behind string
}

func sortPlaces(list []place) {
	slices.SortStableFunc(list, func(a, b place) int { return a.pos - b.pos })
}

// places are all of them, in order.
func (s *Statement) places(pinned bool) []place {
	list := make([]place, 0, len(s.Params))
	for _, p := range s.Params {
		list = append(list, place{pos: p.Pos, end: p.End, number: p.Number})
	}
	if pinned {
		for i, p := range s.pinned() {
			for _, at := range p.at {
				at.number = s.NumParams + i + 1
				list = append(list, at)
			}
		}
		sortPlaces(list)
	}
	if s.Verb == sqltext.Create {
		list = append(list, s.aliases(list)...)
		sortPlaces(list)
	}
	return list
}

// aliases are what keeps the names of the columns that CREATE TABLE … AS makes of
// results without alias, where one of the places changes their text.
func (s *Statement) aliases(places []place) (list []place) {
	for _, u := range s.Unnamed() {
		if slices.ContainsFunc(places, func(p place) bool { return p.pos >= u.Expr.Pos && p.end <= u.Expr.End }) {
			list = append(list, place{pos: u.Expr.End, end: u.Expr.End, behind: " AS " + sqltext.QuoteIdent(u.Text)})
		}
	}
	return list
}

// rewrite builds the text in which every placeholder gives the engine the value
// with the type and (missing) affinity of a bound parameter. extra places are
// rewritten, too.
func (s *Statement) rewrite(kinds []byte, arrays int, pinned bool, extra ...place) *form {
	f := &form{sql: s.SQL, source: s.SQL, kinds: kinds, arrays: arrays, pinned: pinned}
	if arrays == 0 && !pinned && len(extra) == 0 && s.unchanged(kinds) {
		return f
	}
	slots, count := slots(kinds, arrays > 0)
	if arrays > 0 {
		f.perArray = (count + arrays - 1) / arrays
	}
	w := writer{numbered: s.numbered || pinned || len(extra) > 0, perArray: f.perArray}
	w.Grow(len(s.SQL) + 12*len(s.Params))
	last := 0
	places := s.places(pinned)
	if len(extra) > 0 {
		places = append(places, extra...)
		sortPlaces(places)
	}
	for _, p := range places {
		w.WriteString(s.SQL[last:p.pos])
		at := w.Len()
		w.WriteString(p.before)
		switch {
		case p.number > 0:
			w.glued, w.behindName = neighbour(s.SQL[:p.pos])
			w.value(kind(kinds[p.number-1]), slots[p.number-1])
		case p.wire > 0:
			w.WriteString("?" + strconv.Itoa(p.wire))
		}
		w.WriteString(p.behind)
		f.spans = append(f.spans, span{at, w.Len(), p.pos, p.end})
		last = p.end
	}
	w.WriteString(s.SQL[last:])
	f.sql = w.String()
	return f
}

// neighbour looks at what stands before a placeholder: whether a word would be
// glued to it, and whether it may be a name or keyword.
func neighbour(before string) (glued, name bool) {
	trimmed := strings.TrimRight(before, " \t\n\f\r")
	if trimmed == "" {
		return false, false
	}
	switch c := trimmed[len(trimmed)-1]; {
	case sqltext.IsIdent(c):
		return len(trimmed) == len(before), true
	case c == '"', c == '`', c == ']', c == '\'':
		return false, true
	case c == '/': // the end of a comment, or a division
		return false, strings.HasSuffix(trimmed, "*/")
	}
	return false, false
}

// unchanged reports whether the text can go out byte for byte: it can if every
// value binds as it is and no placeholder has a name, which D1 does not document.
func (s *Statement) unchanged(kinds []byte) bool {
	for _, k := range kinds {
		if kind(k) != kindPlain && kind(k) != kindFloat {
			return false
		}
	}
	for _, p := range s.Params {
		if p.Name != "" {
			return false
		}
	}
	return true
}

// slots gives the index of each parameter's first wire parameter, or array
// element when packed, and how many of them there are.
func slots(kinds []byte, packed bool) (slots []int, count int) {
	slots = make([]int, len(kinds))
	for i, k := range kinds {
		slots[i] = count
		count++
		if kind(k) == kindBlobBig || packed && kind(k) == kindFloat {
			count++
		}
	}
	return slots, count
}

// writer writes a rewritten text.
type writer struct {
	strings.Builder
	numbered   bool // parameters as ?N
	perArray   int  // elements in each JSON array; 0 if not packed
	glued      bool // directly behind a letter or digit, as in LIKE?
	behindName bool // behind what may be a name or keyword
}

// value writes the expression for the value in slot i.
func (w *writer) value(k kind, i int) {
	packed := w.perArray > 0
	switch {
	case k == kindBlob:
		w.word("unhex")
		w.operand(i)
	case k == kindBlobBig:
		w.word("CAST")
		w.WriteString("(unhex")
		w.operand(i)
		w.WriteString("||unhex")
		w.operand(i + 1)
		w.WriteString(" AS BLOB)")
	case k == kindFloat && packed:
		// A REAL is two elements, mantissa and exponent, as SQLite's decimal
		// conversion is off by a bit for about one number in ten.
		w.guard()
		w.WriteByte('(')
		w.operand(i)
		w.WriteString("*pow(2,")
		w.operand(i + 1)
		w.WriteString("))")
	case packed:
		w.guard()
		w.operand(i)
	case k == kindInt:
		w.WriteString("~~")
		w.param(i)
	case k == kindInf:
		w.guard()
		w.WriteByte('(')
		w.param(i)
		w.WriteString("+0)")
	default:
		w.param(i)
	}
}

// guard keeps a parenthesis from making a call of "abs ?", or a list of "IN ?".
// likely has no cost: the engine compiles it to its argument.
func (w *writer) guard() {
	if w.behindName {
		w.word("likely")
	}
}

// word writes a word that continues none.
func (w *writer) word(s string) {
	if w.glued {
		w.WriteByte(' ')
	}
	w.WriteString(s)
}

// operand writes slot i in parentheses. The arrow gives JSON integers, strings
// and null their SQL types exactly and without affinity.
func (w *writer) operand(i int) {
	w.WriteByte('(')
	if w.perArray > 0 {
		w.WriteByte('?')
		w.WriteString(strconv.Itoa(i/w.perArray + 1))
		w.WriteString("->>")
		w.WriteString(strconv.Itoa(i % w.perArray))
	} else {
		w.param(i)
	}
	w.WriteByte(')')
}

// param writes wire parameter i, counted from 0.
func (w *writer) param(i int) {
	w.WriteByte('?')
	if w.numbered {
		w.WriteString(strconv.Itoa(i + 1))
	}
}
