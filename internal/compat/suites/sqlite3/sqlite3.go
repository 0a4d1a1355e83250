// Package sqlite3 stands in for the packages github.com/mattn/go-sqlite3 and
// modernc.org/sqlite in the suites that libraries ship: the names of their
// drivers, "sqlite3" and "sqlite", open databases of a D1 server with driver d1.
//
// Data source names keep their meaning. ":memory:" is a new database at each
// sql.Open. A file is a database for as long as the file exists: it holds the
// database's UUID, and the endpoint of the server where that is one. Options behind a question mark are left out, but for
// mode=memory, with which the name means one database per process.
package sqlite3

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras"
)

// Env is the environment variable with the DSN of a database, any one, of the
// server where databases are made.
const Env = "D1_SUITE_DSN"

// SQLiteDriver has the name that go-sqlite3 gives it, for suites that wrap it.
type SQLiteDriver struct{}

var (
	_ driver.Driver        = (*SQLiteDriver)(nil)
	_ driver.DriverContext = (*SQLiteDriver)(nil)
)

func init() {
	sql.Register("sqlite3", &SQLiteDriver{})
	sql.Register("sqlite", &SQLiteDriver{})
}

// OpenConnector gives a connector of driver d1.
func (*SQLiteDriver) OpenConnector(name string) (driver.Connector, error) {
	cfg, err := d1.ParseDSN(os.Getenv(Env))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Env, err)
	}
	if cfg.Database, err = databaseOf(*cfg, name); err != nil {
		return nil, err
	}
	return d1.NewConnector(*cfg)
}

// Open is OpenConnector for callers that want one connection.
func (d *SQLiteDriver) Open(name string) (driver.Conn, error) {
	c, err := d.OpenConnector(name)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

var (
	mu     sync.Mutex        // held while a name is looked up
	shared map[string]string // UUIDs by name, with mode=memory
	count  atomic.Int64
)

// databaseOf gives the UUID of the database of a data source name.
func databaseOf(cfg d1.Config, name string) (string, error) {
	mu.Lock()
	defer mu.Unlock()
	path, options, _ := strings.Cut(strings.TrimPrefix(name, "file:"), "?")
	values, err := url.ParseQuery(options)
	if err != nil {
		return "", fmt.Errorf("options of %q: %w", name, err)
	}
	switch {
	case path == "" || path == ":memory:":
		return create(cfg)
	case values.Get("mode") == "memory":
		if id := shared[path]; id != "" {
			return id, nil
		}
		id, err := create(cfg)
		if err == nil {
			if shared == nil {
				shared = map[string]string{}
			}
			shared[path] = id
		}
		return id, err
	}
	held, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if id, ok := strings.CutPrefix(string(held), cfg.Endpoint+" "); ok {
		return id, nil
	}
	id, err := create(cfg)
	if err != nil {
		return "", err
	}
	return id, os.WriteFile(path, []byte(cfg.Endpoint+" "+id), 0o600)
}

func create(cfg d1.Config) (string, error) {
	client, err := extras.Open(cfg)
	if err != nil {
		return "", err
	}
	db, err := client.Create(context.Background(), fmt.Sprintf("suite-%d-%d", os.Getpid(), count.Add(1)), extras.CreateOptions{})
	if err != nil {
		return "", errors.Join(err, client.Close())
	}
	return db.UUID, client.Close()
}
