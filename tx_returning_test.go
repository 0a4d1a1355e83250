package d1_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTxReturningPlaceholders: RETURNING of one row may have placeholders, beside
// those of the statement.
func TestTxReturningPlaceholders(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v, at DEFAULT CURRENT_TIMESTAMP)")
		for _, text := range []string{
			"INSERT INTO t VALUES(NULL,?,?) RETURNING v||?, ?", "INSERT INTO t(v,at) VALUES(?,?) RETURNING v||?, ?", "INSERT INTO t(v) VALUES(?||substr(?,9)) RETURNING v||?, ?",
			"INSERT INTO t(v) VALUES(?1||substr(?2,9)) RETURNING v||?3, ?4", "INSERT INTO t(at) VALUES(substr(?2,9)) RETURNING ?1||?3, (SELECT ?4 WHERE at='')",
		} {
			tx := begin(t, db, nil)
			rows, err := read(tx, text, "a", "b", "c", 4)
			require.NoError(t, err, text)
			require.Equal(t, []string{"ac|4"}, rows, text)
			require.NoError(t, tx.Commit(), text)
		}
	})
}
