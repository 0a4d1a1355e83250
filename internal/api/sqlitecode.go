package api

import "strings"

// sqliteCodes reads the codes from the end of an engine message, which has one
// of these forms:
//
//	no such table: t: SQLITE_ERROR
//	UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)
//
// found is also true for names that aren't known here; their code is 0.
func sqliteCodes(message string) (code, extended int, found bool) {
	message = strings.TrimRight(message, " \n")
	var extendedName string
	if inner, ok := strings.CutSuffix(message, ")"); ok {
		const open = " (extended: "
		i := strings.LastIndex(inner, open)
		if i < 0 || !isCodeName(inner[i+len(open):]) {
			return 0, 0, false
		}
		message, extendedName = inner[:i], inner[i+len(open):]
	}
	i := strings.LastIndex(message, ": ")
	if i < 0 || !isCodeName(message[i+2:]) || strings.HasSuffix(message[:i], " (extended") {
		return 0, 0, false
	}
	code = codeNumbers[message[i+2:]]
	extended = code
	if n, ok := codeNumbers[extendedName]; ok {
		extended = n
	}
	return code, extended, true
}

// SQLiteCodes reads the result codes out of a message of the engine that came in
// another answer than an error, such as that of an import; 0 if it has none.
func SQLiteCodes(message string) (code, extended int) {
	code, extended, _ = sqliteCodes(message)
	if code == 0 && strings.Contains(message, refusedCommit) {
		return codeNumbers["SQLITE_CONSTRAINT"], codeNumbers["SQLITE_CONSTRAINT_FOREIGNKEY"]
	}
	return code, extended
}

func isCodeName(s string) bool {
	rest, ok := strings.CutPrefix(s, "SQLITE_")
	return ok && rest != "" && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// codeNumbers has all result codes of SQLite 3.50. An extended code is its
// primary code in the low byte and a number above it.
var codeNumbers = map[string]int{
	"SQLITE_OK":         0,
	"SQLITE_ERROR":      1,
	"SQLITE_INTERNAL":   2,
	"SQLITE_PERM":       3,
	"SQLITE_ABORT":      4,
	"SQLITE_BUSY":       5,
	"SQLITE_LOCKED":     6,
	"SQLITE_NOMEM":      7,
	"SQLITE_READONLY":   8,
	"SQLITE_INTERRUPT":  9,
	"SQLITE_IOERR":      10,
	"SQLITE_CORRUPT":    11,
	"SQLITE_NOTFOUND":   12,
	"SQLITE_FULL":       13,
	"SQLITE_CANTOPEN":   14,
	"SQLITE_PROTOCOL":   15,
	"SQLITE_EMPTY":      16,
	"SQLITE_SCHEMA":     17,
	"SQLITE_TOOBIG":     18,
	"SQLITE_CONSTRAINT": 19,
	"SQLITE_MISMATCH":   20,
	"SQLITE_MISUSE":     21,
	"SQLITE_NOLFS":      22,
	"SQLITE_AUTH":       23,
	"SQLITE_FORMAT":     24,
	"SQLITE_RANGE":      25,
	"SQLITE_NOTADB":     26,
	"SQLITE_NOTICE":     27,
	"SQLITE_WARNING":    28,
	"SQLITE_ROW":        100,
	"SQLITE_DONE":       101,

	"SQLITE_OK_LOAD_PERMANENTLY":     0 | 1<<8,
	"SQLITE_OK_SYMLINK":              0 | 2<<8,
	"SQLITE_ERROR_MISSING_COLLSEQ":   1 | 1<<8,
	"SQLITE_ERROR_RETRY":             1 | 2<<8,
	"SQLITE_ERROR_SNAPSHOT":          1 | 3<<8,
	"SQLITE_ERROR_RESERVESIZE":       1 | 4<<8,
	"SQLITE_ERROR_KEY":               1 | 5<<8,
	"SQLITE_ERROR_UNABLE":            1 | 6<<8,
	"SQLITE_ABORT_ROLLBACK":          4 | 2<<8,
	"SQLITE_BUSY_RECOVERY":           5 | 1<<8,
	"SQLITE_BUSY_SNAPSHOT":           5 | 2<<8,
	"SQLITE_BUSY_TIMEOUT":            5 | 3<<8,
	"SQLITE_LOCKED_SHAREDCACHE":      6 | 1<<8,
	"SQLITE_LOCKED_VTAB":             6 | 2<<8,
	"SQLITE_READONLY_RECOVERY":       8 | 1<<8,
	"SQLITE_READONLY_CANTLOCK":       8 | 2<<8,
	"SQLITE_READONLY_ROLLBACK":       8 | 3<<8,
	"SQLITE_READONLY_DBMOVED":        8 | 4<<8,
	"SQLITE_READONLY_CANTINIT":       8 | 5<<8,
	"SQLITE_READONLY_DIRECTORY":      8 | 6<<8,
	"SQLITE_IOERR_READ":              10 | 1<<8,
	"SQLITE_IOERR_SHORT_READ":        10 | 2<<8,
	"SQLITE_IOERR_WRITE":             10 | 3<<8,
	"SQLITE_IOERR_FSYNC":             10 | 4<<8,
	"SQLITE_IOERR_DIR_FSYNC":         10 | 5<<8,
	"SQLITE_IOERR_TRUNCATE":          10 | 6<<8,
	"SQLITE_IOERR_FSTAT":             10 | 7<<8,
	"SQLITE_IOERR_UNLOCK":            10 | 8<<8,
	"SQLITE_IOERR_RDLOCK":            10 | 9<<8,
	"SQLITE_IOERR_DELETE":            10 | 10<<8,
	"SQLITE_IOERR_BLOCKED":           10 | 11<<8,
	"SQLITE_IOERR_NOMEM":             10 | 12<<8,
	"SQLITE_IOERR_ACCESS":            10 | 13<<8,
	"SQLITE_IOERR_CHECKRESERVEDLOCK": 10 | 14<<8,
	"SQLITE_IOERR_LOCK":              10 | 15<<8,
	"SQLITE_IOERR_CLOSE":             10 | 16<<8,
	"SQLITE_IOERR_DIR_CLOSE":         10 | 17<<8,
	"SQLITE_IOERR_SHMOPEN":           10 | 18<<8,
	"SQLITE_IOERR_SHMSIZE":           10 | 19<<8,
	"SQLITE_IOERR_SHMLOCK":           10 | 20<<8,
	"SQLITE_IOERR_SHMMAP":            10 | 21<<8,
	"SQLITE_IOERR_SEEK":              10 | 22<<8,
	"SQLITE_IOERR_DELETE_NOENT":      10 | 23<<8,
	"SQLITE_IOERR_MMAP":              10 | 24<<8,
	"SQLITE_IOERR_GETTEMPPATH":       10 | 25<<8,
	"SQLITE_IOERR_CONVPATH":          10 | 26<<8,
	"SQLITE_IOERR_VNODE":             10 | 27<<8,
	"SQLITE_IOERR_AUTH":              10 | 28<<8,
	"SQLITE_IOERR_BEGIN_ATOMIC":      10 | 29<<8,
	"SQLITE_IOERR_COMMIT_ATOMIC":     10 | 30<<8,
	"SQLITE_IOERR_ROLLBACK_ATOMIC":   10 | 31<<8,
	"SQLITE_IOERR_DATA":              10 | 32<<8,
	"SQLITE_IOERR_CORRUPTFS":         10 | 33<<8,
	"SQLITE_IOERR_IN_PAGE":           10 | 34<<8,
	"SQLITE_IOERR_BADKEY":            10 | 35<<8,
	"SQLITE_IOERR_CODEC":             10 | 36<<8,
	"SQLITE_CORRUPT_VTAB":            11 | 1<<8,
	"SQLITE_CORRUPT_SEQUENCE":        11 | 2<<8,
	"SQLITE_CORRUPT_INDEX":           11 | 3<<8,
	"SQLITE_CANTOPEN_NOTEMPDIR":      14 | 1<<8,
	"SQLITE_CANTOPEN_ISDIR":          14 | 2<<8,
	"SQLITE_CANTOPEN_FULLPATH":       14 | 3<<8,
	"SQLITE_CANTOPEN_CONVPATH":       14 | 4<<8,
	"SQLITE_CANTOPEN_DIRTYWAL":       14 | 5<<8,
	"SQLITE_CANTOPEN_SYMLINK":        14 | 6<<8,
	"SQLITE_CONSTRAINT_CHECK":        19 | 1<<8,
	"SQLITE_CONSTRAINT_COMMITHOOK":   19 | 2<<8,
	"SQLITE_CONSTRAINT_FOREIGNKEY":   19 | 3<<8,
	"SQLITE_CONSTRAINT_FUNCTION":     19 | 4<<8,
	"SQLITE_CONSTRAINT_NOTNULL":      19 | 5<<8,
	"SQLITE_CONSTRAINT_PRIMARYKEY":   19 | 6<<8,
	"SQLITE_CONSTRAINT_TRIGGER":      19 | 7<<8,
	"SQLITE_CONSTRAINT_UNIQUE":       19 | 8<<8,
	"SQLITE_CONSTRAINT_VTAB":         19 | 9<<8,
	"SQLITE_CONSTRAINT_ROWID":        19 | 10<<8,
	"SQLITE_CONSTRAINT_PINNED":       19 | 11<<8,
	"SQLITE_CONSTRAINT_DATATYPE":     19 | 12<<8,
	"SQLITE_AUTH_USER":               23 | 1<<8,
	"SQLITE_NOTICE_RECOVER_WAL":      27 | 1<<8,
	"SQLITE_NOTICE_RECOVER_ROLLBACK": 27 | 2<<8,
	"SQLITE_NOTICE_RBU":              27 | 3<<8,
	"SQLITE_WARNING_AUTOINDEX":       28 | 1<<8,
}
