package compat_test

import (
	"testing"
	"testing/fstest"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

var migrateFiles = fstest.MapFS{
	"1_users.up.sql": {Data: []byte(`CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
CREATE TRIGGER no_babbage BEFORE INSERT ON users WHEN NEW.email = 'babbage' BEGIN
	SELECT RAISE(ABORT, 'no Babbage');
END;
INSERT INTO users (email) VALUES ('ada@example.com; not the end');`)},
	"1_users.down.sql": {Data: []byte("DROP TABLE users;")},
	"2_posts.up.sql":   {Data: []byte("CREATE TABLE posts (user_id INTEGER REFERENCES users(id));")},
	"2_posts.down.sql": {Data: []byte("DROP TABLE posts;")},
	"3_bad.up.sql":     {Data: []byte("CREATE TABLE half (id INTEGER); INSERT INTO users (email) SELECT email FROM users;")},
	"3_bad.down.sql":   {Data: []byte("DROP TABLE half;")},
}

func testMigrate(t *testing.T, e engine) {
	db := e.open(t)
	driver, err := sqlite.WithInstance(db, &sqlite.Config{})
	require.NoError(t, err)
	files, err := iofs.New(migrateFiles, ".")
	require.NoError(t, err)
	m, err := migrate.NewWithInstance("iofs", files, "d1", driver)
	require.NoError(t, err)

	require.NoError(t, m.Steps(2))
	version, dirty, err := m.Version()
	require.NoError(t, err)
	require.EqualValues(t, 2, version)
	require.False(t, dirty)
	var email string
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT email FROM users").Scan(&email))

	var failure *database.Error
	err = m.Up()
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, failure.OrigErr, d1.ConstraintUnique)
	version, dirty, err = m.Version()
	require.NoError(t, err)
	require.EqualValues(t, 3, version)
	require.True(t, dirty)
	_, err = db.ExecContext(t.Context(), "SELECT * FROM half")
	require.ErrorIs(t, err, d1.CodeError, "rolled back with its migration")
	require.NoError(t, m.Force(2))
	require.NoError(t, m.Down())

	// Drop tries to remove the engine's own tables first, which D1 refuses.
	err = m.Drop()
	require.ErrorAs(t, err, &failure)
	require.ErrorContains(t, err, "not authorized")
}
