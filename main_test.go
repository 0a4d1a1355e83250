package d1_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	_ "github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(workerd.Main{M: m}) }

// engines are who serves the HTTP API to a behaviour test: the emulator always,
// the real engine where it is installed.
var engines = []struct {
	name string
	dsn  func(testing.TB) string
}{
	{"emulator", func(tb testing.TB) string { return d1test.New(tb).DSN() }},
	{"workerd", func(tb testing.TB) string { return workerd.Shared(tb).NewDatabase(tb) }},
}

// onEngines runs test once over each engine, on an empty database. The options,
// such as "tx=eager", are appended to the DSN.
func onEngines(t *testing.T, test func(t *testing.T, db *sql.DB), options ...string) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			test(t, open(t, e.dsn(t), options...))
		})
	}
}

// open opens a database and closes it with the test.
func open(tb testing.TB, dsn string, options ...string) *sql.DB {
	tb.Helper()
	for _, o := range options {
		dsn += "&" + o
	}
	db, err := sql.Open("d1", dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}
