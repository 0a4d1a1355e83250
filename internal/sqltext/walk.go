package sqltext

// role is what a word or literal stands for, as far as this package cares.
type role uint8

const (
	operand role = iota // begins an operand of an expression: column, literal, function …
	name                // names a table, column, window … and is not evaluated
	alias               // names a result column or table, with or without AS
)

// clause is the part of a statement that a comma continues.
type clause uint8

const (
	exprClause  clause = iota // list of expressions
	limitClause               // LIMIT, where OFFSET is a keyword
	fromClause                // list of tables
	setClause                 // SET column = expression, …
	intoClause                // INSERT INTO table [(columns)]
	withClause                // WITH table [(columns)] AS …
	namesClause               // list of names in parentheses
)

// frame is one level of parentheses.
type frame struct {
	clause clause
	cases  int // open CASEs
	fn     int // index of the word before the parentheses, else -1
	arg    int // number of the current argument, from 0
	argAt  int // index of the current argument's first lexeme
}

// expectation is what the grammar allows next.
type expectation uint8

const (
	expectOperand expectation = iota
	expectOperator
	expectName
	expectAlias
)

// walker goes once over a query or DML statement and tells operands from
// names. It is no parser: it knows just enough grammar to be right about
// statements that SQLite accepts.
type walker struct {
	s *Statement
	// visit is called for every bare word, quoted identifier and literal that
	// is no keyword.
	visit func(i int, r role)
	// item is called at the end of every element, lexemes [from, to), of a list at
	// that depth of parentheses, with its number from 0. A clause's keyword ends a
	// list as well. In parentheses behind a word, such as the arguments of a call,
	// fn is the lexeme of that word; else it is -1.
	item func(depth, fn, n, from, to int, last bool)

	from   int
	frames []frame
	expect expectation
}

// walk visits the lexemes [from, to), which start where an expression or a
// statement can start.
func (w *walker) walk(from, to int) {
	w.frames = append(w.frames[:0], frame{fn: -1, argAt: from})
	w.from, w.expect = from, expectOperand
	for i := from; i < to; i++ {
		switch l := w.s.lexemes[i]; l.kind {
		case Ident:
			if l.kw == kwNone || w.afterDot(i) || !w.keyword(i, l.kw) {
				w.word(i)
			}
		case QuotedIdent, String:
			w.word(i)
		case Operator:
			w.operator(i)
		default:
			w.visitAs(i, operand)
			w.expect = expectOperator
		}
	}
	w.endItem(to, true)
}

func (w *walker) top() *frame { return &w.frames[len(w.frames)-1] }

func (w *walker) afterDot(i int) bool { return i > 0 && w.s.isOp(i-1, '.') }

func (w *walker) visitAs(i int, r role) {
	if w.visit != nil {
		w.visit(i, r)
	}
}

func (w *walker) endItem(to int, last bool) {
	f := w.top()
	if w.item != nil {
		w.item(len(w.frames)-1, f.fn, f.arg, f.argAt, to, last)
	}
	f.argAt = to + 1
	if f.arg++; last {
		f.arg, f.fn = 0, -1
	}
}

// word handles a name or literal.
func (w *walker) word(i int) {
	switch w.expect {
	case expectOperand:
		w.visitAs(i, operand)
	case expectName:
		w.visitAs(i, name)
	case expectOperator, expectAlias:
		w.visitAs(i, alias)
	}
	w.expect = expectOperator
}

func (w *walker) operator(i int) {
	s := w.s
	switch {
	case s.isOp(i, '('):
		w.open(i)
	case s.isOp(i, ')'):
		w.endItem(i, true)
		if len(w.frames) > 1 {
			w.frames = w.frames[:len(w.frames)-1]
		}
		w.expect = expectOperator
	case s.isOp(i, ','):
		w.endItem(i, false)
		switch w.top().clause {
		case fromClause, setClause, intoClause, withClause, namesClause:
			w.expect = expectName
		default:
			w.expect = expectOperand
		}
	case s.isOp(i, '.'):
		w.expect = expectName
	default:
		w.expect = expectOperand
	}
}

func (w *walker) open(i int) {
	s, f := w.s, frame{fn: -1, argAt: i + 1}
	outer := w.top().clause
	next := expectOperand
	switch {
	case i > 0 && s.isKeyword(i-1, kwUsing),
		w.expect == expectOperator && (outer == intoClause || outer == withClause),
		w.expect == expectName && outer == setClause:
		f.clause, next = namesClause, expectName
	case w.expect == expectName && outer == fromClause:
		f.clause, next = fromClause, expectName
	case i > 0 && (s.lexemes[i-1].kind == Ident || s.lexemes[i-1].kind == QuotedIdent):
		f.fn = i - 1
	}
	w.frames = append(w.frames, f)
	w.expect = next
}

// keyword handles a word that can be a keyword, and reports whether it is one
// here. Words that SQLite also takes for bare names are keywords only where
// its grammar has them.
func (w *walker) keyword(i int, kw keyword) bool {
	s, f := w.s, w.top()
	after := w.expect == expectOperator
	switch kw {
	case kwSelect, kwValues, kwWhere, kwHaving, kwGroup, kwOrder, kwUnion, kwReturning:
		w.endItem(i, true)
		f.clause, w.expect = exprClause, expectOperand
	case kwLimit:
		w.endItem(i, true)
		f.clause, w.expect = limitClause, expectOperand
	case kwNot:
		if after && isLike(s.at(i+1).kw) {
			break // LIKE is a keyword only behind an operand
		}
		fallthrough
	case kwAnd, kwOr, kwIs, kwBetween, kwEscape, kwWhen, kwThen, kwElse, kwExists, kwDistinct, kwAll, kwOn:
		// Where a name is expected these qualify it: AS NOT MATERIALIZED.
		if w.expect != expectName && w.expect != expectAlias {
			w.expect = expectOperand
		}
	case kwCase:
		f.cases++
		w.expect = expectOperand
	case kwEnd:
		if !after || f.cases == 0 {
			return false
		}
		f.cases--
	case kwFrom:
		if i > 0 && s.isKeyword(i-1, kwDistinct) { // IS DISTINCT FROM
			w.expect = expectOperand
			break
		}
		w.endItem(i, true)
		f.clause, w.expect = fromClause, expectName
	case kwWindow:
		if !after || !s.isName(i+1) || !s.isKeyword(i+2, kwAs) {
			return false
		}
		w.endItem(i, true)
		w.expect = expectName
	case kwJoin, kwCollate, kwUsing:
		w.expect = expectName
	case kwIn:
		w.expect = w.nameUnlessParen(i)
	case kwInto:
		f.clause, w.expect = intoClause, expectName
	case kwSet:
		f.clause, w.expect = setClause, expectName
	case kwAs:
		w.expect = expectAlias
	case kwBy:
		if i == 0 {
			return false
		}
		switch s.lexemes[i-1].kw {
		case kwGroup, kwOrder:
			w.expect = expectOperand
		case kwPartition:
			if !w.startsWindow(i - 1) {
				return false
			}
			w.expect = expectOperand
		default:
			return false
		}
	case kwLike, kwGlob, kwRegexp, kwMatch:
		if !after {
			return false
		}
		w.expect = expectOperand
	case kwOffset:
		if !after || f.clause != limitClause {
			return false
		}
		w.expect = expectOperand
	case kwOver:
		if !after || !s.isOp(i-1, ')') || !s.isOp(i+1, '(') && !s.isName(i+1) {
			return false
		}
		w.expect = w.nameUnlessParen(i)
	case kwWith:
		// Behind INSERT INTO t (a) it changes nothing: names are expected there too.
		if i > w.from && !s.isOp(i-1, '(') || !s.isName(i+1) {
			return false
		}
		f.clause, w.expect = withClause, expectName
	case kwIsNull, kwNotNull:
		w.expect = expectOperator
	default:
		return false
	}
	return true
}

func isLike(kw keyword) bool {
	return kw == kwLike || kw == kwGlob || kw == kwRegexp || kw == kwMatch
}

// startsWindow reports whether lexeme i comes first, or second behind a name, in
// the parentheses of OVER (…) or of WINDOW name AS (…).
func (w *walker) startsWindow(i int) bool {
	s, at := w.s, w.top().argAt
	if at < 2 || !s.isOp(at-1, '(') || !s.isKeyword(at-2, kwOver) && !s.isKeyword(at-2, kwAs) {
		return false
	}
	return i == at || i == at+1
}

// nameUnlessParen is what follows IN and OVER: a name, or expressions in
// parentheses.
func (w *walker) nameUnlessParen(i int) expectation {
	if w.s.isOp(i+1, '(') {
		return expectOperand
	}
	return expectName
}
