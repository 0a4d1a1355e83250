package workerd

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
)

var shared struct {
	sync.Mutex
	server *Server
	err    error // of the only attempt
	tried  bool
}

// Shared returns the engine that all tests of this process use, started by
// the first of them. Where it is not installed the test is skipped, or fails
// when the environment says D1_REQUIRE_WORKERD=1. It ends with the process;
// Main ends it earlier.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if !shared.tried {
		shared.tried = true
		shared.server, shared.err = Start(context.Background())
	}
	switch err := shared.err; {
	case err == nil:
	case errors.Is(err, ErrNotInstalled) && os.Getenv("D1_REQUIRE_WORKERD") != "1":
		tb.Skipf("the real engine is needed: %v", err)
	default:
		tb.Fatal(err)
	}
	return shared.server
}

// NewDatabase makes an empty database for one test and returns its data
// source name.
func (s *Server) NewDatabase(tb testing.TB) (dsn string) {
	tb.Helper()
	id, err := s.CreateDatabase(tb.Context(), "")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.DeleteDatabase(context.Background(), id); err != nil {
			tb.Error(err)
		}
	})
	return s.DSN(id)
}

// Main runs the tests of M, a *testing.M, and then ends the engine Shared
// started, so that a search for leaked goroutines finds none of it:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(workerd.Main{M: m}) }
type Main struct {
	M interface{ Run() int }
}

// Run returns the exit code, which is not 0 when the engine ended badly.
func (m Main) Run() int {
	code := m.M.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return code
	}
	server := shared.server
	shared.server, shared.tried = nil, false
	if err := server.Close(); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return max(code, 1)
	}
	return code
}
