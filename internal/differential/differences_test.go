package differential

import (
	"math"
	"strings"
)

// What may differ, all of it imposed by D1 on the way back. Everything else that
// differs is a bug.

// maxSafe is the largest integer that JSON from JavaScript carries exactly.
const maxSafe = 1<<53 - 1

// allowed turns what the native driver gave into what this driver has to give.
func allowed(o outcome) outcome {
	for _, row := range o.Rows {
		for i, cell := range row {
			row[i] = allowedCell(cell)
		}
	}
	o.Message = allowedMessage(o.Message)
	return o
}

func allowedCell(cell any) any {
	switch v := cell.(type) {
	case int64:
		// An integer beyond 2^53 arrives rounded, and shows as a float64 so
		// that it can't be taken for an exact one.
		if v > maxSafe || v < -maxSafe {
			return float64(v)
		}
	case float64:
		switch {
		// There is no infinity in JSON.
		case math.IsInf(v, 0):
			return nil
		// 1.0 is 1 in JSON, and -0.0 is 0.
		case v == math.Trunc(v) && math.Abs(v) <= maxSafe:
			return int64(v)
		}
	case string:
		// Bytes that are no UTF-8 arrive as U+FFFD: bound text can't have
		// any, so this is text that was cut or cast. JavaScript and Go
		// replace another number of bytes by one, so nothing is compared.
		if strings.ToValidUTF8(v, "") != v {
			return notUTF8{}
		}
	case []byte:
		// The native driver gives nil for an empty blob.
		if len(v) == 0 {
			return []byte{}
		}
	}
	return cell
}

// notUTF8 stands for text that was no UTF-8.
type notUTF8 struct{}

// allowedMessage rewords messages that quote the statement, whose placeholders
// have been rewritten, or that differ between releases of SQLite.
func allowedMessage(text string) string {
	if strings.HasPrefix(text, "near ") && strings.HasSuffix(text, ": syntax error") {
		return "syntax error"
	}
	// Behind a name that takes none, as in "x IN ?", a placeholder's expression
	// is an unknown table-valued function instead of a syntax error.
	if text == "no such table: likely" || text == "no such table: unhex" {
		return "syntax error"
	}
	// The driver's errors show the start of a long message.
	const shown = 1000
	if len(text) > shown {
		text = text[:shown]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\uFFFD", ""), "")
}

// allowedFailure reports whether a statement may fail in this style only.
func allowedFailure(style, message string) bool {
	// SQLite takes no function in a window's frame. A parameter there works
	// among up to 100, when it is not packed.
	return strings.HasPrefix(style, "packed") && strings.HasPrefix(message, "frame ") && strings.HasSuffix(message, "offset must be a non-negative integer")
}

// equal compares, where want has been made by allowed.
func equal(want, got outcome) bool {
	if want.Code != got.Code || want.Message != allowedMessage(got.Message) || len(want.Rows) != len(got.Rows) ||
		!equalStrings(want.Columns, got.Columns) {
		return false
	}
	for i, row := range want.Rows {
		for j, cell := range row {
			if !equalCell(cell, got.Rows[i][j]) {
				return false
			}
		}
	}
	return true
}

func equalStrings(a, b []string) bool {
	return strings.Join(a, "\x00") == strings.Join(b, "\x00") && len(a) == len(b)
}

func equalCell(want, got any) bool {
	switch w := want.(type) {
	case notUTF8:
		s, ok := got.(string)
		return ok && strings.Contains(s, "\uFFFD")
	case float64:
		g, ok := got.(float64)
		return ok && math.Float64bits(w) == math.Float64bits(g)
	case []byte:
		g, ok := got.([]byte)
		return ok && string(w) == string(g) && g != nil
	}
	return want == got
}
