package value

import (
	"strings"

	"github.com/d1go/d1/internal/sqltext"
)

// ColumnNames gives the result's columns the names they have in the statement as
// written: the engine names an expression without alias by its text, which may
// hold rewritten placeholders. It changes names in place.
func (b Bound) ColumnNames(names []string) {
	if b.form != nil {
		b.form.restore(names, 0)
	}
}

// Text returns the rewritten text of a part of the statement.
func (b Bound) Text(part sqltext.Span) string {
	return b.form.sql[b.form.offset(part.Pos):b.form.offset(part.End)]
}

// WithoutParams returns the text of a part of the statement with NULL for each
// placeholder, for a view, which takes none; and what gives the names of the
// view's columns back their placeholders.
func (s *Statement) WithoutParams(part sqltext.Span) (sql string, restore func(names []string)) {
	f := &form{source: s.SQL}
	var b strings.Builder
	last := 0
	for _, p := range s.Params {
		b.WriteString(s.SQL[last:p.Pos])
		at := b.Len()
		b.WriteString("(NULL)")
		f.spans = append(f.spans, span{at, b.Len(), p.Pos, p.End})
		last = p.End
	}
	b.WriteString(s.SQL[last:])
	f.sql = b.String()
	from, to := f.offset(part.Pos), f.offset(part.End)
	return f.sql[from:to], func(names []string) { f.restore(names, from) }
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

// restore maps names that are expressions of the text back to the source. They
// are looked up in order, from an offset on, as result columns stand in order.
func (f *form) restore(names []string, from int) {
	if f.spans == nil {
		return
	}
	for i, name := range names {
		at := strings.Index(f.sql[from:], name)
		if at < 0 || name == "" {
			continue
		}
		at += from
		if restored := f.original(at, at+len(name)); restored != name {
			names[i] = restored
			from = at + len(name)
		}
	}
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
