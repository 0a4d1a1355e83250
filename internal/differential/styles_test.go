package differential

import (
	"database/sql"
	"fmt"
	"strings"
)

// style is a way to write placeholders. Contexts have no ? but placeholders.
type style struct {
	name  string
	apply func(text string, args []any) (string, []any)
}

var styles = []style{
	{"plain", func(text string, args []any) (string, []any) { return text, args }},
	{"numbered", func(text string, args []any) (string, []any) {
		return rename(text, func(i int) string { return fmt.Sprintf("?%d", len(args)-i) }), reversed(args)
	}},
	{"named", func(text string, args []any) (string, []any) {
		named := make([]any, len(args))
		for i, v := range args {
			named[i] = sql.Named(fmt.Sprintf("p%d", i), v)
		}
		return rename(text, func(i int) string { return fmt.Sprintf("%cp%d", ":@$"[i%3], i) }), named
	}},
	// More parameters than D1 takes, of which the others are in a CTE that
	// nothing reads.
	{"packed", func(text string, args []any) (string, []any) {
		const many = 130
		verb, _, _ := strings.Cut(text, " ")
		if verb == "WITH" || verb == "CREATE" {
			return text, args
		}
		padded := append([]any(nil), args...)
		for len(padded) < many {
			padded = append(padded, len(padded))
		}
		return fmt.Sprintf("WITH padding AS (SELECT ?%d) ", many) + rename(text, func(i int) string { return fmt.Sprintf("?%d", i+1) }), padded
	}},
}

// rename replaces placeholder i, from 0, by name(i). A space keeps what follows
// from becoming part of the name.
func rename(text string, name func(i int) string) string {
	var b strings.Builder
	for i := 0; ; i++ {
		before, after, ok := strings.Cut(text, "?")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteString(name(i))
		text = after
	}
}

func reversed(args []any) []any {
	out := make([]any, len(args))
	for i, v := range args {
		out[len(args)-1-i] = v
	}
	return out
}
