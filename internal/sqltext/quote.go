package sqltext

import "strings"

// QuoteIdent writes name as a quoted identifier.
func QuoteIdent(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Unquote returns what a token of a name or string stands for.
func Unquote(token string) string { return unquote(token) }
