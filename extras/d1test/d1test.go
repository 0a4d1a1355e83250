// Package d1test runs a D1 database inside a test: the D1 HTTP API over a local SQLite, on a loopback port.
//
//	func TestUsers(t *testing.T) {
//		srv := d1test.New(t)
//		db, err := sql.Open("d1", srv.DSN())
//		…
//	}
//
// Every server starts with one empty database in memory, and goes away with the test. Options wrap the handler, to
// inject faults; [Server.Requests] shows what the server was asked.
//
// The emulation aims to be exact, refusals and limits included, but it is one process: nothing here tells how D1 behaves
// under load, over a network, or between regions.
package d1test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/d1go/d1/internal/emulator"
)

// AccountID is the account of every server's databases.
const AccountID = "0123456789abcdef0123456789abcdef"

// Token is the only API token that servers accept.
const Token = "d1test-token"

// DatabaseName is the name of the database that every server starts with.
const DatabaseName = "d1test"

// Server is a running emulator. Its methods may be called concurrently.
type Server struct {
	URL          string // base URL of the API, without a slash at the end: http://127.0.0.1:PORT/client/v4
	AccountID    string // the constant AccountID
	Token        string // the constant Token
	DatabaseID   string // UUID of the first database
	DatabaseName string // the constant DatabaseName

	tb       testing.TB
	emulator *emulator.Server
	handler  http.Handler
	wrappers []func(http.Handler) http.Handler
	recorder recorder
}

// Option changes how [New] sets up a server.
type Option func(*Server)

// Wrap puts a handler in front of the server's: to delay, to fail, to answer something else. Of several, the first one
// sees requests first. Requests that it answers itself are recorded too.
func Wrap(middleware func(http.Handler) http.Handler) Option {
	return func(s *Server) { s.wrappers = append(s.wrappers, middleware) }
}

// New starts a server with one empty database; tb's cleanup closes it. It fails tb if
// that doesn't work. Servers have nothing in common: give each test its own, parallel ones
// too.
func New(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s := &Server{AccountID: AccountID, Token: Token, DatabaseName: DatabaseName, tb: tb}
	for _, opt := range opts {
		opt(s)
	}
	var err error
	s.emulator, err = emulator.New(emulator.Options{AccountID: AccountID, Token: Token})
	if err != nil {
		tb.Fatalf("d1test: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.emulator.Close(); err != nil {
			tb.Errorf("d1test: %v", err)
		}
	})
	s.DatabaseID = s.CreateDatabase(DatabaseName)
	s.handler = s.emulator
	for _, wrap := range slices.Backward(s.wrappers) {
		s.handler = wrap(s.handler)
	}
	s.handler = s.recorder.record(s.handler)
	server := httptest.NewServer(s.handler)
	tb.Cleanup(server.Close)
	s.URL = server.URL + emulator.BasePath
	return s
}

// DSN is the data source name of the first database, for sql.Open.
func (s *Server) DSN() string { return s.DSNOf(s.DatabaseID) }

// DSNOf is the data source name of a database, given by UUID or name.
func (s *Server) DSNOf(database string) string {
	dsn := url.URL{
		Scheme:   "d1",
		User:     url.UserPassword(s.AccountID, s.Token),
		Host:     database,
		RawQuery: url.Values{"endpoint": {s.URL}}.Encode(),
	}
	return dsn.String()
}

// CreateDatabase makes another empty database and gives its UUID. A name that can't be
// used, or is taken, fails the test.
func (s *Server) CreateDatabase(name string) string {
	s.tb.Helper()
	info, err := s.emulator.CreateDatabase(name)
	if err != nil {
		s.tb.Fatalf("d1test: create database %q: %v", name, err)
	}
	return info.UUID
}

// Handler is what the server serves, wrappers and recording included: for use in a server of one's own.
func (s *Server) Handler() http.Handler { return s.handler }

// Requests gives the requests received so far, oldest first. All are kept until Reset:
// a test that sends much should call it now and then.
func (s *Server) Requests() []Request { return s.recorder.all() }

// Reset forgets the requests received so far.
func (s *Server) Reset() { s.recorder.reset() }
