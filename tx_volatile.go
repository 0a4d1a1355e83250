package d1

import (
	"slices"

	"github.com/d1go/d1/internal/sqltext"
)

// conflictsAlways reports whether an entry, of which the program has seen rows,
// surely conflicts each time it is run: one of the values in them is random.
// Where that cannot be told from the text it is false. Random defaults are pinned,
// see pinDefaults.
func (e *entry) conflictsAlways() bool {
	b := e.bound
	isFresh := func(part sqltext.Span) bool { return sqltext.Fresh(b.Source.SQL[part.Pos:part.End]) }
	if e.question != nil {
		return e.answer.Len() > 0 && slices.ContainsFunc(b.Source.Results(), func(i sqltext.Item) bool { return isFresh(i.Expr) })
	}
	dml, ok := b.Source.DML()
	if !ok || e.returning == nil || len(e.rows) == 0 {
		return false
	}
	// An INSERT that need not insert may return what has been there before.
	random := map[string]bool{} // columns that an INSERT fills like that
	if in := dml.Insertion; !dml.Upsert && dml.OrAction == "" && len(in.Rows) > 0 {
		for _, row := range in.Values {
			for i, v := range row {
				if i < len(in.Columns) && isFresh(v) {
					random[sqltext.FoldName(in.Columns[i])] = true
				}
			}
		}
	}
	return slices.ContainsFunc(dml.Items, func(i sqltext.Item) bool {
		if i.Star {
			return len(random) > 0
		}
		return isFresh(i.Expr) || random[sqltext.FoldName(sqltext.Unquote(b.Source.SQL[i.Expr.Pos:i.Expr.End]))]
	})
}
