package d1_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

func TestExec(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		r, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
		require.NoError(t, err)
		requireResult(t, r, 0, 0)
		r, err = db.Exec("INSERT INTO t (a) VALUES (?), (?)", "x", "y")
		require.NoError(t, err)
		requireResult(t, r, 2, 2)
		r, err = db.Exec("UPDATE t SET a = ? WHERE id = ?", "z", 1)
		require.NoError(t, err)
		n, err := r.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, n)

		// Several statements: the sum, and the last.
		r, err = db.Exec("INSERT INTO t (a) VALUES (?); INSERT INTO t (id, a) VALUES (?, ?), (11, 'w'); DELETE FROM t WHERE id = ?",
			"u", 10, "v", 1)
		require.NoError(t, err)
		requireResult(t, r, 4, 11)

		// All of one request or nothing.
		_, err = db.Exec("DELETE FROM t; CREATE TABLE u (a); INSERT INTO t (id, a) VALUES (1, 'a'), (1, 'b')")
		require.ErrorIs(t, err, d1.ConstraintPrimaryKey)
		require.ErrorIs(t, err, d1.CodeConstraint)
		require.ErrorContains(t, err, "UNIQUE constraint failed: t.id")
		var ids string
		require.NoError(t, db.QueryRow("SELECT group_concat(id) FROM (SELECT id FROM t ORDER BY id)").Scan(&ids))
		require.Equal(t, "2,3,10,11", ids)
	})
}

func requireResult(t *testing.T, r sql.Result, rows, id int64) {
	t.Helper()
	n, err := r.RowsAffected()
	require.NoError(t, err)
	require.Equal(t, rows, n, "RowsAffected")
	last, err := r.LastInsertId()
	require.NoError(t, err)
	require.Equal(t, id, last, "LastInsertId")
}

func TestQueryResultSets(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		// Statements without columns have no result set; one without rows has.
		rows, err := db.Query(`CREATE TABLE t (a, b); INSERT INTO t VALUES (?, ?); SELECT a, b, a FROM t; SELECT b FROM t WHERE a = 0;
			DELETE FROM t; SELECT count(*) AS n FROM t`, 1, "x")
		require.NoError(t, err)
		defer rows.Close()
		var got []string
		for more := true; more; more = rows.NextResultSet() {
			columns, err := rows.Columns()
			require.NoError(t, err)
			got = append(got, strings.Join(columns, ","))
			for rows.Next() {
				cells := make([]any, len(columns))
				for i := range cells {
					cells[i] = new(any)
				}
				require.NoError(t, rows.Scan(cells...))
				for _, c := range cells {
					got = append(got, fmt.Sprint(*c.(*any)))
				}
			}
		}
		require.NoError(t, rows.Err())
		require.Equal(t, []string{"a,b,a", "1", "x", "1", "b", "n", "0"}, got)

		// No result set at all.
		rows, err = db.Query("DROP TABLE t")
		require.NoError(t, err)
		require.False(t, rows.Next())
		require.False(t, rows.NextResultSet())
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.ErrorIs(t, db.QueryRow("SELECT 1 WHERE 0").Scan(new(int)), sql.ErrNoRows)
	})
}

func TestPrepare(t *testing.T) {
	server := d1test.New(t)
	db := open(t, server.DSN())
	_, err := db.Exec("CREATE TABLE t (a, b)")
	require.NoError(t, err)
	_, err = db.Prepare("SELECT nope FROM t")
	require.ErrorContains(t, err, "at offset 7", "not counting what the driver puts before it")
	for _, bad := range []string{"SELEC 1", "SELECT nope FROM t", "INSERT INTO nope VALUES (?)", "SELECT 1; SELECT nope", ""} {
		_, err := db.Prepare(bad)
		require.Error(t, err, bad)
	}
	server.Reset()
	for range 3 {
		stmt, err := db.Prepare("INSERT INTO t VALUES (?, :b)")
		require.NoError(t, err)
		_, err = stmt.Exec(1, sql.Named("b", "x"))
		require.NoError(t, err)
		_, err = stmt.Exec(1)
		require.ErrorIs(t, err, d1.ErrArguments)
		require.NoError(t, stmt.Close())
	}
	require.Len(t, server.Requests(), 1+3, "one check of the text, and one request for each Exec")

	// The table may come later: what failed is asked again.
	_, err = db.Prepare("SELECT * FROM later")
	require.ErrorContains(t, err, "no such table")
	_, err = db.Exec("CREATE TABLE later (a)")
	require.NoError(t, err)
	_, err = db.Prepare("SELECT * FROM later")
	require.NoError(t, err)

	// A script whose later statements need the earlier ones.
	_, err = db.Prepare("CREATE TABLE new (a); INSERT INTO new VALUES (?)")
	require.NoError(t, err)

	lazy := open(t, server.DSN(), "prepare=lazy")
	server.Reset()
	stmt, err := lazy.Prepare("SELEC 1")
	require.NoError(t, err)
	require.Empty(t, server.Requests())
	_, err = stmt.Exec()
	require.ErrorContains(t, err, `near "SELEC": syntax error`)
	require.NoError(t, stmt.Close())
}

func TestPrepareChecksOnEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (a, b)")
		require.NoError(t, err)
		for _, good := range []string{"SELECT ? FROM t", "INSERT INTO t VALUES (?, ?3) RETURNING a", "WITH x AS (SELECT 1) UPDATE t SET a = :a",
			"PRAGMA table_info(t)", "CREATE TABLE u (a)", "DELETE FROM t; SELECT * FROM t", "EXPLAIN SELECT 1", "VALUES (1)"} {
			stmt, err := db.Prepare(good)
			require.NoError(t, err, good)
			require.NoError(t, stmt.Close())
		}
		for _, bad := range []string{"SELECT nope", "INSERT INTO t VALUES (1)", "DELETE FROM t; SELECT nope", "SELECT * FROM t WHERE a ="} {
			_, err := db.Prepare(bad)
			require.ErrorIs(t, err, d1.CodeError, bad)
		}
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'u'").Scan(&n))
		require.Zero(t, n, "Prepare must not run anything")
	})
}

func TestNameIsLookedUpOnce(t *testing.T) {
	server := d1test.New(t)
	server.CreateDatabase("d1test-2") // the search finds it too
	db := open(t, server.DSNOf(server.DatabaseName))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := db.Ping(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	lookups := 0
	for _, r := range server.Requests() {
		if r.Method == http.MethodGet {
			lookups++
		}
	}
	require.Equal(t, 1, lookups)
}

// TestNameLookupIsRetried: a failed or cancelled look-up does not stick.
func TestNameLookupIsRetried(t *testing.T) {
	first := true
	server := d1test.New(t, d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && first {
				first = false
				body(http.StatusForbidden, "application/json", `{"success":false,"errors":[{"code":10000,"message":"no"}]}`)(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}))
	db := open(t, server.DSNOf(server.DatabaseName))
	require.ErrorIs(t, db.Ping(), d1.ErrUnauthorized)
	require.NoError(t, db.Ping())
}

// TestNameLookupPanics: nobody waits for a look-up that will never end.
func TestNameLookupPanics(t *testing.T) {
	connector, err := d1.NewConnector(d1.Config{AccountID: "acc", APIToken: testToken, Database: "my-db", RateLimit: d1.RateLimitOff,
		Transport: roundTripper(func(*http.Request) (*http.Response, error) { panic("transport") })})
	require.NoError(t, err)
	conn, err := connector.Connect(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for range 2 {
		require.PanicsWithValue(t, "transport", func() { _ = conn.(driver.Pinger).Ping(ctx) })
	}
}

// TestNameLookupFails: a write that was not sent, as its database could not be
// looked up, is not one of unknown outcome, and the ledger is not asked about it.
func TestNameLookupFails(t *testing.T) {
	server := d1test.New(t, d1test.Wrap(func(http.Handler) http.Handler { return http.HandlerFunc(abort) }))
	for _, option := range []string{"ledger=false", "ledger=true", "coalesce=1ms"} {
		t.Run(option, func(t *testing.T) {
			db := open(t, server.DSNOf(server.DatabaseName), option, "max_attempts=2")
			server.Reset()
			for _, write := range []func() error{
				func() error { _, err := db.Exec("INSERT INTO t VALUES (1)"); return err },
				func() error { return db.QueryRow("INSERT INTO t VALUES (1) RETURNING a").Scan(new(int)) },
				func() error {
					return d1.RunTx(t.Context(), db, nil, func(tx *sql.Tx) error { _, err := tx.Exec("INSERT INTO t VALUES (1)"); return err })
				},
			} {
				err := write()
				require.NotErrorIs(t, err, d1.ErrOutcomeUnknown)
				var e *d1.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, d1.OutcomeNotRun, e.Outcome)
			}
			require.Len(t, server.Requests(), 6, "two look-ups for each")
		})
	}
}

// abort breaks the connection.
func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestBatch(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a)")
		require.NoError(t, err)
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		defer conn.Close()
		for _, on := range []interface {
			d1.Execer
			d1.Queryer
		}{db, conn, sqlx.NewDb(db, "sqlite3")} {
			batch := new(d1.Batch).
				Add("DELETE FROM t").
				Add("INSERT INTO t (id, a) VALUES (?, ?)", 5, []byte("five")).
				Add("INSERT INTO t (a) VALUES (:a); UPDATE t SET a = a", sql.Named("a", int32(6))).
				Add("SELECT id, a FROM t ORDER BY id")
			results, err := batch.Exec(t.Context(), on)
			require.NoError(t, err)
			require.Len(t, results, 5)
			requireResult(t, results[1], 1, 5)
			requireResult(t, results[2], 1, 6)
			requireResult(t, results[3], 2, 6)

			rows, err := batch.Query(t.Context(), on)
			require.NoError(t, err)
			var ids []int
			for rows.Next() {
				var id int
				var a any
				require.NoError(t, rows.Scan(&id, &a))
				ids = append(ids, id)
			}
			require.NoError(t, rows.Err())
			require.NoError(t, rows.Close())
			require.Equal(t, []int{5, 6}, ids)
		}
		_, err = new(d1.Batch).Add("DELETE FROM t").Add("INSERT INTO nope VALUES (1)").Exec(t.Context(), db)
		require.ErrorContains(t, err, "no such table: nope")
		_, err = new(d1.Batch).Add("DELETE FROM t").Add("SELECT ?").Exec(t.Context(), db)
		require.ErrorIs(t, err, d1.ErrArguments)
		require.EqualError(t, err, "d1: statement 2 (SELECT ?): 0 arguments given, and none is left for placeholder ?1")
		_, err = new(d1.Batch).Add("DELETE FROM t").Add("COMMIT").Exec(t.Context(), db)
		require.ErrorIs(t, err, d1.ErrUnsupported)
		_, err = new(d1.Batch).Exec(t.Context(), db)
		require.ErrorIs(t, err, d1.ErrArguments)
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
		require.Equal(t, 2, n, "a batch that fails changes nothing")
	})
}

// TestStreaming: the first row is there before the rest has been sent, and
// memory does not grow with the number of rows.
func TestStreaming(t *testing.T) {
	const rowCount = 300_000
	release := make(chan struct{})
	db := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"success":true,"errors":[],"messages":[],"result":[{"meta":{},"success":true,"results":{"columns":["i","s"],"rows":[[0,"first"]`)
		w.(http.Flusher).Flush()
		<-release
		row := []byte(`,[1234567,"` + strings.Repeat("x", 100) + `"]`)
		for range rowCount - 1 {
			if _, err := w.Write(row); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, `]}}]}`)
	})
	rows, err := db.Query("SELECT i, s FROM t")
	require.NoError(t, err)
	require.True(t, rows.Next(), "%v", rows.Err())
	close(release)
	var i int
	var s sql.RawBytes
	require.NoError(t, rows.Scan(&i, &s))
	require.Equal(t, "first", string(s))
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, peak := heap(), uint64(0)
	n := 1
	for rows.Next() {
		require.NoError(t, rows.Scan(&i, &s))
		if n++; n%100_000 == 0 {
			peak = max(peak, heap())
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, rowCount, n)
	require.Less(t, peak, before+2<<20, "the heap grew with the rows: %d to %d", before, peak)
}

// TestRowsClosedEarly: the connection can be used again, and none is leaked.
func TestRowsClosedEarly(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		db.SetMaxOpenConns(1)
		for range 20 {
			rows, err := db.Query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5000) SELECT i, hex(randomblob(20)) FROM n")
			require.NoError(t, err)
			require.True(t, rows.Next())
			require.NoError(t, rows.Close())
		}
		require.Zero(t, db.Stats().InUse)
	})
}

func TestArgumentsAreCopied(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec("CREATE TABLE t (a)")
		require.NoError(t, err)
		blob := []byte("before")
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = tx.Exec("INSERT INTO t VALUES (?)", blob)
		require.NoError(t, err)
		copy(blob, "AFTER!")
		require.NoError(t, tx.Commit())
		var got []byte
		require.NoError(t, db.QueryRow("SELECT a FROM t").Scan(&got))
		require.Equal(t, "before", string(got))
	})
}

func TestShims(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		for query, column := range map[string]string{
			"SELECT sqlite_version()":                       "sqlite_version()",
			"select /* gorm */ sqlite_version( ) AS \"v\";": "v",
			"SELECT SQLite_Version() x":                     "x",
		} {
			rows, err := db.Query(query)
			require.NoError(t, err, query)
			columns, err := rows.Columns()
			require.NoError(t, err)
			if !strings.Contains(query, "( )") {
				require.True(t, strings.EqualFold(column, columns[0]), columns[0])
			}
			require.True(t, rows.Next())
			var v string
			require.NoError(t, rows.Scan(&v))
			require.Equal(t, d1.DefaultSQLiteVersion, v)
			require.False(t, rows.Next())
			require.NoError(t, rows.Close())
		}
		_, err := db.Exec("PRAGMA foreign_keys = OFF")
		require.ErrorIs(t, err, d1.ErrUnsupported)
		require.ErrorContains(t, err, "defer_foreign_keys")
		for _, text := range []string{"CREATE TABLE t (a); PRAGMA foreign_keys(0)", "PRAGMA foreign_keys=-1", "PRAGMA main.foreign_keys('off')"} {
			_, err = db.Exec(text)
			require.ErrorIs(t, err, d1.ErrUnsupported, text)
			require.ErrorContains(t, err, text[strings.Index(text, "PRAGMA"):]+" switches", text)
		}
		_, err = db.Exec("PRAGMA foreign_keys = ON")
		require.NoError(t, err)
	})
	t.Run("off", func(t *testing.T) {
		db := open(t, d1test.New(t).DSN(), "sqlite_version=off", "foreign_keys_off=ignore")
		require.ErrorContains(t, db.QueryRow("SELECT sqlite_version()").Scan(new(string)), "not authorized")
		_, err := db.Exec("PRAGMA foreign_keys = OFF")
		require.NoError(t, err)
	})
}

// TestTransport: the program's own RoundTripper is used, and sees no token in
// the URL.
func TestTransport(t *testing.T) {
	server := d1test.New(t)
	used := 0
	connector, err := d1.NewConnector(d1.Config{
		AccountID: server.AccountID, APIToken: server.Token, Database: server.DatabaseID, Endpoint: server.URL,
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			used++
			if strings.Contains(r.URL.String(), server.Token) {
				t.Error("the token is in the URL")
			}
			return http.DefaultTransport.RoundTrip(r)
		}),
	})
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer db.Close()
	require.NoError(t, db.Ping())
	require.Equal(t, 1, used)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestDriverWithoutPool uses the driver's interfaces as a wrapper would.
func TestDriverWithoutPool(t *testing.T) {
	server := d1test.New(t)
	conn, err := (&d1.Driver{}).Open(server.DSN())
	require.NoError(t, err)
	stmt, err := conn.Prepare("SELECT ? AS a")
	require.NoError(t, err)
	rows, err := stmt.Query([]driver.Value{int64(7)}) //lint:ignore SA1019 a wrapper may know no other
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, rows.Columns())
	require.NoError(t, rows.Close())
	_, err = stmt.Exec([]driver.Value{"x"}) //lint:ignore SA1019 a wrapper may know no other
	require.NoError(t, err)
	require.Equal(t, -1, stmt.NumInput())
	require.NoError(t, stmt.Close())
	require.NoError(t, conn.Close())
	require.ErrorIs(t, conn.(driver.SessionResetter).ResetSession(t.Context()), driver.ErrBadConn)
	require.False(t, conn.(driver.Validator).IsValid())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	connector, err := (&d1.Driver{}).OpenConnector(server.DSN())
	require.NoError(t, err)
	_, err = connector.Connect(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Same(t, open(t, server.DSN()).Driver(), connector.Driver(), "the registered one")
}

func TestErrorsAreTyped(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec(`CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT UNIQUE, n INT NOT NULL DEFAULT 1, c INT CHECK (c < 5));
			CREATE TABLE k (p INT REFERENCES p (id)); INSERT INTO p (id, u) VALUES (1, 'a')`)
		require.NoError(t, err)
		for query, want := range map[string]struct {
			code    d1.ErrorCode
			message string
		}{
			"INSERT INTO p (id) VALUES (1)":   {d1.ConstraintPrimaryKey, "UNIQUE constraint failed: p.id"},
			"INSERT INTO p (u) VALUES ('a')":  {d1.ConstraintUnique, "UNIQUE constraint failed: p.u"},
			"INSERT INTO p (n) VALUES (NULL)": {d1.ConstraintNotNull, "NOT NULL constraint failed: p.n"},
			"INSERT INTO p (c) VALUES (7)":    {d1.ConstraintCheck, "CHECK constraint failed: c < 5"},
			"INSERT INTO k VALUES (9)":        {d1.ConstraintForeignKey, "FOREIGN KEY constraint failed"},
			"SELECT * FROM nope":              {d1.CodeError, "no such table: nope"},
			"SELEC 1":                         {d1.CodeError, `near "SELEC": syntax error`},
			"ATTACH 'x' AS y":                 {d1.CodeAuth, "not authorized"},
			"SELECT zeroblob(5000000)":        {d1.CodeTooBig, "too big"},
		} {
			_, err := db.Exec(query)
			require.ErrorIs(t, err, want.code, query)
			require.ErrorContains(t, err, want.message)
			var e *d1.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, want.code, e.ExtendedCode)
			require.Equal(t, want.code&0xff, e.Code)
			require.Equal(t, d1.OutcomeRefused, e.Outcome)
			require.Equal(t, 400, e.HTTPStatus)
			require.Equal(t, 7500, e.APICode)
		}
		require.False(t, errors.Is(err, d1.ErrOutcomeUnknown))
	})
}
