package emulator

import (
	"strconv"
	"strings"

	lib "modernc.org/sqlite/lib"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

// gate decides what statements from outside may do, as the engine's authorizer does. The lists were measured by asking
// the engine for every function and pragma that SQLite 3.49 has.
type gate struct {
	trusted     bool // the emulator's own SQL is running: all is allowed
	transaction bool // the last refusal was of BEGIN, COMMIT, SAVEPOINT and the like
}

// trust lets the emulator's own SQL through until the function it gives is called.
func (g *gate) trust() (end func()) {
	before := g.trusted
	g.trusted = true
	return func() { g.trusted = before }
}

// reserved is the prefix of the engine's own tables; the engine compares it case-sensitively.
const reserved = "_cf_"

func allowedName(name string) bool { return !strings.HasPrefix(name, reserved) }

func (g *gate) authorize(a sqlite3.Action) bool {
	if g.trusted {
		return true
	}
	g.transaction = false
	if a.Code == lib.SQLITE_ALTER_TABLE {
		return allowedName(a.Arg2) // its Database may be a column
	}
	switch a.Database {
	case "", "main":
	case "temp":
		// Only what ALTER TABLE itself does: looking for temporary tables, of which there are none.
		return (a.Code == lib.SQLITE_READ || a.Code == lib.SQLITE_UPDATE) && allowedName(a.Arg1)
	default:
		return false
	}
	switch a.Code {
	case lib.SQLITE_SELECT, lib.SQLITE_RECURSIVE, lib.SQLITE_ANALYZE:
		return true
	case lib.SQLITE_READ, lib.SQLITE_INSERT, lib.SQLITE_UPDATE, lib.SQLITE_DELETE,
		lib.SQLITE_CREATE_TABLE, lib.SQLITE_DROP_TABLE, lib.SQLITE_CREATE_VIEW, lib.SQLITE_DROP_VIEW,
		lib.SQLITE_REINDEX:
		return allowedName(a.Arg1)
	case lib.SQLITE_CREATE_INDEX, lib.SQLITE_DROP_INDEX, lib.SQLITE_CREATE_TRIGGER, lib.SQLITE_DROP_TRIGGER:
		return allowedName(a.Arg1) && allowedName(a.Arg2)
	case lib.SQLITE_CREATE_VTABLE, lib.SQLITE_DROP_VTABLE:
		return allowedName(a.Arg1) && allowedModule(a.Arg2)
	case lib.SQLITE_PRAGMA:
		return allowedPragma(a)
	case lib.SQLITE_FUNCTION:
		return allowedFunctions[strings.ToLower(a.Arg2)]
	case lib.SQLITE_TRANSACTION, lib.SQLITE_SAVEPOINT:
		g.transaction = true
		return false
	default: // ATTACH, DETACH and everything temporary among them
		return false
	}
}

func allowedModule(name string) bool {
	return strings.EqualFold(name, "fts5") || strings.EqualFold(name, "fts5vocab")
}

// pragmaArgument is what the engine lets a pragma be given.
type pragmaArgument int

const (
	noArgument   pragmaArgument = iota + 1 // none at all
	boolArgument                           // none, or a boolean
	intArgument                            // none, or an integer
	nameArgument                           // a name, which must be there
	nameOrNone                             // none, or a name
	anyArgument
)

// pragmas are compared as they are written: the engine refuses PRAGMA TABLE_INFO(t).
var pragmas = map[string]pragmaArgument{
	"case_sensitive_like":       boolArgument,
	"data_version":              noArgument,
	"defer_foreign_keys":        boolArgument,
	"foreign_key_check":         nameOrNone,
	"foreign_key_list":          nameArgument,
	"foreign_keys":              boolArgument,
	"ignore_check_constraints":  boolArgument,
	"index_info":                nameArgument,
	"index_list":                nameArgument,
	"index_xinfo":               nameArgument,
	"legacy_alter_table":        boolArgument,
	"optimize":                  intArgument,
	"quick_check":               nameOrNone,
	"recursive_triggers":        boolArgument,
	"reverse_unordered_selects": boolArgument,
	"table_info":                nameArgument,
	"table_list":                anyArgument,
	"table_xinfo":               nameArgument,
}

func allowedPragma(a sqlite3.Action) bool {
	switch pragmas[a.Arg1] {
	case noArgument:
		return !a.HasArg2
	case boolArgument:
		return !a.HasArg2 || pragmaBool(a.Arg2)
	case intArgument:
		_, err := strconv.ParseInt(a.Arg2, 0, 64)
		return !a.HasArg2 || err == nil
	case nameArgument:
		return a.HasArg2 && allowedName(a.Arg2)
	case nameOrNone:
		return allowedName(a.Arg2)
	case anyArgument:
		return true
	default:
		return false
	}
}

// pragmaBool tells whether the engine takes text for a boolean: by how it begins.
func pragmaBool(text string) bool {
	text = strings.ToLower(text)
	for _, prefix := range []string{"true", "false", "yes", "no", "on", "off", "1", "0"} {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

var allowedFunctions = set(`
	-> ->> abs changes char coalesce concat concat_ws format glob hex ifnull iif instr last_insert_rowid length like
	likelihood likely load_extension lower ltrim match max min nullif octet_length printf quote random randomblob replace
	round rtrim sign substr substring total_changes trim typeof unhex unicode unlikely upper zeroblob

	current_date current_time current_timestamp date datetime julianday strftime time timediff unixepoch

	avg count group_concat string_agg sum total
	cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number

	acos acosh asin asinh atan atan2 atanh ceil cos cosh degrees exp floor ln log log2 mod pi pow radians sin sinh sqrt
	tan tanh trunc

	json json_array json_array_length json_extract json_group_array json_group_object json_insert json_object json_patch
	json_quote json_remove json_replace json_set json_type json_valid
	jsonb jsonb_array jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch
	jsonb_remove jsonb_replace jsonb_set

	bm25 highlight snippet

	sqlite_drop_column sqlite_rename_column sqlite_rename_quotefix sqlite_rename_table sqlite_rename_test
`)

// refusedFunctions are those the engine has and doesn't allow. Others it doesn't have.
var refusedFunctions = set(`
	ceiling fts5 fts5_get_locale fts5_locale fts5_source_id json_error_position json_pretty log10 power
	sqlite_compileoption_get sqlite_compileoption_used sqlite_log sqlite_source_id sqlite_version subtype
`)

// hasFunction tells whether the engine knows a function, allowed or not.
func hasFunction(name string) bool {
	name = strings.ToLower(name)
	return allowedFunctions[name] || refusedFunctions[name]
}

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		m[word] = true
	}
	return m
}
