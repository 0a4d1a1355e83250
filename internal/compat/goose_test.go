package compat_test

import (
	"context"
	"database/sql"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

var gooseMigrations = fstest.MapFS{
	"00001_users.sql": {Data: []byte(`-- +goose Up
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
INSERT INTO users (email) VALUES ('ada@example.com; not the end');
-- +goose StatementBegin
CREATE TRIGGER no_babbage BEFORE INSERT ON users WHEN NEW.email = 'babbage' BEGIN
	SELECT RAISE(ABORT, 'no Babbage');
END;
-- +goose StatementEnd
-- +goose Down
DROP TABLE users;
`)},
	"00002_index.sql": {Data: []byte(`-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX users_by_email ON users (lower(email));
-- +goose Down
DROP INDEX users_by_email;
`)},
}

func testGoose(t *testing.T, e engine) {
	t.Run("provider", func(t *testing.T) {
		ctx := t.Context()
		db := e.open(t)
		inGo := goose.NewGoMigration(3, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			r, err := tx.ExecContext(ctx, "UPDATE users SET email = upper(email)")
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			require.EqualValues(t, 1, n)
			return err
		}}, nil)
		p, err := goose.NewProvider(goose.DialectSQLite3, db, gooseMigrations, goose.WithGoMigrations(inGo))
		require.NoError(t, err)
		results, err := p.Up(ctx)
		require.NoError(t, err)
		require.Len(t, results, 3)
		version, err := p.GetDBVersion(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 3, version)
		status, err := p.Status(ctx)
		require.NoError(t, err)
		require.False(t, status[0].AppliedAt.IsZero())
		var email string
		require.NoError(t, db.QueryRowContext(ctx, "SELECT email FROM users").Scan(&email))
		require.Equal(t, "ADA@EXAMPLE.COM; NOT THE END", email)
		_, err = p.DownTo(ctx, 0)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "SELECT * FROM users")
		require.ErrorIs(t, err, d1.CodeError)
		_, err = p.Up(ctx)
		require.NoError(t, err)
	})

	t.Run("a failing migration", func(t *testing.T) {
		ctx := t.Context()
		db := e.open(t)
		broken := fstest.MapFS{
			"00001_users.sql": gooseMigrations["00001_users.sql"],
			"00002_bad.sql": {Data: []byte(`-- +goose Up
CREATE TABLE half (id INTEGER PRIMARY KEY);
INSERT INTO users (email) SELECT email FROM users;
-- +goose Down
`)},
		}
		p, err := goose.NewProvider(goose.DialectSQLite3, db, broken)
		require.NoError(t, err)
		_, err = p.Up(ctx)
		require.ErrorIs(t, err, d1.ConstraintUnique)
		version, err := p.GetDBVersion(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, version)
		_, err = db.ExecContext(ctx, "SELECT * FROM half")
		require.ErrorIs(t, err, d1.CodeError, "rolled back with its migration")
	})
}
