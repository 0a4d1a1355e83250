package d1

import (
	"fmt"
	"strconv"

	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// explained words an error of the engine for the program that gave bound: offsets
// count in its own text, and what is no lack of memory is named. sent are the
// statements as they travelled, in the same order.
func explained(err error, sent []wire.Statement, bound []value.Bound) error {
	e, ok := asError(err)
	if !ok || e.Code == 0 {
		return err
	}
	var texts []sentText
	for i, b := range bound {
		texts = append(texts, textsOf(sent[i], b, i)...)
	}
	c, of := *e, -1 // the original may be another goroutine's, too
	if c.Message, of = programsOffset(e.Message, texts); of >= 0 && len(bound) > 1 {
		c.Statement, c.text = of+1, bound[of].Source.Describe()
	}
	if e.Code == CodeNoMem {
		c.Message += explainPacked(bound)
	}
	return &c
}

// explainPacked says what is meant by "out of memory" for a statement with more
// arguments than D1 takes parameters. Each is then an expression of its own in the
// compiled statement, which D1 limits to 25,000 instructions: an IN list needs 7
// for each, VALUES 5, and a float64 about twice as many.
func explainPacked(bound []value.Bound) string {
	most, which := 0, "a statement"
	for i, b := range bound {
		if n := b.Packed(); n > most {
			most = n
			if len(bound) > 1 {
				which = "statement " + strconv.Itoa(i+1)
			}
		}
	}
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("; %s with %d arguments is larger, compiled, than D1 allows: the limit is about 3,000 in an IN list and 4,000 in VALUES. "+
		"Send fewer at a time, or one JSON array to json_each(?)", which, most)
}
