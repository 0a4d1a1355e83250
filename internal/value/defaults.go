package value

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/wire"
)

// Default is the DEFAULT clause of a column that gives another value each time:
// it reads the clock, or draws random numbers.
type Default struct {
	Column string
	text   string // SELECT and the expression
	pins   []pin
	draws  []sqltext.RandomRef
}

const defaultPrefix = "SELECT "

// ParseDefault reads a column's DEFAULT expression. It is false if the expression
// gives the same value each time, or none that can be pinned: a double-quoted
// string is one in a schema, and may be a name in a statement.
func ParseDefault(column, expr string) (Default, bool) {
	list := sqltext.Split(defaultPrefix + expr)
	if len(list) != 1 || list[0].Err != nil || list[0].NumParams > 0 || strings.Contains(expr, `"`) {
		return Default{}, false
	}
	if q, ok := list[0].Select(); !ok || q.Columns != 1 {
		return Default{}, false
	}
	draws, ok := list[0].RandomRefs()
	d := Default{Column: column, text: list[0].SQL, pins: findPins(list[0]), draws: draws}
	return d, ok && len(d.pins)+len(draws) > 0
}

// WithDefaults returns an INSERT that gives the defaults' columns, which it has
// not named, what they would be at the time now, and random values drawn here, for
// each row others. ok is false if the statement becomes too long.
func (b Bound) WithDefaults(in sqltext.Insertion, defaults []Default, now time.Time) (_ Bound, ok bool) {
	f := filler{now: now, params: slices.Clone(b.Params), last: b.form.wireParams(), clock: map[clockForm]int{}}
	f.reserve(defaults)
	listed := in.Default == (sqltext.Span{})
	var names strings.Builder
	for i, d := range defaults {
		if i > 0 || listed {
			names.WriteByte(',')
		}
		names.WriteString(sqltext.QuoteIdent(d.Column))
	}
	var extra []place
	if listed {
		extra = append(extra, place{pos: in.List, end: in.List, before: names.String()})
	} else {
		extra = append(extra, place{pos: in.Default.Pos, end: in.Default.End, before: "(" + names.String() + ")VALUES("})
	}
	for _, row := range in.Rows {
		for i, d := range defaults {
			separator := ","
			if i == 0 && !listed {
				separator = ""
			}
			extra = append(extra, f.places(d, row, separator)...)
		}
	}
	if !listed {
		extra = append(extra, place{pos: in.Default.End, end: in.Default.End, before: ")"})
	}
	if f.random > 0 {
		f.param(string(append(f.drawn, ']')))
	}
	b.form = b.Source.rewrite(b.form.kinds, b.form.arrays, b.form.pinned, extra...)
	b.SQL, b.Params = b.form.sql, f.params
	return b, len(b.SQL) <= MaxSQL && len(f.drawn) <= MaxValue
}

// filler writes defaults into a statement.
type filler struct {
	now    time.Time
	params []byte
	last   int               // number of the last wire parameter
	clock  map[clockForm]int // wire parameter of each form
	random int               // wire parameter of drawn; 0 without random values
	drawn  []byte            // a JSON array
	count  int               // of elements in it
}

// reserve takes the wire parameters that defaults need: one for each form of the
// clock, and behind them one for all random values.
func (f *filler) reserve(defaults []Default) {
	for _, d := range defaults {
		for _, p := range d.pins {
			if f.clock[p.kind] == 0 {
				f.last++
				f.clock[p.kind] = f.last
				f.param(p.kind.text(f.now))
			}
		}
	}
	if slices.ContainsFunc(defaults, func(d Default) bool { return len(d.draws) > 0 }) {
		f.last++
		f.random = f.last
	}
}

func (f *filler) param(text string) {
	if len(f.params) > 0 {
		f.params = append(f.params, ',')
	}
	f.params = wire.AppendString(f.params, text)
}

// places writes the default's expression at pos, pinned: (…) behind a separator.
func (f *filler) places(d Default, pos int, separator string) []place {
	var refs []place
	for _, p := range d.pins {
		for _, at := range p.at {
			at.wire = f.clock[p.kind]
			refs = append(refs, at)
		}
	}
	for _, r := range d.draws {
		refs = append(refs, f.draw(r))
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

// draw draws a value for one call of random() or randomblob(n), in one row.
func (f *filler) draw(r sqltext.RandomRef) place {
	at := place{pos: r.Pos, end: r.End, wire: f.random, before: "(", behind: "->>" + strconv.Itoa(f.count) + ")"}
	f.count++
	f.drawn = append(f.drawn, "[,"[min(f.count-1, 1)])
	if r.Bytes == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // it never fails
		f.drawn = strconv.AppendInt(f.drawn, int64(binary.NativeEndian.Uint64(b[:])), 10)
		return at
	}
	b := make([]byte, r.Bytes)
	_, _ = rand.Read(b)
	f.drawn = append(f.drawn, '"')
	f.drawn = hex.AppendEncode(f.drawn, b)
	f.drawn = append(f.drawn, '"')
	at.before = "unhex("
	return at
}
