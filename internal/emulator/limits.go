package emulator

import (
	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

// The engine's limits, as measured. Some are wider than documented: 2,000,000 bytes, 32 function arguments.
const (
	maxParameters   = 100     // bound parameters of a statement
	maxSQLBytes     = 100_000 // text of a statement
	maxValueBytes   = 2_200_000
	maxColumns      = 100 // of a table, result or index
	maxFunctionArgs = 127
	maxLikePattern  = 50 // bytes
	maxExprDepth    = 100
	maxCompound     = 5 // terms of UNION and the like
	maxTriggerDepth = 10

	// maxProgram bounds a statement's program, in instructions. SQLite only compares it when the program's memory
	// doubles, so that the engine, whose limit is 25,000, stops at 21,504; one more is "out of memory". Here the
	// allocator rounds up, differently for each statement, and memory may double at 12,800: this limit lets it.
	maxProgram = 30_000
)

func setLimits(conn *sqlite3.Conn) {
	for id, value := range map[int32]int32{
		lib.SQLITE_LIMIT_VARIABLE_NUMBER:     maxParameters,
		lib.SQLITE_LIMIT_SQL_LENGTH:          maxSQLBytes,
		lib.SQLITE_LIMIT_LENGTH:              maxValueBytes,
		lib.SQLITE_LIMIT_COLUMN:              maxColumns,
		lib.SQLITE_LIMIT_FUNCTION_ARG:        maxFunctionArgs,
		lib.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: maxLikePattern,
		lib.SQLITE_LIMIT_EXPR_DEPTH:          maxExprDepth,
		lib.SQLITE_LIMIT_COMPOUND_SELECT:     maxCompound,
		lib.SQLITE_LIMIT_VDBE_OP:             maxProgram,
		lib.SQLITE_LIMIT_TRIGGER_DEPTH:       maxTriggerDepth,
		lib.SQLITE_LIMIT_ATTACHED:            0,
		lib.SQLITE_LIMIT_WORKER_THREADS:      0,
	} {
		conn.Limit(id, value)
	}
}
