package d1

import (
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// The engine names the place of a mistake, "at offset 7", by counting the bytes of
// the statement that it got, which is seldom what the program wrote: placeholders
// are rewritten, and a transaction puts its questions around the statement.

// sentText is a text that was sent, for which an error may be.
type sentText struct {
	sql string
	// place maps an offset to the program's text, and gives the placeholder that
	// stands there if the driver has written something else in its place.
	place func(at int) (offset int, placeholder string, ok bool)
	of    int // index of the program's statement
}

// textsOf are the texts in a statement that was sent in which b, of index i, is
// found: as it is, inside what asks for its answer, as a view, or without RETURNING.
func textsOf(sent wire.Statement, b value.Bound, of int) []sentText {
	i := len(b.Source.Lead)
	if !strings.HasPrefix(sent.SQL, b.Source.Lead+b.SQL) {
		i = strings.Index(sent.SQL, b.SQL)
	}
	if i >= 0 {
		return []sentText{{sent.SQL, func(at int) (int, string, bool) { return b.Place(at - i) }, of}}
	}
	if sql, place := b.Source.PlaceWithoutParams(); strings.HasSuffix(sent.SQL, sql) {
		before := len(sent.SQL) - len(sql)
		return []sentText{{sent.SQL, func(at int) (int, string, bool) { return place(at - before) }, of}}
	}
	same := 0
	for same < len(b.SQL) && same < len(sent.SQL) && b.SQL[same] == sent.SQL[same] {
		same++
	}
	if dml, ok := b.Source.DML(); ok && dml.Returning.Pos > 0 && same >= len(b.Text(dml.Body)) {
		return []sentText{{sent.SQL[:same], b.Place, of}}
	}
	return nil
}

// programsOffset makes the offset in an error of the engine count in what the
// program wrote. If it is not known which of texts the error is for, it is left
// out. of is the statement that the error is for, -1 if that is not known.
func programsOffset(message string, texts []sentText) (_ string, of int) {
	head, at, tail, ok := cutOffset(message)
	if !ok {
		return message, -1
	}
	found, instead := -1, ""
	for _, t := range texts {
		// The message names the token at which its offset is.
		if len(texts) > 1 && !names(head, t.sql, at) {
			continue
		}
		offset, placeholder, ok := t.place(at)
		switch {
		case !ok || at >= len(t.sql):
		case found < 0:
			found, instead, of = offset, placeholder, t.of
		case found != offset:
			return head + tail, -1
		case of != t.of:
			of = -1 // the same mistake twice
		}
	}
	if found < 0 {
		return head + tail, -1
	}
	if strings.HasPrefix(head, `near "`) && instead != "" {
		head = `near "` + instead + `": syntax error`
	}
	return head + offsetMark + strconv.Itoa(found) + tail, of
}

const offsetMark = " at offset "

// cutOffset cuts a message of the engine around the offset:
//
//	no such column: a at offset 7: SQLITE_ERROR
func cutOffset(message string) (head string, at int, tail string, ok bool) {
	i := strings.LastIndex(message, offsetMark)
	if i < 0 {
		return "", 0, "", false
	}
	rest := message[i+len(offsetMark):]
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	at, err := strconv.Atoi(rest[:digits])
	tail = rest[digits:]
	return message[:i], at, tail, err == nil && (tail == "" || strings.HasPrefix(tail, ": SQLITE_"))
}

// names reports whether a message names the token that begins at an offset.
func names(message, sql string, at int) bool {
	scanner := sqltext.NewScanner(sql)
	for {
		t, more := scanner.Next()
		switch {
		case !more || t.Pos > at:
			return false
		case t.Pos < at:
			continue
		}
		token := sql[t.Pos:t.End]
		if rest, ok := strings.CutPrefix(message, `near "`); ok {
			return strings.HasPrefix(rest, token+`"`)
		}
		switch t.Kind {
		case sqltext.Ident:
		case sqltext.QuotedIdent, sqltext.String:
			token = sqltext.Unquote(token)
		default: // near "(": syntax error
			return strings.Contains(message, `"`+token+`"`)
		}
		return hasWord(strings.ToLower(message), strings.ToLower(token))
	}
}

// hasWord reports whether word stands in text, and is no part of a longer one.
func hasWord(text, word string) bool {
	for from := 0; word != ""; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			break
		}
		i += from
		end := i + len(word)
		if (i == 0 || !sqltext.IsIdent(text[i-1])) && (end == len(text) || !sqltext.IsIdent(text[end])) {
			return true
		}
		from = i + 1
	}
	return false
}
