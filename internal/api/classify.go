package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/d1go/d1/internal/wire"
)

// failure is all that is known about an attempt that failed.
type failure struct {
	status  int         // 0 without a response
	header  http.Header // of the response
	body    []byte      // of a response that isn't a success, or isn't JSON; its start, if it is large
	err     error       // of the transport, of reading the body, or of the decoder
	ctxErr  error       // the context's error, if it had ended by then
	arrived bool        // the server may have received the request
}

// classify decides what a failure means. Everything about kinds, outcomes and
// what is worth repeating is decided here and in messageKind.
func (c *Client) classify(f failure) *Error {
	e := &Error{HTTPStatus: f.status, Cause: withoutURL(f.err)}
	if f.header != nil {
		e.RayID = cut(printable(f.header.Get("Cf-Ray")), 64)
		e.RetryAfter = retryAfter(f.header, c.clock.now())
	}
	switch list := f.messages(); {
	case len(list) > 0:
		e.Cause = nil
		e.answered(list)
	case f.ctxErr != nil:
		e.canceled(f)
	case f.status == 0:
		e.noResponse(f)
	default:
		e.unreadable(f)
	}
	c.scrub(e)
	return e
}

// canceled is for a context that ended before there was an answer.
func (e *Error) canceled(f failure) {
	e.Kind = KindCanceled
	e.Cause = matching(f.ctxErr, e.Cause)
	reason := "canceled"
	if errors.Is(f.ctxErr, context.DeadlineExceeded) {
		reason = "deadline exceeded"
	}
	switch {
	case !f.arrived:
		e.Outcome = OutcomeNotRun
		e.Message = reason + " before the request was sent"
	case f.status == 0:
		e.Message = reason + " while waiting for the response"
	default:
		e.Message = reason + " while reading the response"
	}
}

// noResponse is for a connection that failed.
func (e *Error) noResponse(f failure) {
	e.Kind = KindTransport
	switch {
	case !f.arrived || unprocessed(e.Cause):
		e.Outcome = OutcomeNotRun
		e.transient = !permanent(e.Cause)
		e.Message = fmt.Sprintf("the request could not be sent: %v", e.Cause)
	default:
		e.transient = true
		e.Message = fmt.Sprintf("no response to the request: %v", e.Cause)
	}
}

// permanent reports whether trying again at once is pointless: the name does
// not exist, or the server's certificate is not trusted.
func permanent(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsNotFound
	}
	var (
		verification *tls.CertificateVerificationError
		hostname     x509.HostnameError
		authority    x509.UnknownAuthorityError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &hostname) || errors.As(err, &authority) || errors.As(err, &invalid)
}

// unprocessed reports whether an HTTP/2 server said that it did not act on
// the request (RFC 9113, 8.7): a graceful GOAWAY that excludes it, or
// REFUSED_STREAM. net/http has no types for these errors.
func unprocessed(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Transport received Server's graceful shutdown GOAWAY") ||
		strings.Contains(text, "stream error: ") && strings.Contains(text, "; REFUSED_STREAM")
}

// unreadable is for a response without an error message of the API.
func (e *Error) unreadable(f failure) {
	e.byStatus()
	if f.status == http.StatusBadRequest && (f.err != nil || startsObject(f.body)) {
		e.Outcome = OutcomeUnknown // the lost message could have been one of knownMessages
	}
	var (
		truncated *wire.TruncatedError
		syntax    *wire.SyntaxError
		limit     *wire.LimitError
		failed    *wire.Failure
	)
	switch {
	case f.err == nil:
		e.Message = summary(f.status, f.header, f.body)
	case errors.As(f.err, &failed) && failed.Err == nil:
		e.Message = "the response says that the request failed, without an error"
		e.Cause = nil
	case errors.As(f.err, &truncated), errors.Is(f.err, io.ErrUnexpectedEOF):
		e.transient = e.transient || e.Outcome == OutcomeUnknown
		e.Message = fmt.Sprintf("incomplete response: %v", e.Cause)
	case errors.As(f.err, &syntax), errors.As(f.err, &limit), f.err == errNoResult, isJSONError(f.err):
		e.Message = fmt.Sprintf("unusable response: %v", e.Cause)
	default:
		if e.Kind == KindProtocol {
			e.Kind = KindTransport
		}
		e.transient = e.transient || e.Outcome == OutcomeUnknown
		e.Message = fmt.Sprintf("the response broke off: %v", e.Cause)
	}
}

func isJSONError(err error) bool {
	var (
		syntax *json.SyntaxError
		kind   *json.UnmarshalTypeError
	)
	return errors.As(err, &syntax) || errors.As(err, &kind)
}

// byStatus is what the status alone says.
func (e *Error) byStatus() {
	e.Kind, e.Outcome, e.transient = KindProtocol, OutcomeUnknown, false
	switch status := e.HTTPStatus; {
	case status == http.StatusTooManyRequests:
		e.Kind, e.Outcome, e.transient = KindRateLimited, OutcomeNotRun, true
	case status == http.StatusUnauthorized:
		e.Kind, e.Outcome = KindAuth, OutcomeNotRun
	case status == http.StatusRequestTimeout:
		e.Kind, e.transient = KindInternal, true
	case status/100 == 4:
		e.Outcome = OutcomeNotRun
	case status >= 500:
		e.Kind, e.transient = KindInternal, true
	}
}

// answered is for errors in the words of the API. The first one decides.
func (e *Error) answered(list []message) {
	e.APICode = list[0].code
	texts := make([]string, len(list))
	for i, m := range list {
		texts[i] = m.text
	}
	e.Message = strings.Join(texts, "; ")
	if e.Message == "" {
		e.Message = "the API gave an error without a message"
	}
	e.byStatus()
	if kind, transient, ok := messageKind(list[0].text); ok {
		// These are reported by what stands before the database, too late to
		// tell whether a write was applied, whatever the status is.
		e.Kind, e.Outcome, e.transient = kind, OutcomeUnknown, transient
		if kind == KindBusy {
			e.Outcome = OutcomeRefused
		}
		return
	}
	e.Code, e.ExtendedCode = SQLiteCodes(list[0].text)
	switch status := e.HTTPStatus; {
	case strings.Contains(list[0].text, refusedCommit):
		e.Kind, e.Outcome, e.transient = KindSQL, OutcomeRefused, false
	case isSQL(list[0], status):
		e.Kind, e.Outcome, e.transient = KindSQL, OutcomeRefused, false
		if status >= 500 || !refusal(list[0]) { // an I/O error may come after the commit
			e.Outcome = OutcomeUnknown
		}
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= 500:
		// byStatus said it.
	case status == http.StatusUnauthorized, status == http.StatusForbidden, authCodes[e.APICode]:
		e.Kind, e.Outcome = KindAuth, OutcomeNotRun
	case e.APICode == codeNotFound:
		e.Kind, e.Outcome = KindDatabaseNotFound, OutcomeNotRun
	case status/100 == 4:
		e.Kind, e.Outcome = KindRequest, OutcomeNotRun
	default:
		e.Kind = KindInternal
	}
}

// isSQL reports whether the engine itself refused the SQL. Its messages end
// in SQLite's code, except those about the request: wrong number of bindings,
// no statement, BEGIN. Statements that failed alone come with no API code.
func isSQL(m message, status int) bool {
	if _, _, found := sqliteCodes(m.text); found {
		return true
	}
	return (m.code == codeQuery || m.ofStatement) && status < 500 && status != http.StatusTooManyRequests
}

// refusal reports whether a message of isSQL surely means that nothing was applied:
// it has SQLite's code, it is about one statement of a request that was answered, or
// it is known. Any other may be about D1 itself, as those of knownMessages are, which
// come with the same code and status.
func refusal(m message) bool {
	if _, _, found := sqliteCodes(m.text); found || m.ofStatement {
		return true
	}
	return slices.ContainsFunc(knownRefusals, func(part string) bool { return strings.Contains(m.text, part) })
}

// knownRefusals are parts of messages without SQLite's code. The first ones are the
// engine's, the others are documented: sizes of databases and accounts, and what a
// day has in the free plan.
var knownRefusals = []string{
	"Wrong number of parameter bindings",
	"No SQL statements detected",
	"SQL code did not contain a statement",
	"only the last statement can have parameters",
	"please use the state.storage.transaction()",
	"Exceeded maximum ",
	"has exceeded D1's ",
}

// Codes of the API.
const (
	codeNotFound = 7404
	codeQuery    = 7500
)

// Codes that mean a wrong token even with a status other than 401 and 403.
var authCodes = map[int]bool{
	6003:  true, // invalid request headers, with 6111 about Authorization
	6111:  true,
	9106:  true, // missing
	9109:  true, // unauthorized to access the requested resource
	10000: true, // authentication error
}

// refusedCommit is how the engine words a commit that deferred foreign keys
// have refused. The message ends like that of the constraint, but it need not
// come with the status of an SQL error.
const refusedCommit = "rolled back to its last known good state because the application left the database in a state where constraints were violated"

// knownMessages are D1's messages about itself, by a part that is in no SQL
// error. Cloudflare documents which of them are worth repeating
// (https://developers.cloudflare.com/d1/observability/debug-d1/); a database runs in
// a Durable Object, whose own errors may show instead
// (https://developers.cloudflare.com/durable-objects/observability/troubleshooting/).
var knownMessages = []struct {
	part      string
	kind      Kind
	transient bool
}{
	{"reset because its code was updated", KindInternal, true}, // D1 DB or Durable Object
	{"this Durable Object instance is no longer active", KindInternal, true},
	{"Internal error while starting up D1 DB storage caused object to be reset", KindInternal, true},
	{"Network connection lost", KindInternal, true},
	{"Replica disconnected from primary", KindInternal, true},
	{"Internal error in D1 DB storage caused object to be reset", KindInternal, true},
	{"Cannot resolve D1 DB due to transient issue on remote node", KindInternal, true},
	{"Can't read from request stream because client disconnected", KindInternal, true},
	{"internal error; reference = ", KindInternal, true},
	{"D1 DB storage operation exceeded timeout", KindExceeded, false},
	{"D1 DB is overloaded", KindOverloaded, false},
	{"D1 DB's isolate exceeded its memory limit", KindExceeded, false},
	{"D1 DB exceeded its CPU time limit", KindExceeded, false},
	{"Currently processing a long-running import", KindBusy, false},
	{"Currently processing a long-running export", KindBusy, false},
	{"caused object to be reset", KindInternal, false},
}

// messageKind looks a message up in knownMessages. SQL errors quote the
// user's own text, so they come first.
func messageKind(text string) (kind Kind, transient, found bool) {
	if _, _, sql := sqliteCodes(text); sql {
		return 0, false, false
	}
	for _, m := range knownMessages {
		if strings.Contains(text, m.part) {
			return m.kind, m.transient, true
		}
	}
	return 0, false, false
}

// interrupted is the error of a request whose repetition the context has cut
// short: the last failure, and the context's error.
func interrupted(last *Error, ctxErr error) *Error {
	e := *last
	e.Kind, e.transient = KindCanceled, false
	e.Cause = matching(ctxErr, last)
	e.Message = "the context ended before the request could be repeated; " + last.Message
	return &e
}

// matching returns an error that matches the context's error even if the
// transport reports something else, such as the context's cause.
func matching(ctxErr, err error) error {
	if err == nil || err == ctxErr {
		return ctxErr
	}
	if errors.Is(err, ctxErr) {
		return err
	}
	return fmt.Errorf("%w: %w", ctxErr, err)
}

// sentinel returns the context's error that err matches, or nil.
func sentinel(err error) error {
	for _, s := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, s) {
			return s
		}
	}
	return nil
}
