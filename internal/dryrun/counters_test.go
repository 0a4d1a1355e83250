package dryrun

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/wire"
)

// TestCounters compares what a probe tells of a statement with what the same
// statement does when it is run, and lets guards decide on both.
func TestCounters(t *testing.T) {
	tests := []struct {
		sql      string
		inserted bool
	}{
		{"INSERT INTO t(v) VALUES(1)", true},
		{"INSERT INTO t(v) VALUES(1),(2),(3)", true},
		{"INSERT INTO t(id,v) VALUES(9007199254740993,1)", true},
		{"INSERT INTO t(id,v) VALUES(-5,1)", true},
		{"INSERT OR IGNORE INTO t(id) VALUES(1)", false},
		{"INSERT OR IGNORE INTO t(id) VALUES(1),(70)", true},
		{"INSERT OR REPLACE INTO t(id,v) VALUES(1,5)", true},
		{"REPLACE INTO t(id,v) VALUES(2,5)", true},
		{"INSERT INTO t(id,v) VALUES(1,5) ON CONFLICT DO UPDATE SET v=excluded.v", false},
		{"INSERT INTO t(id,v) VALUES(1,5) ON CONFLICT DO NOTHING", false},
		{"INSERT INTO t(v) SELECT v FROM t", true},
		{"INSERT INTO t(v) SELECT v FROM t WHERE 0", false},
		{"INSERT INTO keyed VALUES('z',1)", false},
		{"INSERT INTO auto DEFAULT VALUES", true},
		{"INSERT INTO watched(v) VALUES(1)", true},
		{"UPDATE t SET v=1", false},
		{"UPDATE watched SET v=2", false},
		{"UPDATE t SET v=1 WHERE 0", false},
		{"DELETE FROM t", false},
		{"DELETE FROM t WHERE id=1", false},
		{"DELETE FROM keyed", false},
		{"INSERT INTO t(v) VALUES(last_insert_rowid())", true},
		{"INSERT INTO t(id) SELECT 50 WHERE last_insert_rowid()=42", true},
		{"INSERT OR IGNORE INTO t(id) SELECT last_insert_rowid()", false},
		{"INSERT INTO auto(id,v) SELECT last_insert_rowid(),1", true}, // the same again
		{"INSERT INTO searched(v) VALUES('hello world'),('hello moon')", true},
		{"UPDATE searched SET v='bye'", false},
		{"INSERT INTO search(rowid,v) VALUES(9,'hello')", true},
	}
	onEngines(t, func(t *testing.T, e engine) {
		e.exec(t,
			"CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "CREATE TABLE child(id INTEGER PRIMARY KEY, t_id REFERENCES t(id) ON DELETE CASCADE)",
			"CREATE TABLE keyed(k PRIMARY KEY, v) WITHOUT ROWID", "CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, v)",
			"CREATE TABLE watched(id INTEGER PRIMARY KEY, v)", "CREATE TABLE log(id INTEGER PRIMARY KEY, v)",
			"CREATE TRIGGER wi AFTER INSERT ON watched BEGIN INSERT INTO log(v) VALUES(1),(2); END",
			"CREATE TRIGGER wu AFTER UPDATE ON watched BEGIN DELETE FROM log; END",
			"CREATE TABLE searched(id INTEGER PRIMARY KEY, v)", "CREATE VIRTUAL TABLE search USING fts5(v)", // which writes late
			"CREATE TRIGGER si AFTER INSERT ON searched BEGIN INSERT INTO search(rowid,v) VALUES(NEW.id,NEW.v); END",
			"CREATE TRIGGER su AFTER UPDATE ON searched BEGIN UPDATE search SET v=NEW.v WHERE rowid=NEW.id; END",
			"INSERT INTO searched VALUES(5,'hello')", "INSERT INTO t VALUES(1,1),(2,2),(3,3)", "INSERT INTO child VALUES(1,1),(2,1),(3,2)", "INSERT INTO keyed VALUES('a',1),('b',2)",
			"INSERT INTO watched(v) VALUES(1),(2)", "INSERT INTO auto DEFAULT VALUES", "INSERT INTO t VALUES(42,42)")
		for _, tt := range tests {
			inserts := strings.HasPrefix(tt.sql, "INSERT") || strings.HasPrefix(tt.sql, "REPLACE")
			before, after := ProbeCounters(nonce, inserts, strings.Contains(tt.sql, "last_insert_rowid"))
			_, message := e.post(t, append(append(before, wire.Statement{SQL: tt.sql}), after...)...)
			got, framed, err := ReadCounters(message, nonce)
			require.NoError(t, err)
			require.True(t, framed, message)

			// Nothing of the probe remains, and another one asks the same.
			_, again := e.post(t, append(append(before, wire.Statement{SQL: tt.sql}), after...)...)
			require.Equal(t, message, again)

			// What it does when it is run, in a batch that is rolled back too.
			_, message = e.post(t, statements(tt.sql,
				"SELECT json_extract('null','|'||changes()||','||last_insert_rowid()||'|')")...)
			fields := strings.Split(message, "|")
			require.Len(t, fields, 3, message)
			direct, last, _ := strings.Cut(fields[1], ",")
			require.Equal(t, direct, textOf(got.Direct), tt.sql)
			require.Equal(t, last, textOf(got.LastID), tt.sql)
			require.Equal(t, tt.inserted, got.Inserted, tt.sql)
			e.exec(t, "DELETE FROM t WHERE id=42", "INSERT INTO t VALUES(42,42)") // last_insert_rowid() is 42 again

			// The guard lets the same numbers pass and no others.
			end := wire.Statement{SQL: "SELECT json_extract('null','conflict of the test')"}
			guarded := func(c Counters) string {
				before, after := c.Guards("conflict guard")
				batch := append(append(before, wire.Statement{SQL: tt.sql}), after...)
				_, message := e.post(t, append(batch, end)...)
				return message
			}
			require.Contains(t, guarded(got), "conflict of the test", tt.sql)
			other := got
			other.Direct++
			require.Contains(t, guarded(other), "conflict guard", tt.sql)
			other = got
			other.Changes += 2
			require.Contains(t, guarded(other), "conflict guard", tt.sql)
			other = got
			other.LastID++
			if got.Inserted {
				require.Contains(t, guarded(other), "conflict guard", tt.sql)
			} else {
				require.Contains(t, guarded(other), "conflict of the test", tt.sql)
			}
			e.exec(t, "DELETE FROM t WHERE id=42", "INSERT INTO t VALUES(42,42)")
		}
	})
}

func textOf(n int64) string { return string(cellOf(n)[1:]) }

func TestReadCountersRefuses(t *testing.T) {
	for _, payload := range []string{"", "1,2,3", "1,2,3,4,5", "1,2,x,4", "1,,3,4", "99999999999999999999,1,1,1"} {
		_, framed, err := ReadCounters(message(payload), nonce)
		require.True(t, framed)
		require.ErrorIs(t, err, ErrTorn, payload)
	}
	_, framed, err := ReadCounters("UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT", nonce)
	require.False(t, framed)
	require.NoError(t, err)
}

func TestConfirm(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		_, message := e.post(t, append(statements("CREATE TABLE t(x)"), Confirm(nonce))...)
		framed, err := ReadConfirm(message, nonce)
		require.True(t, framed)
		require.NoError(t, err)
		_, message = e.post(t, append(statements("INSERT INTO t VALUES(1)"), Confirm(nonce))...)
		framed, err = ReadConfirm(message, nonce)
		require.False(t, framed, message)
		require.NoError(t, err)
	})
	_, err := ReadConfirm(message("x"), nonce)
	require.ErrorIs(t, err, ErrTorn)
	framed, err := ReadConfirm(message("")[:30], nonce)
	require.True(t, framed)
	require.ErrorIs(t, err, ErrTorn)
}
