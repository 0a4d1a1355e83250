package d1

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// DefaultEndpoint is the base URL of Cloudflare's public API.
const DefaultEndpoint = "https://api.cloudflare.com/client/v4"

// Environment variables that fill a missing account and token, as wrangler reads
// them.
const (
	envAccountID = "CLOUDFLARE_ACCOUNT_ID"
	envAPIToken  = "CLOUDFLARE_API_TOKEN"
)

// Config holds everything that a connection needs. The zero value of every
// field but Database is usable: see each for its default and its DSN key.
//
// Printing a Config never shows the token, with any verb. Keep it out of unexported
// fields of structs that are printed: fmt does not ask it there.
type Config struct {
	// AccountID is the Cloudflare account, 32 hexadecimal digits. DSN: the user.
	// Default: the environment variable CLOUDFLARE_ACCOUNT_ID.
	AccountID string

	// APIToken is an API token with the account permission D1 Edit, or D1 Read
	// for programs that only read
	// (https://developers.cloudflare.com/fundamentals/api/get-started/create-token/).
	// DSN: the password. Default: the environment variable CLOUDFLARE_API_TOKEN.
	APIToken string `json:"-"`

	// Database is the database's UUID, or its name, which is looked up once per
	// Connector and must match exactly. DSN: the host. Required.
	Database string

	// Endpoint is the API's base URL; plain http is accepted for loopback hosts
	// only. DSN: endpoint. Default: DefaultEndpoint.
	Endpoint string

	// Prepare says when a prepared statement's SQL is checked. DSN: prepare.
	// Default: PrepareEager.
	Prepare PrepareMode

	// RawTime leaves text that is a full timestamp as text when the destination
	// does not ask for a time.Time. DSN: parse_time=false. Default: false, that
	// is, parse_time=true. On Go 1.27 and later *time.Time destinations are
	// scanned from text either way.
	RawTime bool

	// Tx says when a transaction asks the server. DSN: tx. Default: TxLazy.
	// A context made by WithTxMode overrides it for one transaction.
	Tx TxMode

	// ForeignKeysOff says what to do with PRAGMA foreign_keys=OFF, which D1
	// accepts and ignores. DSN: foreign_keys_off. Default: ForeignKeysOffError.
	ForeignKeysOff ForeignKeysOff

	// SQLiteVersion is what SELECT sqlite_version() answers: D1 refuses the
	// function, and some ORMs ask when they open. "off" sends the statement to
	// D1. DSN: sqlite_version. Default: DefaultSQLiteVersion.
	SQLiteVersion string

	// Coalesce is how long a statement waits for others, at most a second, so
	// that statements of different goroutines travel in one request, up to 100
	// and 256 KiB of them: reads with
	// reads; INSERT, REPLACE, UPDATE and DELETE run by Exec with each other, as
	// one transaction. Not in transactions and batches. Each caller gets its own
	// result or error: when a statement fails, the others run again without it.
	// But writes that travel together share an ErrOutcomeUnknown. A request that
	// carries several has none of the callers' context values, as Trace shows.
	// Results are held in memory up to 256 KiB; a larger one is read twice, and
	// statements of that text travel alone from then on. DSN: coalesce, such as
	// 2ms. Default: 0, each statement is a request of its own.
	Coalesce time.Duration

	// MaxAttempts bounds how often one request is sent in all; reads are
	// repeated after failures that may pass, writes only if they surely did not
	// run. Pauses between are random, up to 50 ms at first and 2 s at last, or
	// what Retry-After says. DSN: max_attempts. Default: 4; 1 repeats nothing.
	MaxAttempts int

	// RateLimit says whether requests wait for a place in the API's budget of
	// 1,200 per 5 minutes
	// (https://developers.cloudflare.com/fundamentals/api/reference/limits/),
	// which all Connectors of a token in the process share. A wait that would
	// outlast the context's deadline is ErrRateLimited at once. DSN: rate_limit.
	// Default: RateLimitAuto.
	RateLimit RateLimit

	// Ledger makes every write happen exactly once: each request that writes
	// notes an identifier in a small table, _d1_ledger, which is made when it is
	// needed, and after a failure the driver looks there, for up to 30 seconds
	// even if the context has ended. ErrOutcomeUnknown is left for when D1 cannot
	// be asked for that long. A request costs 2 rows written more, and 1 for each
	// statement in it that writes. DSN: ledger. Default: false.
	Ledger bool

	// Transport sends the requests. It must not follow redirects or repeat
	// requests by itself, must be safe for concurrent use, and is not closed with
	// the Connector. Not in the DSN. Default: one tuned for a single busy host,
	// per Connector.
	Transport http.RoundTripper `json:"-"`

	// Logger receives retries and failures at debug and warn level, without SQL
	// values and without the token. Not in the DSN. Default: none.
	Logger *slog.Logger `json:"-"`

	// Trace is called around requests. Not in the DSN. Default: none.
	Trace *Trace `json:"-"`
}

// PrepareMode says when a prepared statement's SQL is checked.
type PrepareMode string

const (
	// PrepareEager lets Prepare send an EXPLAIN, so that bad SQL fails there: one
	// request per distinct text and Connector.
	PrepareEager PrepareMode = "eager"
	// PrepareLazy sends nothing: bad SQL fails at the first use.
	PrepareLazy PrepareMode = "lazy"
)

// TxMode says when a transaction asks the server.
type TxMode string

const (
	// TxLazy asks when the program looks: at rows, RowsAffected or LastInsertId.
	// A failing statement may show only then, or at Commit.
	TxLazy TxMode = "lazy"
	// TxEager asks at every statement, so that each error shows where it belongs.
	TxEager TxMode = "eager"
	// TxQueue never asks: whatever needs an answer that depends on the
	// transaction's own writes is refused.
	TxQueue TxMode = "queue"
)

// ForeignKeysOff says what to do with PRAGMA foreign_keys=OFF.
type ForeignKeysOff string

const (
	// ForeignKeysOffError refuses it. D1 would ignore it, and the table rebuild
	// that usually follows would delete the rows of ON DELETE CASCADE children.
	ForeignKeysOffError ForeignKeysOff = "error"
	// ForeignKeysOffIgnore sends it, for programs that do not depend on it.
	ForeignKeysOffIgnore ForeignKeysOff = "ignore"
)

// RateLimit says whether requests wait for a place in the API's budget.
type RateLimit string

const (
	// RateLimitAuto limits requests to the public endpoint only.
	RateLimitAuto RateLimit = "auto"
	// RateLimitOn limits requests to any endpoint.
	RateLimitOn RateLimit = "on"
	// RateLimitOff sends at once.
	RateLimitOff RateLimit = "off"
)

// DefaultSQLiteVersion is the SQLite release in workerd, the runtime under D1,
// at the version that this driver is tested against.
const DefaultSQLiteVersion = "3.47.0"

// option is one DSN option: how to read it from a Config (in its normal form, so
// that equal to the default means absent) and how to set it.
type option struct {
	name string
	get  func(*Config) string
	set  func(*Config, string) error
}

// options are all DSN options, in the order in which FormatDSN writes them.
var options = []option{
	{"coalesce",
		func(c *Config) string { return c.Coalesce.String() },
		func(c *Config, v string) (err error) {
			if c.Coalesce, err = time.ParseDuration(v); err != nil || c.Coalesce < 0 || c.Coalesce > maxCoalesceWait {
				return errors.New("want a duration up to 1s, such as 2ms")
			}
			return nil
		}},
	{"endpoint",
		func(c *Config) string { return c.Endpoint },
		func(c *Config, v string) error { c.Endpoint = v; return nil }},
	enum("foreign_keys_off", func(c *Config) *ForeignKeysOff { return &c.ForeignKeysOff }, ForeignKeysOffError, ForeignKeysOffIgnore),
	boolean("ledger", func(c *Config) *bool { return &c.Ledger }),
	{"max_attempts",
		func(c *Config) string { return strconv.Itoa(c.MaxAttempts) },
		func(c *Config, v string) (err error) {
			if c.MaxAttempts, err = strconv.Atoi(v); err != nil || c.MaxAttempts < 1 {
				return errors.New("want a positive number")
			}
			return nil
		}},
	{"parse_time",
		func(c *Config) string { return strconv.FormatBool(!c.RawTime) },
		func(c *Config, v string) error {
			parse, err := strconv.ParseBool(v)
			c.RawTime = !parse
			if err != nil {
				return errors.New("want true or false")
			}
			return nil
		}},
	enum("prepare", func(c *Config) *PrepareMode { return &c.Prepare }, PrepareEager, PrepareLazy),
	enum("rate_limit", func(c *Config) *RateLimit { return &c.RateLimit }, RateLimitAuto, RateLimitOn, RateLimitOff),
	{"sqlite_version",
		func(c *Config) string { return c.SQLiteVersion },
		func(c *Config, v string) error { c.SQLiteVersion = v; return nil }},
	enum("tx", func(c *Config) *TxMode { return &c.Tx }, TxLazy, TxEager, TxQueue),
}

// boolean is an option that is false by default.
func boolean(name string, field func(*Config) *bool) option {
	return option{
		name: name,
		get:  func(c *Config) string { return strconv.FormatBool(*field(c)) },
		set: func(c *Config, v string) (err error) {
			if *field(c), err = strconv.ParseBool(v); err != nil {
				return errors.New("want true or false")
			}
			return nil
		},
	}
}

// enum is an option with fixed values, of which the first is the default.
func enum[T ~string](name string, field func(*Config) *T, values ...T) option {
	return option{
		name: name,
		get:  func(c *Config) string { return string(*field(c)) },
		set: func(c *Config, v string) error {
			for _, known := range values {
				if v == string(known) {
					*field(c) = known
					return nil
				}
			}
			list := make([]string, len(values))
			for i, known := range values {
				list[i] = string(known)
			}
			return errors.New("want " + strings.Join(list, ", "))
		},
	}
}

// ParseDSN parses d1://ACCOUNT_ID:API_TOKEN@DATABASE?option=value. Account and
// token may be left out where the environment has them: d1://my-db. Reserved
// characters in any part are percent-encoded. An unknown or repeated option is
// an error that names it; no error shows the token. All errors match
// ErrInvalidConfig. The result has its defaults filled in.
func ParseDSN(dsn string) (*Config, error) {
	rest, ok := strings.CutPrefix(dsn, "d1://")
	if !ok {
		return nil, dsnError("it must start with d1://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	cfg := &Config{}
	var err error
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, password, _ := strings.Cut(rest[:at], ":")
		if cfg.AccountID, err = unescape("account", user); err != nil {
			return nil, err
		}
		if cfg.APIToken, err = unescape("token", password); err != nil {
			return nil, err
		}
		rest = rest[at+1:]
	} else if strings.Contains(rest, ":") {
		return nil, dsnError("the part before @ is missing: want d1://ACCOUNT_ID:API_TOKEN@DATABASE")
	}
	if cfg.Database, err = unescape("database", strings.TrimSuffix(rest, "/")); err != nil {
		return nil, err
	}
	if err := cfg.setOptions(query); err != nil {
		return nil, err
	}
	if err := cfg.normalize(); err != nil {
		return nil, err
	}
	return cfg, nil
}

func unescape(part, s string) (string, error) {
	v, err := url.PathUnescape(s)
	if err != nil {
		return "", dsnError("bad percent-encoding in the " + part)
	}
	return v, nil
}

func dsnError(reason string) error { return configError("invalid DSN: " + reason) }

func (c *Config) setOptions(query string) error {
	// Not url.ParseQuery: its errors quote the text, and a token pasted into
	// the wrong place would show.
	seen := map[string]bool{}
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, err1 := url.QueryUnescape(rawKey)
		v, err2 := url.QueryUnescape(rawValue)
		if err1 != nil || err2 != nil {
			return dsnError("bad percent-encoding in an option")
		}
		opt, ok := findOption(key)
		if !ok {
			return dsnError(fmt.Sprintf("unknown option %q (known: %s)", key, optionNames()))
		}
		if seen[key] {
			return dsnError(fmt.Sprintf("option %q given twice", key))
		}
		seen[key] = true
		if err := opt.set(c, v); err != nil {
			return dsnError(fmt.Sprintf("option %s=%q: %v", key, v, err))
		}
	}
	return nil
}

func findOption(name string) (option, bool) {
	for _, o := range options {
		if o.name == name {
			return o, true
		}
	}
	return option{}, false
}

func optionNames() string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.name
	}
	return strings.Join(names, ", ")
}

// defaults fills empty fields with their defaults.
func (c *Config) defaults() {
	if c.Endpoint == "" {
		c.Endpoint = DefaultEndpoint
	}
	if c.Prepare == "" {
		c.Prepare = PrepareEager
	}
	if c.Tx == "" {
		c.Tx = TxLazy
	}
	if c.ForeignKeysOff == "" {
		c.ForeignKeysOff = ForeignKeysOffError
	}
	if c.SQLiteVersion == "" {
		c.SQLiteVersion = DefaultSQLiteVersion
	}
	if c.MaxAttempts == 0 {
		c.MaxAttempts = 4
	}
	if c.RateLimit == "" {
		c.RateLimit = RateLimitAuto
	}
}

// normalize fills in defaults and the environment, and checks every field.
func (c *Config) normalize() error {
	c.defaults()
	if c.AccountID == "" {
		c.AccountID = os.Getenv(envAccountID)
	}
	if c.APIToken == "" {
		c.APIToken = os.Getenv(envAPIToken)
	}
	switch {
	case c.Database == "":
		return configError("no database: want d1://ACCOUNT_ID:API_TOKEN@DATABASE, or Config.Database")
	case strings.ContainsAny(c.Database, "/\\?#%") || hasControl(c.Database):
		return configError("a database name or UUID has no character of / \\ ? # %")
	case c.AccountID == "":
		return configError("no account: put it in the DSN, in Config.AccountID or in " + envAccountID)
	case c.APIToken == "":
		return configError("no API token: put it in the DSN, in Config.APIToken or in " + envAPIToken)
	case hasControl(c.APIToken):
		return configError("the API token has a control character")
	}
	// Setting every option to its own value checks it, whether it came from a
	// DSN or from a program.
	for _, o := range options {
		if err := o.set(c, o.get(c)); err != nil {
			return configError(fmt.Sprintf("%s=%q: %v", o.name, o.get(c), err))
		}
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// FormatDSN gives the DSN that parses to this Config, but for Transport, Logger
// and Trace. It holds the token; use String for something to print.
func (c Config) FormatDSN() string { return c.format(escape(c.APIToken)) }

// redacted stands for the token wherever a Config is shown.
const redacted = "xxxxx"

func (c Config) format(password string) string {
	var b strings.Builder
	b.WriteString("d1://")
	if c.AccountID != "" || c.APIToken != "" {
		b.WriteString(escape(c.AccountID))
		b.WriteByte(':')
		if c.APIToken != "" {
			b.WriteString(password)
		}
		b.WriteByte('@')
	}
	b.WriteString(escape(c.Database))
	c.defaults()
	var standard Config
	standard.defaults()
	sep := byte('?')
	for _, o := range options {
		if v := o.get(&c); v != o.get(&standard) {
			b.WriteByte(sep)
			b.WriteString(o.name + "=" + url.QueryEscape(v))
			sep = '&'
		}
	}
	return b.String()
}

// escape percent-encodes everything but unreserved characters.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// String is the DSN with the token hidden.
func (c Config) String() string { return c.format(redacted) }

// Format hides the token whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue hides the token in structured logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
