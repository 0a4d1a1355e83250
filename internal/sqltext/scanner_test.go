package sqltext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func tokens(sql string) []Token {
	var list []Token
	s := NewScanner(sql)
	for t, ok := s.Next(); ok; t, ok = s.Next() {
		list = append(list, t)
	}
	return list
}

func TestScan(t *testing.T) {
	for _, test := range []struct {
		sql  string
		want []string // kind:text
	}{
		{"a /* b */\n;", []string{"Ident:a", "Space: ", "Comment:/* b */", "Space:\n", "Semicolon:;"}},
		{"-- a\n--b", []string{"Comment:-- a", "Space:\n", "Comment:--b"}},
		{"/*/ */", []string{"Comment:/*/ */"}},
		{"/**/a", []string{"Comment:/**/", "Ident:a"}},
		{"/* a", []string{"Comment:/* a"}},
		{"/*", []string{"Operator:/", "Operator:*"}},
		{"'a''b'c", []string{"String:'a''b'", "Ident:c"}},
		{"''''", []string{"String:''''"}},
		{"'''", []string{"Illegal:'''"}},
		{"[a]]", []string{"QuotedIdent:[a]", "Illegal:]"}},
		{"\"a\"`b`", []string{"QuotedIdent:\"a\"", "QuotedIdent:`b`"}},
		{"x'0aF0'", []string{"Blob:x'0aF0'"}},
		{"x'0'1", []string{"Illegal:x'0'", "Number:1"}},
		{"x'0g'", []string{"Illegal:x'0g'"}},
		{"0x1Fg", []string{"Illegal:0x1Fg"}},
		{"0x", []string{"Illegal:0x"}},
		{".5.5", []string{"Number:.5", "Number:.5"}},
		{"1.e5", []string{"Number:1.e5"}},
		{"1e+", []string{"Illegal:1e", "Operator:+"}},
		{"1_000.5_0e1_0", []string{"Number:1_000.5_0e1_0"}},
		{"?12?a", []string{"Placeholder:?12", "Placeholder:?", "Ident:a"}},
		{"$a::b(c d)", []string{"Illegal:$a::b(c", "Space: ", "Ident:d", "Operator:)"}},
		{"$a::b(c)d", []string{"Placeholder:$a::b(c)", "Ident:d"}},
		{":a:b", []string{"Placeholder::a", "Placeholder::b"}},
		{"#1", []string{"Illegal:#1"}},
		{"a->b->>c", []string{"Ident:a", "Operator:->", "Ident:b", "Operator:->>", "Ident:c"}},
		{"<><<<=<", []string{"Operator:<>", "Operator:<<", "Operator:<=", "Operator:<"}},
		{"||!==", []string{"Operator:||", "Operator:!=", "Operator:="}},
		{"\ufeffé", []string{"Space:\ufeff", "Ident:é"}},
		{"a\ufeff", []string{"Ident:a\ufeff"}},
		{" \v\v", []string{"Space: \v\v"}},
		{"\v", []string{"Illegal:\v"}},
		{"'a\x00b' c", []string{"Illegal:'a\x00b'", "Space: ", "Ident:c"}},
		{"a$1", []string{"Ident:a$1"}},
	} {
		var got []string
		for _, tok := range tokens(test.sql) {
			got = append(got, tok.Kind.String()+":"+test.sql[tok.Pos:tok.End])
		}
		require.Equal(t, test.want, got, "%q", test.sql)
	}
}

// TestScanBytes asks SQLite about every byte in several surroundings: it
// accepts a text with a byte exactly when the tokens are legal, or refuses it
// for another reason, which doesn't depend on the tokenizer.
func TestScanBytes(t *testing.T) {
	e := newEngine(t)
	for b := 1; b < 256; b++ {
		if b == '_' {
			continue // SQLite's parser refuses misplaced digit separators, in the same words
		}
		for _, format := range []string{"SELECT 1%s", "SELECT %s1", "SELECT 1 %s 1", "SELECT 1 %s", "SELECT :a%s", "SELECT $a(%s)", "SELECT 1 -%s- 1\n", "SELECT 1 /%s", "SELECT 0x1%s", "SELECT x%s00'"} {
			sql := fmt.Sprintf(format, string([]byte{byte(b)}))
			_, err := e.prepare(sql)
			unrecognized := err != nil && strings.Contains(err.Error(), "unrecognized token")
			illegal := false
			for _, s := range Split(sql) {
				illegal = illegal || s.Err != nil
			}
			if err == nil || unrecognized {
				require.Equal(t, unrecognized, illegal, "%q: %v", sql, err)
			}
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		pos := 0
		for _, tok := range tokens(sql) {
			require.Equal(t, pos, tok.Pos)
			require.Greater(t, tok.End, tok.Pos)
			pos = tok.End
		}
		require.Equal(t, len(sql), pos)
	})
}

func TestKindString(t *testing.T) {
	require.Equal(t, "Illegal", Illegal.String())
	require.Equal(t, "Semicolon", Semicolon.String())
	require.Equal(t, "Kind?", Kind(200).String())
}
