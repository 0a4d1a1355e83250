package sqltext

// Insertion is where an INSERT … VALUES can be given more columns, each with the
// same expression in all rows. It has no Rows where it names no columns, since
// it gives all of them then, and where it inserts what a SELECT returns.
type Insertion struct {
	Columns []string // unquoted
	List    int      // where further names go, each behind a comma
	Rows    []int    // where their values go
	Values  [][]Span // the values of each row
	// Default is the words DEFAULT VALUES, which the list and the only row take
	// the place of; zero if there is a list.
	Default Span
}

// insertion looks at what follows the table of an INSERT.
func (s *Statement) insertion(i int) Insertion {
	if s.isKeyword(i, kwDefault) && s.isKeyword(i+1, kwValues) {
		at := Span{s.lexemes[i].pos, s.lexemes[i+1].end}
		return Insertion{List: at.End, Rows: []int{at.End}, Default: at}
	}
	if !s.isOp(i, '(') {
		return Insertion{}
	}
	var in Insertion
	for i++; s.isName(i); i++ {
		in.Columns = append(in.Columns, s.name(i))
		if i++; !s.isOp(i, ',') {
			break
		}
	}
	if !s.isOp(i, ')') || !s.isKeyword(i+1, kwValues) {
		return Insertion{}
	}
	in.List = s.lexemes[i].pos
	for i += 2; s.isOp(i, '('); i++ {
		from := i + 1
		if i = s.skipParens(i); !s.isOp(i-1, ')') {
			return Insertion{}
		}
		in.Rows = append(in.Rows, s.lexemes[i-1].pos)
		in.Values = append(in.Values, s.listed(from, i-1))
		if !s.isOp(i, ',') {
			break
		}
	}
	// VALUES can be the beginning of a compound SELECT.
	if end := i >= len(s.lexemes) || s.isKeyword(i, kwOn) || s.isKeyword(i, kwReturning); !end || !s.isOp(i-1, ')') {
		return Insertion{}
	}
	return in
}

// listed splits the lexemes [from, to) at their commas.
func (s *Statement) listed(from, to int) []Span {
	var list []Span
	start, depth := from, 0
	for i := from; i <= to; i++ {
		switch {
		case i == to || depth == 0 && s.isOp(i, ','):
			if start < i {
				list = append(list, Span{s.lexemes[start].pos, s.lexemes[i-1].end})
			}
			start = i + 1
		case s.isOp(i, '('):
			depth++
		case s.isOp(i, ')'):
			depth--
		}
	}
	return list
}
