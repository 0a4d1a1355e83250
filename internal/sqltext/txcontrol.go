package sqltext

import "fmt"

// SavepointName returns the unquoted name of the savepoint in SAVEPOINT,
// RELEASE or ROLLBACK … TO, and "" for all other statements. SQLite compares
// savepoint names without regard to the case of ASCII letters.
func (s *Statement) SavepointName() string {
	switch s.Verb {
	case Savepoint, Release, RollbackTo:
		if i, ok := s.parseTxControl(); ok {
			return s.name(i - 1)
		}
	}
	return ""
}

// rollbackVerb tells ROLLBACK from ROLLBACK … TO.
func (s *Statement) rollbackVerb(i int) Verb {
	if s.isKeyword(s.skipTransaction(i+1), kwTo) {
		return RollbackTo
	}
	return Rollback
}

// skipTransaction skips [TRANSACTION [name]].
func (s *Statement) skipTransaction(i int) int {
	if s.isKeyword(i, kwTransaction) {
		i++
		if s.isName(i) && !s.isKeyword(i, kwTo) {
			i++
		}
	}
	return i
}

func (s *Statement) checkTxControl() {
	if !s.TxControl() {
		return
	}
	if i, ok := s.parseTxControl(); !ok {
		if i < len(s.lexemes) {
			s.fail(s.lexemes[i].pos, fmt.Sprintf("near %q: syntax error", s.text(i)))
		} else {
			s.fail(len(s.SQL), "incomplete input")
		}
	}
}

// parseTxControl follows the grammar of transaction control. It returns the
// index where it stopped, and whether the statement is complete there. The name
// of a savepoint, where there is one, is the last lexeme.
func (s *Statement) parseTxControl() (int, bool) {
	i := s.verbAt + 1
	switch s.Verb {
	case Begin:
		switch s.at(i).kw {
		case kwDeferred, kwImmediate, kwExclusive:
			i++
		}
		i = s.skipTransaction(i)
		return i, i == len(s.lexemes)
	case Commit, Rollback:
		i = s.skipTransaction(i)
		return i, i == len(s.lexemes)
	case RollbackTo:
		i = s.skipTransaction(i) + 1
	}
	if s.Verb != Savepoint && s.isKeyword(i, kwSavepoint) {
		i++
	}
	if !s.isName(i) {
		return i, false
	}
	i++
	return i, i == len(s.lexemes)
}
