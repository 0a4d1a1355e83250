package extras

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/d1go/d1"
	"github.com/d1go/d1/internal/api"
	"github.com/d1go/d1/internal/bridge"
)

// Client calls the D1 API for one account and, for what concerns one database,
// that of its configuration. It is safe for concurrent use.
type Client struct {
	inside    bridge.Database
	own       *d1.Connector // closed with the Client; nil if it belongs to a sql.DB
	noDB      bool          // the configuration names no database
	attempts  int
	transport http.RoundTripper // of transfers, without the token
	timing    timing
}

// Open returns a client of its own for cfg. Unlike a connection's, its
// Config.Database may be empty: then only the methods for databases of the
// account work. What cfg says about statements and transactions has no effect. It
// sends nothing. Errors match d1.ErrInvalidConfig.
func Open(cfg d1.Config) (*Client, error) {
	noDB := cfg.Database == ""
	if noDB {
		cfg.Database = "none" // a Connector must have a name; it is not looked up
	}
	connector, err := d1.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	c := newClient(connector)
	c.own, c.noDB = connector, noDB
	return c, nil
}

// probeTimeout is how long FromDB waits for a free connection of a pool.
const probeTimeout = 10 * time.Second

// FromDB returns a client for the database, account and token of db, which must
// have been opened with this driver, directly or through wrappers that pass
// arguments on; else the error matches d1.ErrInvalidConfig. It sends nothing, but
// needs a free connection of db's pool for a moment, and waits up to 10 seconds for
// one. The client works until db is closed.
func FromDB(db *sql.DB) (*Client, error) {
	if db == nil {
		return nil, configError(nil, "no sql.DB")
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	var probe bridge.Probe
	_, err := db.ExecContext(ctx, bridge.ProbeText, &probe)
	connector, ok := probe.Connector.(*d1.Connector)
	switch {
	case ok:
		return newClient(connector), nil
	case errors.Is(err, context.DeadlineExceeded):
		return nil, configError(err, "no connection of the sql.DB became free within %s", probeTimeout)
	case err != nil:
		return nil, configError(err, "the sql.DB was not opened with the driver d1, but with %T: %v", db.Driver(), err)
	}
	return nil, configError(nil, "the sql.DB was not opened with the driver d1, but with %T", db.Driver())
}

func newClient(connector *d1.Connector) *Client {
	cfg := connector.Config()
	c := &Client{
		inside:    bridge.Of(connector),
		attempts:  cfg.MaxAttempts,
		transport: cfg.Transport,
		timing:    defaultTiming,
	}
	if c.transport == nil {
		c.transport = newTransport()
	}
	return c
}

// Close closes idle connections of a client made by Open; one made by FromDB has
// nothing to close.
func (c *Client) Close() error {
	if c.own == nil {
		return nil
	}
	return c.own.Close()
}

// String shows the client without its token.
func (c *Client) String() string { return fmt.Sprintf("extras.Client(%v)", c.inside.Client()) }

// Format hides the token whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// DatabaseID is the UUID of the client's database. A name is looked up once.
func (c *Client) DatabaseID(ctx context.Context) (string, error) {
	if c.noDB {
		return "", configError(nil, "no database: Config.Database is empty")
	}
	id, err := c.inside.ID(ctx)
	return id, bridge.WrapError(err, true)
}

// access says what repeating a request would do.
type access int

const (
	reads   access = iota // changes nothing
	sets                  // changes something, but twice is as good as once
	changes               // must not be repeated unless it surely did not run
)

// call sends a request for the path below /d1/database.
func (c *Client) call(ctx context.Context, a access, r api.Request, out any) (*api.ResultInfo, error) {
	r.Path = "/d1/database" + r.Path
	r.Idempotent = a != changes
	info, err := c.inside.Client().Call(ctx, r, out)
	return info, bridge.WrapError(err, a == reads)
}

// callDatabase is call for a path below the client's database.
func (c *Client) callDatabase(ctx context.Context, a access, r api.Request, out any) (*api.ResultInfo, error) {
	id, err := c.DatabaseID(ctx)
	if err != nil {
		return nil, err
	}
	r.Path = "/" + id + r.Path
	return c.call(ctx, a, r, out)
}

// fail makes a *d1.Error of what is no answer of the API.
func fail(kind api.Kind, outcome api.Outcome, cause error, format string, args ...any) error {
	return bridge.WrapError(&api.Error{Kind: kind, Outcome: outcome, Cause: cause, Message: fmt.Sprintf(format, args...)}, false)
}

func configError(cause error, format string, args ...any) error {
	return fail(api.KindConfig, api.OutcomeNotRun, cause, format, args...)
}

func argumentError(format string, args ...any) error {
	return bridge.ArgumentError(fmt.Errorf(format, args...))
}

// protocolError is for an answer that lacks what the API documents.
func protocolError(outcome api.Outcome, format string, args ...any) error {
	return fail(api.KindProtocol, outcome, nil, format, args...)
}

// interrupted is for a context that ended while the server was not being asked.
func interrupted(ctx context.Context, outcome api.Outcome, doing string) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, ctx.Err()) {
		cause = errors.Join(ctx.Err(), cause)
	}
	return fail(api.KindCanceled, outcome, cause, "interrupted %s: %v", doing, ctx.Err())
}
