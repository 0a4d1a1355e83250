package sqltext

// Verb is what a statement does.
type Verb uint8

// END counts as Commit, and ROLLBACK … TO as RollbackTo.
const (
	Unknown Verb = iota
	Select
	Values
	Insert
	Replace
	Update
	Delete
	Explain
	Pragma
	Create
	Alter
	Drop
	Reindex
	Analyze
	Vacuum
	Attach
	Detach
	Begin
	Commit
	Rollback
	RollbackTo
	Savepoint
	Release
)

var verbNames = [...]string{
	Unknown: "unknown", Select: "SELECT", Values: "VALUES", Insert: "INSERT", Replace: "REPLACE", Update: "UPDATE",
	Delete: "DELETE", Explain: "EXPLAIN", Pragma: "PRAGMA", Create: "CREATE", Alter: "ALTER", Drop: "DROP",
	Reindex: "REINDEX", Analyze: "ANALYZE", Vacuum: "VACUUM", Attach: "ATTACH", Detach: "DETACH", Begin: "BEGIN",
	Commit: "COMMIT", Rollback: "ROLLBACK", RollbackTo: "ROLLBACK TO", Savepoint: "SAVEPOINT", Release: "RELEASE",
}

func (v Verb) String() string {
	if int(v) < len(verbNames) {
		return verbNames[v]
	}
	return "Verb?"
}

var verbs = map[keyword]Verb{
	kwSelect: Select, kwValues: Values, kwInsert: Insert, kwReplace: Replace, kwUpdate: Update, kwDelete: Delete,
	kwExplain: Explain, kwPragma: Pragma, kwCreate: Create, kwAlter: Alter, kwDrop: Drop, kwReindex: Reindex,
	kwAnalyze: Analyze, kwVacuum: Vacuum, kwAttach: Attach, kwDetach: Detach, kwBegin: Begin, kwCommit: Commit,
	kwEnd: Commit, kwRollback: Rollback, kwSavepoint: Savepoint, kwRelease: Release,
}

// classify finds the verb.
func (s *Statement) classify() {
	s.Verb, s.verbAt = s.verbFrom(0)
	switch s.Verb {
	case Explain:
		i := s.verbAt + 1
		if s.isKeyword(i, kwQuery) && s.isKeyword(i+1, kwPlan) {
			i += 2
		}
		s.inner, s.innerAt = s.verbFrom(i)
		s.virtual = s.inner == Create && s.isKeyword(s.innerAt+1, kwVirtual)
	case Create:
		s.virtual = s.isKeyword(s.verbAt+1, kwVirtual)
	}
}

// verbFrom returns the verb of the statement that starts at lexeme i, and its index.
func (s *Statement) verbFrom(i int) (Verb, int) {
	if s.isKeyword(i, kwWith) {
		i = s.skipWith(i)
		switch v := verbs[s.at(i).kw]; v {
		case Select, Values, Insert, Replace, Update, Delete:
			return v, i
		}
		return Unknown, i
	}
	v := verbs[s.at(i).kw]
	if v == Rollback {
		v = s.rollbackVerb(i)
	}
	return v, i
}

// skipWith returns the index behind the common table expressions that start
// with the WITH at i. Their names can be any word, SELECT's kin included.
func (s *Statement) skipWith(i int) int {
	i++
	if s.isKeyword(i, kwRecursive) {
		i++
	}
	for {
		i++ // name
		if s.isOp(i, '(') {
			i = s.skipParens(i)
		}
		if s.isKeyword(i, kwAs) {
			i++
		}
		if s.isKeyword(i, kwNot) {
			i++
		}
		if s.isKeyword(i, kwMaterialized) {
			i++
		}
		if !s.isOp(i, '(') {
			return i
		}
		i = s.skipParens(i)
		if !s.isOp(i, ',') {
			return i
		}
		i++
	}
}

// ReadOnly reports whether the statement surely changes nothing.
func (s *Statement) ReadOnly() bool {
	switch s.Verb {
	case Select, Values:
		return !s.readsPragma()
	case Pragma:
		return s.readOnlyPragma(s.verbAt)
	case Explain:
		// A PRAGMA takes effect while it is compiled, so EXPLAIN runs it.
		return s.inner != Pragma || s.readOnlyPragma(s.innerAt)
	}
	return false
}

// ReturnsRows reports whether the statement can return rows.
func (s *Statement) ReturnsRows() bool {
	switch s.Verb {
	case Select, Values, Explain, Pragma:
		return true
	case Insert, Replace, Update, Delete:
		return s.returningAt() >= 0
	}
	return false
}

// TxControl reports whether the statement is BEGIN, COMMIT, END, ROLLBACK,
// ROLLBACK TO, SAVEPOINT or RELEASE.
func (s *Statement) TxControl() bool { return s.Verb >= Begin && s.Verb <= Release }

// returningAt returns the index of the word RETURNING of a DML statement, or
// -1. SQLite never takes RETURNING for a bare name, so outside parentheses it
// is the clause.
func (s *Statement) returningAt() int {
	depth := 0
	for i := s.verbAt; i < len(s.lexemes); i++ {
		switch {
		case s.isOp(i, '('):
			depth++
		case s.isOp(i, ')'):
			depth--
		case depth == 0 && s.lexemes[i].kw == kwReturning:
			return i
		}
	}
	return -1
}
