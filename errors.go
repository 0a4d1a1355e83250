package d1

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/value"
)

// Sentinel errors, for errors.Is. An *Error that matches one wraps the cause.
var (
	// ErrOutcomeUnknown marks a write that may or may not have been applied: its
	// request was sent, and no answer came that tells.
	ErrOutcomeUnknown = errors.New("outcome unknown: the write may or may not have been applied")

	// ErrResultLost marks a write that was applied, once, but whose result is
	// unknown: the response was lost, and the ledger (Config.Ledger) keeps no
	// rows. Read what the program needs; do not run the write again.
	ErrResultLost = errors.New("the write was applied, but its result is lost")

	// ErrRateLimited marks a request refused for the API's rate limit, by
	// Cloudflare or, before it was sent, by this driver. Error.RetryAfter says
	// when to try again.
	ErrRateLimited = errors.New("rate limited")

	// ErrOverloaded marks a request that D1 refused because the database is
	// overloaded or blocked by an import or export.
	ErrOverloaded = errors.New("database overloaded")

	// ErrUnauthorized marks a wrong, expired or too narrow API token.
	ErrUnauthorized = errors.New("not authorized")

	// ErrDatabaseNotFound marks a database name or UUID that the account lacks.
	ErrDatabaseNotFound = errors.New("database not found")

	// ErrInvalidConfig marks a Config or DSN that cannot be used.
	ErrInvalidConfig = errors.New("invalid configuration")

	// ErrArguments marks arguments that do not fit the statement or cannot be
	// sent exactly. Nothing was sent.
	ErrArguments = errors.New("bad arguments")

	// ErrUnsupported marks what D1 over HTTP cannot do. Nothing was sent.
	ErrUnsupported = errors.New("not supported by D1 over HTTP")

	// ErrTxConflict marks a transaction that was not committed because what it
	// had seen no longer held. It carries SQLITE_BUSY. Run it again: RunTx does.
	ErrTxConflict = errors.New("transaction conflict")

	// ErrTxUnanswered marks a question inside a transaction whose answer did not
	// arrive whole, or cannot be had.
	ErrTxUnanswered = errors.New("no answer inside the transaction")

	// ErrTxAborted marks statements after one that failed in a lazy transaction:
	// roll back, to a savepoint before the failed statement or altogether.
	ErrTxAborted = errors.New("transaction aborted")
)

// ErrorCode is a SQLite result code, primary (Error.Code) or extended
// (Error.ExtendedCode). It is an error itself, so that
// errors.Is(err, d1.ConstraintUnique) works.
type ErrorCode int

// Result codes that programs look for; the others are SQLite's numbers too.
const (
	CodeError            ErrorCode = 1
	CodeBusy             ErrorCode = 5
	CodeNoMem            ErrorCode = 7 // also for a statement with too many arguments
	CodeTooBig           ErrorCode = 18
	CodeConstraint       ErrorCode = 19
	CodeMismatch         ErrorCode = 20
	CodeAuth             ErrorCode = 23
	ConstraintCheck      ErrorCode = 275
	ConstraintForeignKey ErrorCode = 787
	ConstraintNotNull    ErrorCode = 1299
	ConstraintPrimaryKey ErrorCode = 1555
	ConstraintTrigger    ErrorCode = 1811
	ConstraintUnique     ErrorCode = 2067
	ConstraintRowID      ErrorCode = 2579
)

func (c ErrorCode) Error() string { return "SQLite result code " + strconv.Itoa(int(c)) }

// Outcome tells what became of a request that failed.
type Outcome int

const (
	// OutcomeNotRun: the statement surely was not applied: it did not run, or it
	// only reads.
	OutcomeNotRun Outcome = iota
	// OutcomeRefused: D1 answered with an error and rolled the request back.
	OutcomeRefused
	// OutcomeUnknown: nobody can know whether a write was applied.
	OutcomeUnknown
	// OutcomeApplied: the write was applied, once, but there is no result.
	OutcomeApplied
)

// String names the outcome.
func (o Outcome) String() string {
	switch o {
	case OutcomeNotRun:
		return "not run"
	case OutcomeRefused:
		return "refused"
	case OutcomeApplied:
		return "applied"
	}
	return "unknown"
}

// Error is every error that the driver and package extras return for a request,
// reached with errors.As. Its Code and ExtendedCode are SQLite's numbers, under
// the names by which ORMs look for them.
type Error struct {
	Code         ErrorCode // primary SQLite result code; 0 if not an SQL error
	ExtendedCode ErrorCode // extended code; equal to Code if there is no other
	Message      string    // what went wrong, without prefix; the engine's own words for SQL errors
	Statement    int       // 1-based number of the failing statement; 0 if not known

	APICode    int           // code in Cloudflare's error envelope
	HTTPStatus int           // 0 if no response came
	RayID      string        // cf-ray header, for Cloudflare's support
	RetryAfter time.Duration // how long to wait, for ErrRateLimited; 0 if not said
	Outcome    Outcome       // what became of the statement

	kind  error // a sentinel, or nil
	cause error
}

// Error gives the message, prefixed with "d1: ".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("d1: ")
	if e.Statement > 0 {
		b.WriteString("statement " + strconv.Itoa(e.Statement) + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Unwrap gives the sentinel and the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	var list []error
	for _, err := range []error{e.kind, e.cause} {
		if err != nil {
			list = append(list, err)
		}
	}
	if e.Outcome == OutcomeUnknown {
		list = append(list, ErrOutcomeUnknown)
	}
	return list
}

// Is matches SQLite result codes.
func (e *Error) Is(target error) bool {
	code, ok := target.(ErrorCode)
	return ok && code != 0 && (code == e.Code || code == e.ExtendedCode)
}

// SafeToRetry reports whether the statement surely was not applied, so that
// running it again cannot apply it twice. It does not say that it would succeed.
func (e *Error) SafeToRetry() bool { return e.Outcome == OutcomeNotRun || e.Outcome == OutcomeRefused }

// wrapError turns an error of internal/api into an *Error. Others pass.
func wrapError(err error) error {
	var a *api.Error
	if !errors.As(err, &a) {
		return err
	}
	e := &Error{
		Code:         ErrorCode(a.Code),
		ExtendedCode: ErrorCode(a.ExtendedCode),
		Message:      strings.TrimPrefix(a.Error(), "d1: "),
		APICode:      a.APICode,
		HTTPStatus:   a.HTTPStatus,
		RayID:        a.RayID,
		RetryAfter:   a.RetryAfter,
		kind:         kinds[a.Kind],
		cause:        a.Cause,
	}
	switch a.Outcome {
	case api.OutcomeNotRun:
	case api.OutcomeRefused:
		e.Outcome = OutcomeRefused
	default:
		e.Outcome = OutcomeUnknown
	}
	return e
}

// errResultCount is a response that does not fit the request.
var errResultCount = &api.Error{Kind: api.KindProtocol, Message: "D1 answered with another number of results than statements were sent"}

// requestError is wrapError for a request of statements. One that only reads
// cannot have been applied, whatever became of it.
func requestError(err error, readOnly bool) error {
	err = wrapError(err)
	if e, ok := asError(err); ok && readOnly && e.Outcome == OutcomeUnknown {
		e.Outcome = OutcomeNotRun
	}
	return err
}

// kinds are the sentinels of internal/api's kinds of failure.
var kinds = map[api.Kind]error{
	api.KindAuth:             ErrUnauthorized,
	api.KindDatabaseNotFound: ErrDatabaseNotFound,
	api.KindRateLimited:      ErrRateLimited,
	api.KindOverloaded:       ErrOverloaded,
	api.KindBusy:             ErrOverloaded,
	api.KindConfig:           ErrInvalidConfig,
}

// explainPacked says what is meant by "out of memory" for a statement with more
// arguments than D1 takes parameters. Each is then an expression of its own in the
// compiled statement, which D1 limits to 25,000 instructions: an IN list needs 7
// for each, VALUES 5, and a float64 about twice as many.
func explainPacked(err error, bound []value.Bound) error {
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Code != CodeNoMem {
		return err
	}
	most := 0
	for _, b := range bound {
		most = max(most, b.Packed())
	}
	if most == 0 {
		return err
	}
	explained := *e
	explained.Message += fmt.Sprintf("; a statement with %d arguments is larger, compiled, than D1 allows: the limit is about 3,000 in an IN list and 4,000 in VALUES. "+
		"Send fewer at a time, or one JSON array to json_each(?)", most)
	return &explained
}

func configError(message string) error { return &Error{Message: message, kind: ErrInvalidConfig} }

func unsupported(message string) error { return &Error{Message: message, kind: ErrUnsupported} }

func argumentError(cause error) error {
	return &Error{Message: cause.Error(), kind: ErrArguments, cause: cause}
}
