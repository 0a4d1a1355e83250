package compat_test

import (
	"testing"

	migrate "github.com/rubenv/sql-migrate"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

func testSQLMigrate(t *testing.T, e engine) {
	ctx := t.Context()
	db := e.open(t)
	source := migrate.MemoryMigrationSource{Migrations: []*migrate.Migration{
		{Id: "1", Up: []string{"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE)", "INSERT INTO users (email) VALUES ('ada')"}, Down: []string{"DROP TABLE users"}},
		{Id: "2", Up: []string{"CREATE INDEX users_by_email ON users (lower(email))"}, Down: []string{"DROP INDEX users_by_email"}, DisableTransactionUp: true},
	}}
	set := migrate.MigrationSet{}
	n, err := set.ExecContext(ctx, db, "sqlite3", source, migrate.Up)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	records, err := set.GetMigrationRecords(db, "sqlite3")
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.False(t, records[0].AppliedAt.IsZero())
	n, err = set.ExecContext(ctx, db, "sqlite3", source, migrate.Up)
	require.NoError(t, err)
	require.Zero(t, n)

	bad := source
	bad.Migrations = append(bad.Migrations, &migrate.Migration{Id: "3", Up: []string{"CREATE TABLE half (id INTEGER)", "INSERT INTO users (email) SELECT email FROM users"}})
	_, err = set.ExecContext(ctx, db, "sqlite3", bad, migrate.Up)
	var failure *migrate.TxError
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, failure.Err, d1.ConstraintUnique)
	_, err = db.ExecContext(ctx, "SELECT * FROM half")
	require.ErrorIs(t, err, d1.CodeError, "rolled back with its migration")

	n, err = set.ExecContext(ctx, db, "sqlite3", source, migrate.Down)
	require.NoError(t, err)
	require.Equal(t, 2, n)
}
