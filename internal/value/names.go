package value

import (
	"slices"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
)

// ColumnNames gives the result's columns the names they have in the statement as
// written: the engine names an expression without alias by its text, which may
// hold rewritten placeholders. It changes names in place.
func (b Bound) ColumnNames(names []string) {
	if b.Source != nil && b.Source.Trail != "" && len(names) > 0 {
		// The engine counts a comment at the end, but for white space, to the text
		// of the last column. An alias may look like one.
		last := &names[len(names)-1]
		if !strings.Contains(b.Source.SQL, *last) {
			*last = strings.TrimSuffix(*last, strings.TrimRight(b.Source.Trail, " \t\r\n\f"))
		}
	}
	if b.form != nil {
		b.form.restore(names, 0)
	}
}

// Packed is how many arguments travel in groups because they are over
// Options.MaxParams, or 0.
func (b Bound) Packed() int {
	if b.form == nil || b.form.perArray == 0 {
		return 0
	}
	return b.Source.NumParams
}

// Text returns the rewritten text of a part of the statement.
func (b Bound) Text(part sqltext.Span) string {
	return b.form.sql[b.form.offset(part.Pos):b.form.offset(part.End)]
}

// WithoutParams returns the text of a part of the statement with NULL for each
// placeholder, for a view, which takes none; and what makes of the names of the
// view's columns those of the result. Comments tell one NULL from another.
func (s *Statement) WithoutParams(part sqltext.Span) (sql string, restore func(names []string)) {
	f := s.withoutParams()
	from, to := f.offset(part.Pos), f.offset(part.End)
	return f.sql[from:to], func(names []string) {
		f.restore(names, from)
		s.renameExpressions(names)
	}
}

// renameExpressions names results that are no columns by their text. A view names
// n COLLATE NOCASE and likely(n) after the column in it. Where a * stands for an
// unknown number of names, they are counted from both ends.
func (s *Statement) renameExpressions(names []string) {
	items := s.Results()
	if dml, ok := s.DML(); ok {
		items = dml.Items
	}
	first := slices.IndexFunc(items, func(i sqltext.Item) bool { return i.Star })
	for i, item := range items {
		at := i
		switch {
		case first < 0 || i < first:
		case slices.ContainsFunc(items[i:], func(i sqltext.Item) bool { return i.Star }):
			continue
		default:
			at = len(names) - len(items) + i
		}
		if item.Alias == "" && !item.Name && at >= 0 && at < len(names) {
			names[at] = item.Text
		}
	}
}

func (s *Statement) withoutParams() *form {
	f := &form{source: s.SQL}
	var b strings.Builder
	last := 0
	for i, p := range s.Params {
		b.WriteString(s.SQL[last:p.Pos])
		at := b.Len()
		b.WriteString("(NULL/*" + strconv.Itoa(i) + "*/)")
		f.spans = append(f.spans, span{at, b.Len(), p.Pos, p.End})
		last = p.End
	}
	b.WriteString(s.SQL[last:])
	f.sql = b.String()
	return f
}

// Place maps an offset in the rewritten text to the text of which the statement is
// a part. placeholder is what stands there if it was rewritten. ok is false for
// what is outside the statement, and if the text is not the program's.
func (b Bound) Place(at int) (offset int, placeholder string, ok bool) {
	return b.Source.place(b.form, at)
}

// PlaceWithoutParams is the whole text of WithoutParams, with what Place is for it.
func (s *Statement) PlaceWithoutParams() (sql string, place func(at int) (offset int, placeholder string, ok bool)) {
	f := s.withoutParams()
	return f.sql, func(at int) (int, string, bool) { return s.place(f, at) }
}

// PlaceAsWritten is Place for the statement as it is.
func (s *Statement) PlaceAsWritten(at int) (offset int, placeholder string, ok bool) {
	return s.place(&form{sql: s.SQL, source: s.SQL}, at)
}

func (s *Statement) place(f *form, at int) (offset int, placeholder string, ok bool) {
	if at < 0 || at > len(f.sql) || s.Pos < 0 {
		return 0, "", false
	}
	shift := 0
	for _, span := range f.spans {
		if at < span.pos {
			break
		}
		if at < span.end {
			return s.Pos + span.srcPos, f.source[span.srcPos:span.srcEnd], true
		}
		shift = span.end - span.srcEnd
	}
	return s.Pos + at - shift, "", true
}

// Whole is the span of the whole statement.
func (s *Statement) Whole() sqltext.Span { return sqltext.Span{End: len(s.SQL)} }

// offset maps a position in the source, outside a placeholder, to the text.
func (f *form) offset(pos int) int {
	shift := 0
	for _, s := range f.spans {
		if s.srcEnd > pos {
			break
		}
		shift = s.end - s.srcEnd
	}
	return pos + shift
}

// restore maps names that are expressions of the text back to the source. Two
// rewritten expressions may have one text and different sources, so they are
// looked up in order, as result columns stand in order: behind the last one
// found first, else from the offset on, for columns of a subquery may come in
// another order.
func (f *form) restore(names []string, from int) {
	if f.spans == nil {
		return
	}
	next := from
	for i, name := range names {
		at := f.find(name, next)
		if at < 0 && next > from {
			at = f.find(name, from)
		}
		if at < 0 {
			continue
		}
		next = at + len(name)
		names[i] = f.original(at, next)
	}
}

// find gives the position of the first expression behind pos that has this text
// and holds rewritten placeholders, whole ones only; -1 if there is none.
func (f *form) find(name string, pos int) int {
	if !strings.ContainsAny(name, "?(") { // of which every rewritten placeholder has one
		return -1
	}
	for {
		at := strings.Index(f.sql[pos:], name)
		if at < 0 {
			return -1
		}
		pos += at
		if f.whole(pos, pos+len(name)) {
			return pos
		}
		pos++
	}
}

// whole reports whether text[pos:end] holds a rewritten placeholder and cuts none.
func (f *form) whole(pos, end int) bool {
	// The first that ends behind pos.
	i, _ := slices.BinarySearchFunc(f.spans, pos, func(s span, pos int) int { return s.end - pos - 1 })
	if i == len(f.spans) || f.spans[i].pos < pos || f.spans[i].end > end {
		return false
	}
	// The last that starts before end.
	j, _ := slices.BinarySearchFunc(f.spans, end, func(s span, end int) int { return s.pos - end })
	return f.spans[j-1].end <= end
}

// original gives the source of text[pos:end].
func (f *form) original(pos, end int) string {
	var b strings.Builder
	for _, s := range f.spans {
		if s.pos < pos {
			continue
		}
		if s.end > end {
			break
		}
		b.WriteString(f.sql[pos:s.pos])
		b.WriteString(f.source[s.srcPos:s.srcEnd])
		pos = s.end
	}
	b.WriteString(f.sql[pos:end])
	return b.String()
}
