package sqltext

import (
	"math"
	"strconv"
	"strings"
)

// Pragma returns the name of a PRAGMA in lower case, without its schema, and
// its value unquoted, whether written "= value" or "(value)". The name is
// empty when the statement is no PRAGMA.
func (s *Statement) Pragma() (name, value string, hasValue bool) {
	if s.Verb != Pragma {
		return "", "", false
	}
	return s.pragmaAt(s.verbAt)
}

// pragmaAt reads the PRAGMA at lexeme i.
func (s *Statement) pragmaAt(i int) (name, value string, hasValue bool) {
	i++
	if s.isOp(i+1, '.') {
		i += 2
	}
	if !s.isName(i) {
		return "", "", false
	}
	name = lower(s.name(i))
	i++
	if !s.isOp(i, '=') && !s.isOp(i, '(') {
		return name, "", false
	}
	i++
	sign := ""
	switch {
	case s.isOp(i, '-'):
		sign = "-"
		i++
	case s.isOp(i, '+'):
		i++
	}
	if i < len(s.lexemes) {
		value = sign + s.name(i)
	}
	return name, value, true
}

// PragmaOn reports whether SQLite takes a value for true where a PRAGMA is on or
// off. What is neither a word for true nor begins like a number other than 0 is
// false, and so is a number whose last byte is 0, or which has over 31 bits.
func PragmaOn(value string) bool {
	if value == "" || !isDigit(value[0]) {
		return equalFold(value, "on") || equalFold(value, "yes") || equalFold(value, "true")
	}
	digits, base := "0123456789", 10
	if hasPrefixFold(value, "0x") {
		value, digits, base = value[len("0x"):], "0123456789abcdefABCDEF", 16
	}
	value = value[:len(value)-len(strings.TrimLeft(value, digits))]
	n, err := strconv.ParseInt(value, base, 64)
	return err == nil && n <= math.MaxInt32 && byte(n) != 0
}

// pragmaEffect tells what a pragma that is known to be harmless may do.
type pragmaEffect uint8

const (
	alwaysReads pragmaEffect = iota + 1 // its value is an argument
	readsBare                           // a value would be set
)

var pragmaEffects = map[string]pragmaEffect{
	"collation_list":     alwaysReads,
	"compile_options":    alwaysReads,
	"data_version":       alwaysReads,
	"database_list":      alwaysReads,
	"foreign_key_check":  alwaysReads,
	"foreign_key_list":   alwaysReads,
	"freelist_count":     alwaysReads,
	"function_list":      alwaysReads,
	"index_info":         alwaysReads,
	"index_list":         alwaysReads,
	"index_xinfo":        alwaysReads,
	"integrity_check":    alwaysReads,
	"module_list":        alwaysReads,
	"page_count":         alwaysReads,
	"pragma_list":        alwaysReads,
	"quick_check":        alwaysReads,
	"table_info":         alwaysReads,
	"table_list":         alwaysReads,
	"table_xinfo":        alwaysReads,
	"application_id":     readsBare,
	"auto_vacuum":        readsBare,
	"busy_timeout":       readsBare,
	"cache_size":         readsBare,
	"defer_foreign_keys": readsBare,
	"encoding":           readsBare,
	"foreign_keys":       readsBare,
	"journal_mode":       readsBare,
	"page_size":          readsBare,
	"recursive_triggers": readsBare,
	"schema_version":     readsBare,
	"synchronous":        readsBare,
	"user_version":       readsBare,
}

func (s *Statement) readOnlyPragma(i int) bool {
	name, _, hasValue := s.pragmaAt(i)
	switch pragmaEffects[name] {
	case alwaysReads:
		return true
	case readsBare:
		return !hasValue
	}
	return false
}

// readsPragma reports whether a query reads a pragma_… table that is not known
// to be harmless: pragma_optimize, for one, writes statistics.
func (s *Statement) readsPragma() bool {
	const prefix = "pragma_"
	found := false
	w := walker{s: s, visit: func(i int, r role) {
		if r != name {
			return
		}
		table := s.name(i)
		if hasPrefixFold(table, prefix) && pragmaEffects[lower(table[len(prefix):])] == 0 {
			found = true
		}
	}}
	w.walk(0, len(s.lexemes))
	return found
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && equalFold(s[:len(prefix)], prefix)
}
