package sqltext

// keyword is a word of SQL that matters to this package.
type keyword uint8

const (
	kwNone keyword = iota
	kwAll
	kwAlter
	kwAnalyze
	kwAnd
	kwAs
	kwAttach
	kwBegin
	kwBetween
	kwBy
	kwCase
	kwCollate
	kwCommit
	kwCreate
	kwCurrentDate
	kwCurrentTime
	kwCurrentTimestamp
	kwDefault
	kwDeferred
	kwDelete
	kwDetach
	kwDistinct
	kwDo
	kwDrop
	kwElse
	kwEnd
	kwEscape
	kwExclusive
	kwExists
	kwExplain
	kwFrom
	kwGlob
	kwGroup
	kwHaving
	kwImmediate
	kwIn
	kwInsert
	kwInto
	kwIs
	kwIsNull
	kwJoin
	kwLike
	kwLimit
	kwMatch
	kwMaterialized
	kwNot
	kwNothing
	kwNotNull
	kwOffset
	kwOn
	kwOr
	kwOrder
	kwOver
	kwPartition
	kwPlan
	kwPragma
	kwQuery
	kwRecursive
	kwRegexp
	kwReindex
	kwRelease
	kwReplace
	kwReturning
	kwRollback
	kwSavepoint
	kwSelect
	kwSet
	kwTable
	kwTemp
	kwThen
	kwTo
	kwTransaction
	kwTrigger
	kwUnion // also EXCEPT and INTERSECT
	kwUpdate
	kwUsing
	kwVacuum
	kwValues
	kwVirtual
	kwWhen
	kwWhere
	kwWindow
	kwWith
)

// longestKeyword is the length of CURRENT_TIMESTAMP.
const longestKeyword = 17

// keywordOf returns the keyword that a bare word spells. Only ASCII letters
// fold: strings.EqualFold would take U+017F for an s.
func keywordOf(word string) keyword {
	if len(word) < 2 || len(word) > longestKeyword {
		return kwNone
	}
	var buf [longestKeyword]byte
	for i := range len(word) {
		buf[i] = lowerByte(word[i])
	}
	switch string(buf[:len(word)]) {
	case "all":
		return kwAll
	case "alter":
		return kwAlter
	case "analyze":
		return kwAnalyze
	case "and":
		return kwAnd
	case "as":
		return kwAs
	case "attach":
		return kwAttach
	case "begin":
		return kwBegin
	case "between":
		return kwBetween
	case "by":
		return kwBy
	case "case":
		return kwCase
	case "collate":
		return kwCollate
	case "commit":
		return kwCommit
	case "create":
		return kwCreate
	case "current_date":
		return kwCurrentDate
	case "current_time":
		return kwCurrentTime
	case "current_timestamp":
		return kwCurrentTimestamp
	case "default":
		return kwDefault
	case "deferred":
		return kwDeferred
	case "delete":
		return kwDelete
	case "detach":
		return kwDetach
	case "distinct":
		return kwDistinct
	case "do":
		return kwDo
	case "drop":
		return kwDrop
	case "else":
		return kwElse
	case "end":
		return kwEnd
	case "escape":
		return kwEscape
	case "exclusive":
		return kwExclusive
	case "exists":
		return kwExists
	case "explain":
		return kwExplain
	case "from":
		return kwFrom
	case "glob":
		return kwGlob
	case "group":
		return kwGroup
	case "having":
		return kwHaving
	case "immediate":
		return kwImmediate
	case "in":
		return kwIn
	case "insert":
		return kwInsert
	case "into":
		return kwInto
	case "is":
		return kwIs
	case "isnull":
		return kwIsNull
	case "join":
		return kwJoin
	case "like":
		return kwLike
	case "limit":
		return kwLimit
	case "match":
		return kwMatch
	case "materialized":
		return kwMaterialized
	case "not":
		return kwNot
	case "nothing":
		return kwNothing
	case "notnull":
		return kwNotNull
	case "offset":
		return kwOffset
	case "on":
		return kwOn
	case "or":
		return kwOr
	case "order":
		return kwOrder
	case "over":
		return kwOver
	case "partition":
		return kwPartition
	case "plan":
		return kwPlan
	case "pragma":
		return kwPragma
	case "query":
		return kwQuery
	case "recursive":
		return kwRecursive
	case "regexp":
		return kwRegexp
	case "reindex":
		return kwReindex
	case "release":
		return kwRelease
	case "replace":
		return kwReplace
	case "returning":
		return kwReturning
	case "rollback":
		return kwRollback
	case "savepoint":
		return kwSavepoint
	case "select":
		return kwSelect
	case "set":
		return kwSet
	case "table":
		return kwTable
	case "temp", "temporary":
		return kwTemp
	case "then":
		return kwThen
	case "to":
		return kwTo
	case "transaction":
		return kwTransaction
	case "trigger":
		return kwTrigger
	case "union", "except", "intersect":
		return kwUnion
	case "update":
		return kwUpdate
	case "using":
		return kwUsing
	case "vacuum":
		return kwVacuum
	case "values":
		return kwValues
	case "virtual":
		return kwVirtual
	case "when":
		return kwWhen
	case "where":
		return kwWhere
	case "window":
		return kwWindow
	case "with":
		return kwWith
	}
	return kwNone
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares as SQLite compares names: only ASCII letters fold.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

// EqualNames compares as SQLite compares names: only ASCII letters fold.
func EqualNames(a, b string) bool { return equalFold(a, b) }

// FoldName is the same for all names that EqualNames takes for one.
func FoldName(name string) string { return lower(name) }

// lower folds ASCII letters only.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lowerByte(c)
	}
	return string(b)
}

// upper folds ASCII letters only.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
	return string(b)
}
