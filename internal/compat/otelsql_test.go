package compat_test

import (
	"database/sql"
	"testing"

	"github.com/XSAM/otelsql"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

func testOtelsql(t *testing.T, e engine) {
	t.Run("Open", func(t *testing.T) {
		db, err := otelsql.Open(d1.DriverName, e.newDSN(t), otelsql.WithSQLCommenter(true))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		program(t, db)
		batch(t, db)
	})
	t.Run("OpenDB", func(t *testing.T) {
		cfg, err := d1.ParseDSN(e.newDSN(t))
		require.NoError(t, err)
		connector, err := d1.NewConnector(*cfg)
		require.NoError(t, err)
		db := otelsql.OpenDB(connector)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		program(t, db)
		batch(t, db)
	})
}

// batch is what the driver has beyond database/sql, through a wrapper that
// passes arguments on to the driver's NamedValueChecker.
func batch(t *testing.T, db *sql.DB) {
	t.Helper()
	var b d1.Batch
	b.Add("DELETE FROM posts").Add("INSERT INTO posts (user_id, title) VALUES (?, ?)", uint8(1), "batch")
	results, err := b.Exec(t.Context(), db)
	require.NoError(t, err)
	require.Len(t, results, 2)
}
