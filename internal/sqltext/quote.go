package sqltext

import "strings"

// QuoteIdent writes name as a quoted identifier.
func QuoteIdent(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Unquote returns the name or value that a token spells: the text between its
// quotes, of any of SQLite's four kinds, with doubled delimiters undone; or the
// token itself when it is bare.
func Unquote(token string) string {
	if len(token) < 2 {
		return token
	}
	switch q := token[0]; q {
	case '\'', '"', '`':
		body := token[1 : len(token)-1]
		if strings.IndexByte(body, q) < 0 {
			return body
		}
		return strings.ReplaceAll(body, string([]byte{q, q}), string(q))
	case '[':
		return token[1 : len(token)-1]
	}
	return token
}
