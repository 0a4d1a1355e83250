package d1

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/cache"
	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/value"
)

// DriverName is the name under which the driver is registered with database/sql.
const DriverName = "d1"

// registered is the Driver that sql.Open uses.
var registered = &Driver{}

func init() { sql.Register(DriverName, registered) }

// Driver is the database/sql driver for D1. sql.Open("d1", dsn) uses it; a
// program that has a Config rather than a DSN uses NewConnector. It is safe for
// concurrent use.
type Driver struct {
	mu     sync.Mutex
	shared map[dsnKey]*sharedConnector
}

// dsnKey is the hash of a DSN: whoever prints a Driver would see the token in it.
type dsnKey [sha256.Size]byte

// sharedConnector is the Connector of connections that were opened one by one.
type sharedConnector struct {
	*Connector
	conns int // open ones
}

var (
	_ driver.Driver        = (*Driver)(nil)
	_ driver.DriverContext = (*Driver)(nil)
	_ driver.Connector     = (*Connector)(nil)
)

// Open opens a single connection, for wrappers that know only driver.Driver;
// database/sql uses OpenConnector instead. Connections of one DSN share a
// Connector, which is closed with the last of them.
func (d *Driver) Open(dsn string) (driver.Conn, error) {
	key := dsnKey(sha256.Sum256([]byte(dsn)))
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.shared[key]
	if s == nil {
		cfg, err := ParseDSN(dsn)
		if err != nil {
			return nil, err
		}
		c, err := NewConnector(*cfg)
		if err != nil {
			return nil, err
		}
		if d.shared == nil {
			d.shared = map[dsnKey]*sharedConnector{}
		}
		s = &sharedConnector{Connector: c}
		d.shared[key] = s
	}
	s.conns++
	return &conn{connector: s.Connector, release: func() error { return d.release(key, s) }}, nil
}

// release gives up one connection's share.
func (d *Driver) release(key dsnKey, s *sharedConnector) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.conns--; s.conns > 0 {
		return nil
	}
	delete(d.shared, key)
	return s.Close()
}

// OpenConnector parses the DSN, so that sql.Open reports a bad one. It sends
// nothing.
func (d *Driver) OpenConnector(dsn string) (driver.Connector, error) {
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return NewConnector(*cfg)
}

// Connector makes connections to one database. They share an HTTP client, the
// database's UUID and a cache of parsed statements. It is safe for concurrent
// use; sql.DB.Close closes it.
type Connector struct {
	cfg      *Config // a pointer, so that printing a sql.DB stops before it
	client   *api.Client
	database databaseID
	queries  *cache.LRU[*value.Query]
	checked  *cache.LRU[struct{}]        // SQL texts that Prepare has found good
	columns  *cache.LRU[int]             // number of result columns by SQL text, for transactions
	tables   *cache.LRU[*tableInfo]      // by lower-case name, for RETURNING in transactions
	defaults *cache.LRU[dryrun.Defaults] // by lower-case name of the table, for INSERT in transactions
	reads    *coalescer                  // nil without Config.Coalesce
	writes   *coalescer                  // likewise

	schemaReadsCounters atomic.Bool // a trigger, view or default that does has been met
}

// NewConnector checks cfg, keeps a private copy of it, and returns a Connector
// for sql.OpenDB. It sends nothing.
func NewConnector(cfg Config) (*Connector, error) {
	if err := cfg.normalize(); err != nil {
		return nil, err
	}
	client, err := newClient(&cfg)
	if err != nil {
		return nil, err
	}
	c := &Connector{
		cfg:      &cfg,
		client:   client,
		queries:  cache.New[*value.Query](512),
		checked:  cache.New[struct{}](512),
		columns:  cache.New[int](512),
		tables:   cache.New[*tableInfo](512),
		defaults: cache.New[dryrun.Defaults](512),
	}
	if isUUID(cfg.Database) {
		c.database.id = cfg.Database
	}
	if cfg.Coalesce > 0 {
		c.reads, c.writes = newCoalescer(c, true), newCoalescer(c, false)
	}
	return c, nil
}

// newClient makes the HTTP client that cfg, already normalized, describes.
func newClient(cfg *Config) (*api.Client, error) {
	var limiter *api.Limiter
	if cfg.RateLimit == RateLimitOn || cfg.RateLimit == RateLimitAuto && cloudflares(cfg.Endpoint) {
		limiter = api.SharedLimiter(cfg.APIToken)
	}
	client, err := api.New(api.Options{
		Endpoint:    cfg.Endpoint,
		AccountID:   cfg.AccountID,
		Token:       cfg.APIToken,
		Transport:   cfg.Transport,
		UserAgent:   "d1go/d1 (Go; database/sql)",
		MaxAttempts: cfg.MaxAttempts,
		Limiter:     limiter,
		Logger:      cfg.Logger,
	})
	return client, wrapError(err)
}

// cloudflares reports whether an endpoint is Cloudflare's API, which may be written
// in more ways than one: with a slash at the end, say.
func cloudflares(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && strings.EqualFold(u.Hostname(), "api.cloudflare.com")
}

// Connect returns a connection. It sends nothing: D1 has no connections, and
// wrong credentials show at the first statement or at Ping.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &conn{connector: c}, nil
}

// Driver returns the registered driver.
func (c *Connector) Driver() driver.Driver { return registered }

// Close closes idle connections of the Connector's own transport.
func (c *Connector) Close() error {
	c.client.Close()
	return nil
}

// Config returns a copy of the configuration, defaults filled in.
func (c *Connector) Config() Config { return *c.cfg }

// String shows the Connector without its token.
func (c *Connector) String() string { return "d1.Connector(" + c.cfg.String() + ")" }

// Format hides the token whatever the verb.
func (c *Connector) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// parse returns the parsed form of a SQL text, from the cache if it is there.
func (c *Connector) parse(text string) *value.Query {
	if q, ok := c.queries.Get(text); ok {
		return q
	}
	q := parseShimmed(text)
	// A long text is most likely a script that runs once; keeping it would
	// cost more memory than splitting it again costs time.
	if len(text) <= 16<<10 {
		c.queries.Put(text, q)
	}
	return q
}

// databaseID is the UUID of a database that was named by name: looked up at the
// first use, shared by concurrent callers, kept once known.
type databaseID struct {
	mu     sync.Mutex
	id     string
	flight chan struct{} // closed when the look-up under way ends
}

// get returns the UUID. A failure is not kept: the next caller asks again.
func (d *databaseID) get(ctx context.Context, lookup func(context.Context) (string, error)) (string, error) {
	for {
		d.mu.Lock()
		if d.id != "" {
			d.mu.Unlock()
			return d.id, nil
		}
		if flight := d.flight; flight != nil {
			d.mu.Unlock()
			select {
			case <-flight:
				continue
			case <-ctx.Done():
				return "", &Error{Message: "the context ended while the database was looked up by its name", cause: ctx.Err()}
			}
		}
		d.flight = make(chan struct{})
		d.mu.Unlock()
		return d.fly(ctx, lookup)
	}
}

// fly looks up for all who wait, and lets them go on even if lookup panics.
func (d *databaseID) fly(ctx context.Context, lookup func(context.Context) (string, error)) (id string, err error) {
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.id = id
		close(d.flight)
		d.flight = nil
	}()
	return lookup(ctx)
}

// isUUID reports whether s looks like xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}
