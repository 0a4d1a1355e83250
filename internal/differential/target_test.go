package differential

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	_ "github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(workerd.Main{M: m}) }

// engine serves the HTTP API.
type engine struct {
	name string
	dsn  func(testing.TB) string
	// one check of so many is run, as a request to the real engine takes
	// milliseconds.
	sample int
}

var engines = []engine{
	{"emulator", func(tb testing.TB) string { return d1test.New(tb).DSN() }, thin},
	{"workerd", func(tb testing.TB) string { return workerd.Shared(tb).NewDatabase(tb) }, 25},
}

// pair is the same database on both sides.
type pair struct {
	native, driver *sql.DB
}

// newPair makes the database of schema on both sides. Text that looks like a time
// stays text: the native driver goes by declared types, which D1 does not send.
func newPair(tb testing.TB, e engine, schema ...string) pair {
	tb.Helper()
	dsn := e.dsn(tb) // first: without the real engine it skips the test here
	native, err := sql.Open("sqlite", ":memory:?_time_format=sqlite&_pragma=foreign_keys(1)")
	require.NoError(tb, err)
	native.SetMaxOpenConns(1) // it has the database
	driver, err := sql.Open("d1", dsn+"&parse_time=false")
	require.NoError(tb, err)
	tb.Cleanup(func() {
		require.NoError(tb, native.Close())
		require.NoError(tb, driver.Close())
	})
	p := pair{native, driver}
	for _, text := range schema {
		p.both(tb, text)
	}
	return p
}

// both runs a statement without arguments on both sides.
func (p pair) both(tb testing.TB, text string) {
	tb.Helper()
	for _, db := range []*sql.DB{p.native, p.driver} {
		_, err := db.ExecContext(context.Background(), text)
		require.NoError(tb, err, text)
	}
}
