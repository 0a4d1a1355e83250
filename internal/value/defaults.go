package value

import (
	"strings"
	"time"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/wire"
)

// ClockDefault is the DEFAULT clause of a column that reads the clock.
type ClockDefault struct {
	Column string
	text   string // SELECT and the expression
	pins   []pin
}

const defaultPrefix = "SELECT "

// ParseDefault reads a column's DEFAULT expression. It is false if the expression
// does not read the clock, or not in a way that can be pinned: a double-quoted
// string is one in a schema, and may be a name in a statement.
func ParseDefault(column, expr string) (ClockDefault, bool) {
	list := sqltext.Split(defaultPrefix + expr)
	if len(list) != 1 || list[0].Err != nil || list[0].NumParams > 0 || strings.Contains(expr, `"`) {
		return ClockDefault{}, false
	}
	if q, ok := list[0].Select(); !ok || q.Columns != 1 {
		return ClockDefault{}, false
	}
	d := ClockDefault{Column: column, text: list[0].SQL, pins: findPins(list[0])}
	return d, len(d.pins) > 0
}

// WithDefaults returns an INSERT that gives the defaults' columns, which it has
// not named, what they would be at the time now. ok is false if the statement
// becomes too long.
func (b Bound) WithDefaults(in sqltext.Insertion, defaults []ClockDefault, now time.Time) (_ Bound, ok bool) {
	var extra []place
	var names strings.Builder
	wires := map[clockForm]int{} // number of the wire parameter
	next := b.form.wireParams()
	params := append([]byte(nil), b.Params...)
	for i, d := range defaults {
		if i > 0 || in.Default == (sqltext.Span{}) {
			names.WriteByte(',')
		}
		names.WriteString(sqltext.QuoteIdent(d.Column))
		for _, p := range d.pins {
			if wires[p.kind] > 0 {
				continue
			}
			next++
			wires[p.kind] = next
			if len(params) > 0 {
				params = append(params, ',')
			}
			params = wire.AppendString(params, p.kind.text(now))
		}
	}
	if in.Default != (sqltext.Span{}) {
		extra = append(extra, place{pos: in.Default.Pos, end: in.Default.End, before: "(" + names.String() + ")VALUES("})
	} else {
		extra = append(extra, place{pos: in.List, end: in.List, before: names.String()})
	}
	for _, row := range in.Rows {
		for i, d := range defaults {
			separator := ","
			if i == 0 && in.Default != (sqltext.Span{}) {
				separator = ""
			}
			extra = append(extra, d.places(row, separator, wires)...)
		}
	}
	if in.Default != (sqltext.Span{}) {
		extra = append(extra, place{pos: in.Default.End, end: in.Default.End, before: ")"})
	}
	b.form = b.Source.rewrite(b.form.kinds, b.form.arrays, b.form.pinned, extra...)
	b.SQL, b.Params = b.form.sql, params
	return b, len(b.SQL) <= MaxSQL
}

// places writes the default's expression at pos, pinned: (…) behind a separator.
func (d ClockDefault) places(pos int, separator string, wires map[clockForm]int) []place {
	var refs []place
	for _, p := range d.pins {
		for _, at := range p.at {
			at.wire = wires[p.kind]
			refs = append(refs, at)
		}
	}
	sortPlaces(refs)
	text, last := separator+"(", len(defaultPrefix)
	for i, at := range refs {
		text += d.text[last:at.pos]
		last = at.end
		refs[i] = place{pos: pos, end: pos, wire: at.wire, before: text + at.before}
		text = at.behind
	}
	return append(refs, place{pos: pos, end: pos, before: text + d.text[last:] + ")"})
}
