package api

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

const (
	redacted = "[redacted]"

	// A token this long can't be part of an engine message by accident, a
	// shorter one can: "token" in `unrecognized token: "x"`.
	minCertainToken = 20
)

// scrubber returns a function that removes the token from an error. The
// driver puts it nowhere, but a server, a proxy or a transport may echo it.
func scrubber(token string) func(*Error) {
	quoted := strconv.Quote(token)
	var pairs []string
	for _, form := range []string{token, quoted[1 : len(quoted)-1], html.EscapeString(token), url.QueryEscape(token), url.PathEscape(token)} {
		pairs = append(pairs, form, redacted)
	}
	replacer := strings.NewReplacer(pairs...)
	return func(e *Error) {
		if e.Kind == KindSQL && len(token) < minCertainToken {
			return
		}
		e.Message = replacer.Replace(e.Message)
		e.RayID = replacer.Replace(e.RayID)
		if e.Cause == nil {
			return
		}
		// Also what only %+v or %#v would show.
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			if text := fmt.Sprintf(verb, e.Cause); replacer.Replace(text) != text {
				e.Cause = &scrubbedError{replacer.Replace(e.Cause.Error()), sentinel(e.Cause)}
				return
			}
		}
	}
}

// scrubbedError stands for a cause that contained the token.
type scrubbedError struct {
	text string
	is   error // a context's error, or nil
}

func (e *scrubbedError) Error() string { return e.text }
func (e *scrubbedError) Unwrap() error { return e.is }

// withoutURL drops the *url.Error that an http.Client inside a transport puts
// around its errors: its URL may have a query or a password.
func withoutURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) && u.Err != nil {
		err = u.Err
	}
	return err
}

const maxQuoted = 200 // bytes of a response that isn't JSON, shown in an error

// summary describes a response that isn't what the API documents: status,
// content type and the first text.
func summary(status int, h http.Header, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "unexpected response: HTTP %d", status)
	if text := http.StatusText(status); text != "" {
		fmt.Fprintf(&b, " %s", text)
	}
	if status/100 == 3 {
		b.WriteString(", a redirect, which is not followed")
		if to, err := url.Parse(h.Get("Location")); err == nil && to.Host != "" {
			fmt.Fprintf(&b, ", to host %s", to.Host)
		}
	}
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case err == nil:
		fmt.Fprintf(&b, ", content type %s", mediaType)
	case h.Get("Content-Type") == "":
		b.WriteString(", no content type")
	}
	text := string(body)
	if mediaType == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		text = htmlText(text)
	}
	switch text = printable(text); {
	case text != "":
		fmt.Fprintf(&b, ": %q", text)
	case len(body) == 0:
		b.WriteString(", empty body")
	}
	return b.String()
}

// printable returns the first text in s, on one line.
func printable(s string) string {
	s = strings.ToValidUTF8(s, " ")
	var b strings.Builder
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(cut(word, maxQuoted+1))
		if b.Len() > maxQuoted {
			return cut(b.String(), maxQuoted) + "…"
		}
	}
	return b.String()
}

// htmlText returns the text of a page, without tags, comments, styles and
// scripts.
func htmlText(page string) string {
	var b strings.Builder
	for page != "" {
		text, tag, found := strings.Cut(page, "<")
		b.WriteString(text)
		b.WriteByte(' ')
		if !found {
			break
		}
		switch {
		case strings.HasPrefix(tag, "!--"):
			_, page, _ = strings.Cut(tag, "-->")
			continue
		case hasPrefixFold(tag, "style"):
			tag = skipTo(tag, "/style")
		case hasPrefixFold(tag, "script"):
			tag = skipTo(tag, "/script")
		}
		_, page, _ = strings.Cut(tag, ">")
	}
	return html.UnescapeString(b.String())
}

// skipTo returns what is left of page from the closing tag on.
func skipTo(page, closing string) string {
	for {
		_, tag, found := strings.Cut(page, "<")
		if !found || hasPrefixFold(tag, closing) {
			return tag
		}
		page = tag
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
