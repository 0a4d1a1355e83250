package d1_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// defaultsTables have defaults that read the clock in every form.
var defaultsTables = []string{
	"CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, n DEFAULT 7, " +
		"day TEXT DEFAULT CURRENT_DATE, \"the \"\"time\" DEFAULT CURRENT_TIME, " +
		"made DEFAULT (datetime('now')), unix INTEGER DEFAULT (unixepoch()), ms INTEGER DEFAULT (CAST(strftime('%s', 'now') AS INTEGER) * 1000 -- ms\n), " +
		"both TEXT DEFAULT (date('now') || 'T' || strftime('%H:%M:%S') || CURRENT_TIMESTAMP), jd REAL DEFAULT (julianday()))",
	"CREATE TABLE plain(id INTEGER PRIMARY KEY, a, n DEFAULT 7, s DEFAULT 'now', e DEFAULT (1+1))",
	"CREATE TABLE only(at TEXT DEFAULT CURRENT_TIMESTAMP)",
	"CREATE TABLE rowids(id INTEGER PRIMARY KEY DEFAULT (unixepoch()), a)",
	"CREATE TABLE keyed(k TEXT PRIMARY KEY, at INT DEFAULT (unixepoch('now','subsec')*1000)) WITHOUT ROWID",
}

// tick waits until the engine's clock shows another second.
func tick(t *testing.T, db *sql.DB) {
	t.Helper()
	now := func() (s int64) {
		require.NoError(t, db.QueryRow("SELECT unixepoch()").Scan(&s))
		return s
	}
	for began, deadline := now(), time.Now().Add(10*time.Second); now() == began; {
		require.True(t, time.Now().Before(deadline), "the engine's clock stands still")
	}
}

// TestTxClockDefaults commits, in another second, what the transaction has seen of
// columns that default to the time.
func TestTxClockDefaults(t *testing.T) {
	steps := []func(t *testing.T, tx *sql.Tx){}
	look := func(query string, args ...any) {
		steps = append(steps, func(t *testing.T, tx *sql.Tx) {
			rows, err := read(tx, query, args...)
			require.NoError(t, err, query)
			require.NotEmpty(t, rows, query)
		})
	}
	look("INSERT INTO t(a) VALUES (?) RETURNING *", 1)
	look("INSERT INTO t(a) VALUES (?) RETURNING id, at, \"the \"\"time\", both", 2)
	look("INSERT INTO t(a) VALUES (?),(?), (? -- c\n) RETURNING *", 3, "three", 3.5)
	look("INSERT INTO main.t AS x (a, unix) VALUES (:a, :u) RETURNING made, jd, unix", sql.Named("a", 4), sql.Named("u", 5))
	look("WITH c(i) AS (SELECT 1) INSERT INTO \"t\"(\"a\") VALUES ((SELECT i+50 FROM c)) RETURNING *")
	look("INSERT INTO t DEFAULT VALUES RETURNING *")
	look("INSERT INTO only DEFAULT VALUES RETURNING at")
	look("INSERT INTO T(A) VALUES (1) ON CONFLICT(a) DO UPDATE SET n=n+1, both=excluded.both RETURNING n, both")
	look("INSERT OR REPLACE INTO t(id,a) VALUES (1,?2) RETURNING *", 0, 6)
	look("INSERT INTO t(a, at) VALUES (?, datetime('now','+1 day')) RETURNING *", 7)
	look("INSERT INTO keyed(k) VALUES ('k'),('l') RETURNING *")
	look("INSERT INTO t(a) VALUES (unhex(?)) RETURNING *", "00ff")
	look("INSERT INTO rowids(a) VALUES (1) RETURNING id")
	look("INSERT INTO t(a) VALUES "+strings.TrimSuffix(strings.Repeat("(?),", 150), ",")+" RETURNING id, at", sequence(1000, 150)...)
	steps = append(steps, func(t *testing.T, tx *sql.Tx) { run(t, tx, "INSERT INTO t(a) VALUES (8),(9)") })
	look("SELECT * FROM t ORDER BY id")
	look("SELECT count(*), max(at), max(jd) FROM t")

	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, defaultsTables...)
		var list []*sql.Tx
		for i := range 2 { // the defaults are not known yet, and known
			if i == 1 {
				run(t, db, "DELETE FROM t", "DELETE FROM keyed", "DELETE FROM rowids")
			}
			for _, mode := range []d1.TxMode{d1.TxLazy, d1.TxEager} {
				tx, err := db.BeginTx(d1.WithTxMode(t.Context(), mode), nil)
				require.NoError(t, err)
				defer func() { _ = tx.Rollback() }()
				for _, step := range steps {
					step(t, tx)
				}
				list = append(list, tx)
			}
			before := time.Now()
			tick(t, db)
			require.NoError(t, list[2*i].Commit())

			// The transaction's time, in the form of each default.
			var at, day, clock, made, both string
			var unix, ms int64
			var jd float64
			require.NoError(t, db.QueryRow("SELECT at||'',day,\"the \"\"time\",made||'',unix,ms,both,jd FROM t WHERE a=1000").
				Scan(&at, &day, &clock, &made, &unix, &ms, &both, &jd))
			began := time.Unix(unix, 0).UTC()
			require.WithinDuration(t, before, began, 30*time.Second)
			require.False(t, began.After(before))
			require.Equal(t, began.Format(time.DateTime), at)
			require.Equal(t, began.Format(time.DateOnly), day)
			require.Equal(t, began.Format(time.TimeOnly), clock)
			require.Equal(t, at, made)
			require.Equal(t, unix*1000, ms)
			require.Equal(t, began.Format("2006-01-02T15:04:05")+at, both)
			require.InDelta(t, 2440587.5+float64(unix)/86400, jd, 1.5/86400)
			requireRows(t, db, "SELECT count(DISTINCT at), count(DISTINCT jd), count(*) FROM t WHERE a IS NOT 7", "1|1|161")
			// What was written out, or has another default, is as it was written.
			requireRows(t, db, "SELECT unix, n FROM t WHERE a=4", "5|7")
			requireRows(t, db, "SELECT id,a FROM rowids", "1|1")
			requireRows(t, db, "SELECT date(at)>day FROM t WHERE a=7", "1")
		}
	}, "parse_time=false")
}

// sequence is n numbers from first on.
func sequence(first, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = first + i
	}
	return list
}

// TestTxRandomDefaults: what a transaction has seen of columns that default to
// something random is what Commit writes, another one in each row.
func TestTxRandomDefaults(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE t(id TEXT PRIMARY KEY DEFAULT ('m_' || lower(hex(randomblob(16)))), n INTEGER DEFAULT (random()), "+
			"b BLOB DEFAULT (randomblob(5)), a, at TEXT DEFAULT CURRENT_TIMESTAMP)")
		for range 2 { // the defaults are not known yet, and known
			run(t, db, "DELETE FROM t")
			tx := begin(t, db, nil)
			var seen []string
			for _, query := range []string{
				"INSERT INTO t(a) VALUES (1) RETURNING id, CAST(n AS TEXT), b",
				"INSERT INTO t DEFAULT VALUES RETURNING id, CAST(n AS TEXT), b",
				"INSERT INTO t(a) VALUES (2),(3) RETURNING id, CAST(n AS TEXT), b",
			} {
				rows, err := read(tx, query)
				require.NoError(t, err, query)
				seen = append(seen, rows...)
			}
			run(t, tx, "INSERT INTO t(a) VALUES (4)")
			all, err := read(tx, "SELECT id, CAST(n AS TEXT), b FROM t ORDER BY rowid")
			require.NoError(t, err)
			require.Equal(t, seen, all[:4])
			tick(t, db)
			require.NoError(t, tx.Commit())

			written, err := read(db, "SELECT id, CAST(n AS TEXT), b FROM t ORDER BY rowid")
			require.NoError(t, err)
			require.Equal(t, all, written)
			requireRows(t, db, "SELECT count(DISTINCT id), count(DISTINCT n), count(DISTINCT b) FROM t", "5|5|5")
			requireRows(t, db, "SELECT DISTINCT length(id), typeof(n), typeof(b), length(b) FROM t", "34|integer|blob|5")
		}
	})
}

// TestTxClockDefaultsChanged alters the defaults behind the transaction's back:
// what it has seen no longer holds.
func TestTxClockDefaultsChanged(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		alter := []string{"DROP TABLE t", "CREATE TABLE t(a, at DEFAULT 'another')"}
		original := []string{"DROP TABLE IF EXISTS t", "CREATE TABLE t(a, at DEFAULT CURRENT_TIMESTAMP)"}
		for _, query := range []string{"INSERT INTO t(a) VALUES (1) RETURNING a, at", "INSERT INTO t(a) VALUES (1) RETURNING *"} {
			run(t, db, original...)
			tx := begin(t, db, nil)
			_, err := read(tx, query)
			require.NoError(t, err)
			run(t, db, alter...)
			require.ErrorIs(t, tx.Commit(), d1.ErrTxConflict)

			// What the Connector has kept is out of date, and no harm.
			tx = begin(t, db, nil)
			requireRows(t, tx, "INSERT INTO t(a) VALUES (2) RETURNING at", "another")
			requireRows(t, tx, "SELECT a,at FROM t", "2|another")
			require.NoError(t, tx.Commit())
			requireRows(t, db, "SELECT a,at FROM t", "2|another")
		}

		// A transaction that alters the table itself pins nothing.
		run(t, db, original...)
		tx := begin(t, db, nil)
		_, err := read(tx, "INSERT INTO t(a) VALUES (1) RETURNING at")
		require.NoError(t, err)
		run(t, tx, alter...)
		requireRows(t, tx, "INSERT INTO t(a) VALUES (3) RETURNING *", "3|another")
		require.NoError(t, tx.Commit())
		requireRows(t, db, "SELECT a,at FROM t", "3|another")
	})
}

// TestTxDefaultsOutOfDate changes a table behind what the Connector has kept of it:
// the next transaction is none the worse.
func TestTxDefaultsOutOfDate(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		for _, alter := range []string{
			"ALTER TABLE t ADD COLUMN n DEFAULT 7", "ALTER TABLE t RENAME COLUMN at TO made", "ALTER TABLE t DROP COLUMN at", "ALTER TABLE t RENAME TO u",
		} {
			for _, query := range []string{"SELECT count(*) FROM t", "INSERT INTO t(a) VALUES (2) RETURNING a"} {
				run(t, db, "DROP TABLE IF EXISTS t", "DROP TABLE IF EXISTS u", "CREATE TABLE t(id INTEGER PRIMARY KEY, a, at DEFAULT CURRENT_TIMESTAMP)")
				work := func(tx *sql.Tx) error {
					if _, err := tx.Exec("INSERT INTO t(a) VALUES (1)"); err != nil {
						return err
					}
					_, err := read(tx, query)
					return err
				}
				require.NoError(t, d1.RunTx(t.Context(), db, nil, work))
				run(t, db, alter)
				for range 2 {
					err := d1.RunTx(t.Context(), db, nil, work)
					if strings.HasSuffix(alter, "TO u") {
						require.ErrorContains(t, err, "no such table: t")
						continue
					}
					require.NoError(t, err, "%s; %s", alter, query)
				}
			}
		}
	})
}

// TestTxDefaultsTooMuch: where a statement would become too large by its pinned
// defaults, it goes without.
func TestTxDefaultsTooMuch(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		run(t, db, "CREATE TABLE r(a, x DEFAULT (random()), y DEFAULT (hex(randomblob(8))))", "CREATE TABLE c(a, at DEFAULT CURRENT_TIMESTAMP)",
			"CREATE TABLE \"é\"(a, at DEFAULT CURRENT_TIMESTAMP)", "CREATE TABLE \"É\"(a, z)")
		for _, mode := range []d1.TxMode{d1.TxLazy, d1.TxEager} {
			tx, err := db.BeginTx(d1.WithTxMode(t.Context(), mode), nil)
			require.NoError(t, err)
			run(t, tx, "INSERT INTO r(a) VALUES (1)"+strings.Repeat(",(1)", 1999))
			requireRows(t, tx, "SELECT count(*) FROM r WHERE a=1", "2000")
			requireRows(t, tx, "SELECT 42", "42")
			require.NoError(t, tx.Commit())
			run(t, db, "DELETE FROM r")
		}

		tx := begin(t, db, nil)
		row := ",('" + strings.Repeat("x", 39) + "')"
		rows, err := read(tx, "INSERT INTO c(a) VALUES (1)"+strings.Repeat(row, 1999)+" RETURNING a")
		require.NoError(t, err)
		require.Len(t, rows, 2000)
		_, err = read(tx, "INSERT INTO c(a) VALUES (1,2) RETURNING a")
		require.ErrorContains(t, err, "2 values for 1 columns")
		requireRows(t, tx, "INSERT INTO \"é\"(a) VALUES (1) RETURNING a", "1")
		requireRows(t, tx, "INSERT INTO \"É\"(a) VALUES (1) RETURNING a", "1")
		require.NoError(t, tx.Commit())
	})
}

// TestTxClockDefaultsRequests counts what pinned defaults cost.
func TestTxClockDefaultsRequests(t *testing.T) {
	for _, tt := range []struct {
		statement   string
		first, then int
	}{
		{"INSERT INTO t(a) VALUES (%d) RETURNING id, at", 3, 2},
		{"INSERT INTO t(a) VALUES (%d) RETURNING *", 4, 2}, // its columns, too
		{"INSERT INTO plain(a) VALUES (%d) RETURNING id, n", 2, 2},
		{"INSERT INTO plain VALUES (%d,1,1,1,1) RETURNING id", 2, 2},
		{"INSERT INTO t(a) SELECT %d RETURNING n", 3, 2}, // its columns, too; not pinned
		{"UPDATE t SET a=-%d WHERE 0 RETURNING at", 3, 2},
	} {
		srv, db := counted(t, defaultsTables)
		for i, want := range []int{tt.first, tt.then, tt.then} {
			srv.Reset()
			tx := begin(t, db, nil)
			_, err := read(tx, fmt.Sprintf(tt.statement, i+1))
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
			require.Len(t, srv.Requests(), want, "%s, %d", tt.statement, i)
		}
	}
}

// TestTxClockDefaultsText shows what is sent.
func TestTxClockDefaultsText(t *testing.T) {
	srv := d1test.New(t)
	db := open(t, srv.DSN())
	run(t, db, defaultsTables...)
	tx := begin(t, db, nil)
	_, err := read(tx, "INSERT INTO only DEFAULT VALUES RETURNING at")
	require.NoError(t, err)
	run(t, tx, "INSERT INTO keyed(k) VALUES ('a'), ('b')")
	requireRows(t, tx, "SELECT count(at) FROM keyed", "2")
	srv.Reset()
	require.NoError(t, tx.Commit())
	sent := string(srv.Requests()[0].Body)
	require.Contains(t, sent, `INSERT INTO only (\"at\")VALUES((?1)) RETURNING`)
	require.Contains(t, sent, `INSERT INTO keyed(k,\"at\") VALUES ('a',(unixepoch(?1,'subsec')*1000)), ('b',(unixepoch(?1,'subsec')*1000))`)
}
