package sqltext

// DML describes an INSERT, REPLACE, UPDATE or DELETE, also behind WITH. Names
// are unquoted.
type DML struct {
	Schema, Table string
	TableSpan     Span   // [schema.]table as written
	Alias         string // of INSERT INTO t AS x, UPDATE t AS x, DELETE FROM t AS x
	OrAction      string // ROLLBACK, ABORT, FAIL, IGNORE or REPLACE, upper case; REPLACE INTO is REPLACE
	SingleRow     bool   // INSERT … VALUES of exactly one row, or DEFAULT VALUES
	Upsert        bool   // ON CONFLICT … DO …
	Insertion     Insertion
	Body          Span   // the statement without its RETURNING clause
	Returning     Span   // the list behind the word RETURNING, up to the end; zero without the clause
	Items         []Item // the elements of Returning
}

// Item is a result column. Without an alias SQLite names it after the table's
// column that it reads, or else after its text.
type Item struct {
	Expr  Span   // without the alias
	Text  string // of Expr, with comments that follow it; "" if there is an alias
	Alias string // unquoted, "" if there is none
	Name  bool   // without Alias: Expr is the name of a column, and names the result
	Star  bool   // *, or t.* (which SQLite refuses in RETURNING)
}

// DML describes the statement. It is false for statements that are no DML, and
// for those whose beginning up to the table SQLite refuses.
func (s *Statement) DML() (DML, bool) {
	switch s.Verb {
	case Insert, Replace, Update, Delete:
	default:
		return DML{}, false
	}
	var d DML
	i := s.verbAt + 1
	if s.Verb == Replace {
		d.OrAction = "REPLACE"
	}
	if (s.Verb == Insert || s.Verb == Update) && s.isKeyword(i, kwOr) {
		if !s.isName(i + 1) {
			return DML{}, false
		}
		d.OrAction = upper(s.text(i + 1))
		i += 2
	}
	switch before := s.at(i).kw; {
	case s.Verb == Update:
	case s.Verb == Delete && before == kwFrom, s.Verb != Delete && before == kwInto:
		i++
	default:
		return DML{}, false
	}
	if !s.isName(i) {
		return DML{}, false
	}
	d.Table = s.name(i)
	d.TableSpan = Span{s.lexemes[i].pos, s.lexemes[i].end}
	i++
	if s.isOp(i, '.') {
		if !s.isName(i + 1) {
			return DML{}, false
		}
		d.Schema, d.Table = d.Table, s.name(i+1)
		d.TableSpan.End = s.lexemes[i+1].end
		i += 2
	}
	if s.isKeyword(i, kwAs) && s.isName(i+1) {
		d.Alias = s.name(i + 1)
		i += 2
	}
	if s.Verb == Insert || s.Verb == Replace {
		d.SingleRow = s.singleRow(i)
		d.Upsert = s.upsert(i)
		d.Insertion = s.insertion(i)
	}
	d.Body.End = len(s.SQL)
	if r := s.returningAt(); r >= 0 {
		d.Body.End = s.lexemes[r-1].end
		d.Returning = Span{s.at(r + 1).pos, len(s.SQL)}
		d.Items = s.items(r + 1)
	}
	return d, true
}

// singleRow reports whether exactly one row follows the table of an INSERT.
func (s *Statement) singleRow(i int) bool {
	if s.isKeyword(i, kwDefault) {
		return s.isKeyword(i+1, kwValues)
	}
	if s.isOp(i, '(') {
		i = s.skipParens(i)
	}
	if !s.isKeyword(i, kwValues) || !s.isOp(i+1, '(') {
		return false
	}
	i = s.skipParens(i + 1)
	return i == len(s.lexemes) || s.isKeyword(i, kwOn) || s.isKeyword(i, kwReturning)
}

// upsert reports whether an INSERT has an ON CONFLICT clause. "ON conflict"
// can also be the condition of a join with a column of that name; but NOTHING
// and UPDATE are never bare names, so DO NOTHING and DO UPDATE are the clause.
func (s *Statement) upsert(i int) bool {
	depth := 0
	for ; i < len(s.lexemes); i++ {
		switch {
		case s.isOp(i, '('):
			depth++
		case s.isOp(i, ')'):
			depth--
		case depth == 0 && s.isKeyword(i, kwDo):
			if s.isKeyword(i+1, kwNothing) || s.isKeyword(i+1, kwUpdate) {
				return true
			}
		}
	}
	return false
}

// items splits the list of result columns that starts at lexeme from.
func (s *Statement) items(from int) []Item {
	var list []Item
	if s.isKeyword(from, kwDistinct) || s.isKeyword(from, kwAll) {
		from++
	}
	aliasAt, done := -1, false
	w := walker{
		s: s,
		visit: func(i int, r role) {
			if r == alias {
				aliasAt = i
			}
		},
		item: func(depth, _, _, from, to int, last bool) {
			if depth != 0 || from >= to || done {
				return
			}
			done = last
			item := Item{Star: s.isOp(to-1, '*')}
			if aliasAt == to-1 && aliasAt > from {
				item.Alias = s.name(aliasAt)
				to--
				if s.isKeyword(to-1, kwAs) && to-1 > from {
					to--
				}
			} else {
				item.Text = s.itemText(from, to)
			}
			item.Name = item.Alias == "" && s.isColumn(from, to)
			item.Expr = Span{s.lexemes[from].pos, s.lexemes[to-1].end}
			list = append(list, item)
		},
	}
	w.walk(min(from, len(s.lexemes)), len(s.lexemes))
	return list
}

// isColumn reports whether the lexemes [from, to) are the name of a column, in any
// number of parentheses.
func (s *Statement) isColumn(from, to int) bool {
	for s.isOp(from, '(') && s.isOp(to-1, ')') {
		from, to = from+1, to-1
	}
	if from == to-1 && (equalFold(s.text(from), "true") || equalFold(s.text(from), "false")) {
		return false
	}
	for ; from+2 < to && s.isOp(from+1, '.'); from += 2 {
		if !s.isName(from) {
			return false
		}
	}
	return from == to-1 && s.isName(from)
}
