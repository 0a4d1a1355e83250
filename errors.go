package d1

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/d1go/d1/internal/api"
)

// Sentinel errors, for errors.Is. An *Error that matches one wraps the cause.
// What Cloudflare says about D1's errors:
// https://developers.cloudflare.com/d1/observability/debug-d1/
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
	// when to try again. See Config.RateLimit.
	ErrRateLimited = errors.New("rate limited")

	// ErrOverloaded marks a request that D1 refused because the database is
	// overloaded or blocked by an import or export.
	ErrOverloaded = errors.New("database overloaded")

	// ErrUnauthorized marks a wrong, expired or too narrow API token: see
	// Config.APIToken for the permission that is needed.
	ErrUnauthorized = errors.New("not authorized")

	// ErrDatabaseNotFound marks a database name or UUID that the account lacks.
	ErrDatabaseNotFound = errors.New("database not found")

	// ErrInvalidConfig marks a Config or DSN that cannot be used.
	ErrInvalidConfig = errors.New("invalid configuration")

	// ErrArguments marks arguments that do not fit the statement or cannot be
	// sent exactly. Nothing was sent.
	ErrArguments = errors.New("bad arguments")

	// ErrUnsupported marks what D1 over HTTP cannot do; the message says what to
	// do instead. Nothing was sent.
	ErrUnsupported = errors.New("not supported by D1 over HTTP")

	// ErrTxConflict marks a transaction that was not committed because what it
	// had seen no longer held. It carries CodeBusy, and comes from Commit or from
	// a question inside the transaction. Run it again: RunTx does.
	ErrTxConflict = errors.New("transaction conflict")

	// ErrTxUnanswered marks a question inside a transaction whose answer did not
	// arrive whole, or cannot be had; with TxQueue, any that needs a dry run. The
	// transaction goes on.
	ErrTxUnanswered = errors.New("no answer inside the transaction")

	// ErrTxAborted marks statements after one that failed in a lazy transaction:
	// roll back, to a savepoint before the failed statement or altogether.
	ErrTxAborted = errors.New("transaction aborted")
)

// ErrorCode is a SQLite result code, primary (Error.Code) or extended
// (Error.ExtendedCode). It is an error itself, so that
// errors.Is(err, d1.ConstraintUnique) works.
type ErrorCode int

// Result codes that programs look for, under shorter names than SQLite's. Others
// are SQLite's numbers too: https://sqlite.org/rescode.html
const (
	// CodeError is SQLITE_ERROR: bad SQL, a missing table, and all else that has
	// no code of its own.
	CodeError ErrorCode = 1
	// CodeBusy is SQLITE_BUSY, which ErrTxConflict carries, so that loops written
	// for SQLite run the transaction again.
	CodeBusy ErrorCode = 5
	// CodeNoMem is SQLITE_NOMEM, by which D1 also refuses a statement that is too
	// large once compiled: about 3,000 arguments in an IN list.
	CodeNoMem ErrorCode = 7
	// CodeTooBig is SQLITE_TOOBIG: more than 100,000 bytes of SQL, or a value or
	// row beyond D1's 2,000,000 bytes.
	CodeTooBig ErrorCode = 18
	// CodeConstraint is SQLITE_CONSTRAINT, the primary code of all that follow.
	CodeConstraint ErrorCode = 19
	// CodeMismatch is SQLITE_MISMATCH: an INTEGER PRIMARY KEY that is no integer.
	CodeMismatch ErrorCode = 20
	// CodeAuth is SQLITE_AUTH: D1 does not allow the statement, such as ATTACH
	// and most PRAGMAs; a function that it does not allow is CodeError. The API
	// token is another matter: see ErrUnauthorized.
	CodeAuth ErrorCode = 23

	// ConstraintCheck is SQLITE_CONSTRAINT_CHECK: a CHECK is false.
	ConstraintCheck ErrorCode = 275
	// ConstraintForeignKey is SQLITE_CONSTRAINT_FOREIGNKEY: a parent is missing,
	// or still has children. D1 always enforces foreign keys.
	ConstraintForeignKey ErrorCode = 787
	// ConstraintNotNull is SQLITE_CONSTRAINT_NOTNULL: NULL in a NOT NULL column.
	ConstraintNotNull ErrorCode = 1299
	// ConstraintPrimaryKey is SQLITE_CONSTRAINT_PRIMARYKEY: the PRIMARY KEY is
	// taken. It is not ConstraintUnique: look for both where either will do.
	ConstraintPrimaryKey ErrorCode = 1555
	// ConstraintTrigger is SQLITE_CONSTRAINT_TRIGGER: a trigger said RAISE(ABORT).
	ConstraintTrigger ErrorCode = 1811
	// ConstraintUnique is SQLITE_CONSTRAINT_UNIQUE: a UNIQUE value is taken.
	ConstraintUnique ErrorCode = 2067
	// ConstraintRowID is SQLITE_CONSTRAINT_ROWID: a rowid is taken, in a table
	// that has no INTEGER PRIMARY KEY.
	ConstraintRowID ErrorCode = 2579
)

// Error names the code by its number.
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
	Statement    int       // 1-based number of the failing statement, in its text (BEGIN and COMMIT not counted), Batch or transaction; 0 if not known

	APICode    int           // code in Cloudflare's error envelope, such as 7500 for SQL errors; 0 if none came
	HTTPStatus int           // 0 if no response came
	RayID      string        // cf-ray header, for Cloudflare's support
	RetryAfter time.Duration // how long to wait, for ErrRateLimited; 0 if not said
	Outcome    Outcome       // what became of the statement

	text   string // how the failing statement begins, if Statement says which it is
	always bool   // a conflict that cannot go away
	kind   error  // a sentinel, or nil
	cause  error
}

// Error gives the message, prefixed with "d1: ".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("d1: ")
	if e.Statement > 0 {
		b.WriteString("statement " + strconv.Itoa(e.Statement))
		if e.text != "" {
			b.WriteString(" (" + e.text + ")")
		}
		b.WriteString(": ")
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

// Is matches SQLite result codes, primary or extended: for errors.Is.
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

func configError(message string) error { return &Error{Message: message, kind: ErrInvalidConfig} }

func unsupported(message string) error { return &Error{Message: message, kind: ErrUnsupported} }

func argumentError(cause error) error {
	return &Error{Message: cause.Error(), kind: ErrArguments, cause: cause}
}
