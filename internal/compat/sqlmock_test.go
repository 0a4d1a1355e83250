package compat_test

import (
	"errors"
	"testing"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
)

// testSqlmock has no use for an engine: a program that works over D1 is tested
// with a mock, down to the driver's errors.
func testSqlmock(t *testing.T, _ engine) {
	db, mock, err := sqlmock.New()
	require.NoError(t, err)
	ctx := d1.WithMeta(t.Context(), func(d1.Meta) { t.Error("a mock has no metadata") })

	mock.ExpectBegin()
	mock.ExpectExec("INSERT INTO users").WithArgs("ada@example.com").
		WillReturnError(&d1.Error{Code: d1.CodeConstraint, ExtendedCode: d1.ConstraintUnique, Message: "UNIQUE constraint failed: users.email"})
	mock.ExpectRollback()
	tx, err := db.BeginTx(d1.WithTxMode(ctx, d1.TxEager), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(ctx, "INSERT INTO users (email) VALUES (?)", "ada@example.com")
	require.True(t, errors.Is(err, d1.ConstraintUnique))
	require.NoError(t, tx.Rollback())

	// What only this driver can do is refused.
	var b d1.Batch
	b.Add("SELECT 1")
	_, err = b.Exec(ctx, db)
	require.ErrorContains(t, err, "unsupported type")
	_, err = b.Query(ctx, db)
	require.ErrorContains(t, err, "unsupported type")

	mock.ExpectClose()
	require.NoError(t, db.Close())
	require.NoError(t, mock.ExpectationsWereMet())
}
