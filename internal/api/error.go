package api

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Error is the error of every failure in this package.
type Error struct {
	Message string // what the server said, whole; otherwise what went wrong. Never contains the token

	// SQLite's result codes, primary and extended. ExtendedCode equals Code
	// if the engine named no extended one. Both are 0 if it named none.
	Code, ExtendedCode int

	APICode    int           // of Cloudflare's API, such as 7500; 0 if none
	HTTPStatus int           // 0 if there was no response
	RayID      string        // Cloudflare's identifier of the request (cf-ray), for its support
	RetryAfter time.Duration // when to try again, counted from the failure; 0 if nobody said

	Kind     Kind
	Outcome  Outcome // over all attempts: Unknown if it is for one of them
	Attempts int     // how often the request was tried; 0 if it was not

	Cause error // of the transport, the context or the decoder; nil if the server's answer is the cause

	transient bool // the same request may succeed in a moment
}

// Kind is the sort of a failure.
type Kind uint8

const (
	KindSQL              Kind = iota + 1 // the engine refused the SQL or its parameters
	KindAuth                             // the API refused the token, or what it may do
	KindDatabaseNotFound                 // the account has no such database
	KindRequest                          // the API refused the request for another reason
	KindRateLimited                      // too many API requests
	KindOverloaded                       // the database has too much to do
	KindBusy                             // an import or export blocks the database
	KindExceeded                         // the request took more time, CPU or memory than D1 grants
	KindInternal                         // a failure inside Cloudflare
	KindProtocol                         // the response is not what the API documents, or is incomplete
	KindTransport                        // no complete response: network, TLS
	KindCanceled                         // the context ended; Cause matches its error
	KindConfig                           // wrong options or arguments: nothing was sent
)

var kindNames = [...]string{"unknown", "sql", "auth", "database not found", "request", "rate limited", "overloaded",
	"busy", "exceeded", "internal", "protocol", "transport", "canceled", "config"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Outcome says whether a request that failed had an effect.
type Outcome uint8

const (
	OutcomeUnknown Outcome = iota // nobody can know
	OutcomeNotRun                 // it surely did not run
	OutcomeRefused                // it ran into an error and was rolled back: surely nothing of it was applied
)

var outcomeNames = [...]string{"unknown", "not run", "refused"}

func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// An engine message may have almost 2 MB; Error shows its start only.
const maxShown = 4 << 10 // bytes

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("d1: ")
	if len(e.Message) <= maxShown {
		b.WriteString(e.Message)
	} else {
		fmt.Fprintf(&b, "%s… (%d bytes)", cut(e.Message, maxShown), len(e.Message))
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; try again in %s", e.RetryAfter.Round(time.Millisecond))
	}
	if e.Kind == KindSQL {
		return b.String() // what other SQLite drivers show, and no more
	}
	var details []string
	if e.HTTPStatus != 0 {
		details = append(details, fmt.Sprintf("HTTP %d", e.HTTPStatus))
	}
	if e.APICode != 0 {
		details = append(details, fmt.Sprintf("code %d", e.APICode))
	}
	if e.RayID != "" {
		details = append(details, "ray "+e.RayID)
	}
	if details != nil {
		fmt.Fprintf(&b, " (%s)", strings.Join(details, ", "))
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

func configError(format string, args ...any) *Error {
	return &Error{Kind: KindConfig, Outcome: OutcomeNotRun, Message: fmt.Sprintf(format, args...)}
}

// cut returns the start of s, at most n bytes, without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
