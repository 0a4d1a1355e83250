// Package bridge lets package extras reach into package d1 without making
// anything of it public. Package d1 sets the variables when it is initialized.
package bridge

import (
	"context"
	"database/sql/driver"

	"github.com/d1go/d1/internal/api"
)

// Of returns the inside of a *d1.Connector; anything else panics.
var Of func(driver.Connector) Database

// WrapError turns an error of internal/api into a *d1.Error; others pass. A
// request that only reads cannot have been applied, whatever became of it.
var WrapError func(err error, readOnly bool) error

// ArgumentError is a *d1.Error that matches d1.ErrArguments: nothing was sent.
var ArgumentError func(error) error

// ProbeText is the SQL text beside a *Probe argument: a driver that lets any
// argument through runs a comment.
const ProbeText = "-- d1.extras"

// Probe finds the Connector of a connection, as the only argument of an Exec:
// arguments pass through wrappers of drivers, which hide everything else. Any
// other driver refuses it.
type Probe struct {
	Connector driver.Connector // set by the connection
}

// Database is the inside of a Connector.
type Database interface {
	Client() *api.Client

	// ID is the UUID of the Connector's database, looked up once if the
	// configuration names it by name.
	ID(ctx context.Context) (string, error)

	// Find is the UUID of any database of the account: a UUID is given back as
	// it is, a name is looked up.
	Find(ctx context.Context, database string) (string, error)

	// Encode binds arguments as the driver does and returns the request body of
	// the statements, split where one text holds several.
	Encode(statements []Statement) (Request, error)

	// Meta decodes the "meta" of a result into a d1.Meta.
	Meta(raw []byte) any
}

// Statement is a SQL text and its arguments, as for sql.DB.Exec.
type Statement struct {
	SQL  string
	Args []any
}

// Request is the body of a request of statements.
type Request struct {
	Body     []byte
	Results  int  // how many the answer has
	ReadOnly bool // running it twice does no harm
}
