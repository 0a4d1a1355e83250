package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sqlite3 "modernc.org/sqlite/lib"
	"zombiezen.com/go/sqlite"

	"github.com/d1go/d1/internal/workerd"
)

func TestCodeNumbersAgreeWithSQLite(t *testing.T) {
	numbers := make(map[int]string, len(codeNumbers))
	for name, n := range codeNumbers {
		require.Empty(t, numbers[n], "%s has the number of another", name)
		numbers[n] = name
	}
	checked := 0
	for n := range 1 << 16 {
		if name := sqlite.ResultCode(n).String(); isCodeName(name) {
			require.Equal(t, name, numbers[n])
			checked++
		}
	}
	require.Greater(t, checked, 80)
	for name, n := range map[string]int{ // those the package sqlite has no names for
		"SQLITE_BUSY_TIMEOUT":        sqlite3.SQLITE_BUSY_TIMEOUT,
		"SQLITE_CANTOPEN_DIRTYWAL":   sqlite3.SQLITE_CANTOPEN_DIRTYWAL,
		"SQLITE_CANTOPEN_SYMLINK":    sqlite3.SQLITE_CANTOPEN_SYMLINK,
		"SQLITE_CONSTRAINT_DATATYPE": sqlite3.SQLITE_CONSTRAINT_DATATYPE,
		"SQLITE_CONSTRAINT_PINNED":   sqlite3.SQLITE_CONSTRAINT_PINNED,
		"SQLITE_CORRUPT_INDEX":       sqlite3.SQLITE_CORRUPT_INDEX,
		"SQLITE_CORRUPT_SEQUENCE":    sqlite3.SQLITE_CORRUPT_SEQUENCE,
		"SQLITE_IOERR_CORRUPTFS":     sqlite3.SQLITE_IOERR_CORRUPTFS,
		"SQLITE_IOERR_DATA":          sqlite3.SQLITE_IOERR_DATA,
		"SQLITE_IOERR_IN_PAGE":       sqlite3.SQLITE_IOERR_IN_PAGE,
		"SQLITE_LOCKED_VTAB":         sqlite3.SQLITE_LOCKED_VTAB,
		"SQLITE_NOTICE_RBU":          sqlite3.SQLITE_NOTICE_RBU,
		"SQLITE_OK_LOAD_PERMANENTLY": sqlite3.SQLITE_OK_LOAD_PERMANENTLY,
		"SQLITE_OK_SYMLINK":          sqlite3.SQLITE_OK_SYMLINK,
	} {
		require.Equal(t, n, codeNumbers[name], name)
	}
}

func TestSQLiteCodes(t *testing.T) {
	for name, n := range codeNumbers {
		primary := n & 0xff
		for other, p := range codeNumbers {
			if p != primary || p > 0xff {
				continue
			}
			message := "text: " + other
			if n != primary {
				message += " (extended: " + name + ")"
			}
			code, extended, found := sqliteCodes(message)
			require.True(t, found, message)
			require.Equal(t, [2]int{primary, n}, [2]int{code, extended}, message)
		}
	}
	for _, message := range []string{
		"", ": ", "SQLITE_ERROR", ": SQLITE_", "x: SQLITE_error", "x: SQLITE_ERROR.", "x: SQLITE_ERROR and more",
		"x (extended: SQLITE_CONSTRAINT_UNIQUE)", "x: SQLITE_CONSTRAINT (extended: )", "x: SQLITE_CONSTRAINT (other)",
		"no such table: SQLITE ERROR", "x: SQLITE_ERROR (extended: SQLITE_ERROR_RETRY",
	} {
		code, extended, found := sqliteCodes(message)
		require.False(t, found, message)
		require.Zero(t, code|extended, message)
	}
}

// The real engine and SQLite itself are given the same wrong statements: the
// codes read from the engine's messages are those SQLite returns.
func TestCodesAgreeWithTheEngine(t *testing.T) {
	server := workerd.Shared(t)
	id, err := server.CreateDatabase(t.Context(), "")
	require.NoError(t, err)
	c, err := New(Options{Endpoint: server.URL, AccountID: server.AccountID, Token: server.Token})
	require.NoError(t, err)
	defer c.Close()
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite, sqlite.OpenCreate)
	require.NoError(t, err)
	defer conn.Close()

	run := func(sql string) (engine, native error) {
		body, err := json.Marshal(map[string]string{"sql": sql})
		require.NoError(t, err)
		s, engine := c.Raw(t.Context(), id, body, false)
		if engine == nil {
			engine = s.Err(s.Decoder().Finish())
			s.Close()
		}
		stmt, _, native := conn.PrepareTransient(sql)
		for more := true; native == nil && more; {
			more, native = stmt.Step()
		}
		if stmt != nil {
			stmt.Finalize()
		}
		return engine, native
	}
	for _, sql := range []string{
		"PRAGMA foreign_keys=on",
		"CREATE TABLE e(id INTEGER PRIMARY KEY, a NOT NULL, u UNIQUE, b CHECK(length(b)<5), r REFERENCES e(id)) STRICT",
		"CREATE TABLE e(id INTEGER PRIMARY KEY, a TEXT NOT NULL, u TEXT UNIQUE, b TEXT CHECK(length(b)<5), r INTEGER REFERENCES e(id)) STRICT",
		"CREATE TABLE w(a TEXT, b TEXT, PRIMARY KEY(a, b)) WITHOUT ROWID",
		"CREATE TABLE x(a)",
		"CREATE TRIGGER g BEFORE DELETE ON x BEGIN SELECT RAISE(ABORT, 'not like this'); END",
		"INSERT INTO x VALUES (1)",
		"INSERT INTO e(id, a, u) VALUES (1, 'a', 'u')",
		"INSERT INTO e(a, u) VALUES ('a', 'u')",
		"INSERT INTO e(id, a) VALUES (1, 'a')",
		"INSERT INTO e(u) VALUES ('n')",
		"INSERT INTO e(a, b) VALUES ('a', 'too long')",
		"INSERT INTO e(a, r) VALUES ('a', 99)",
		"INSERT INTO e(id, a) VALUES ('x', 'a')",
		"INSERT INTO e(a, r) VALUES ('a', 'x')",
		"INSERT INTO w VALUES ('a', 'b')",
		"INSERT INTO w VALUES ('a', 'b')",
		"INSERT INTO w VALUES ('a', NULL)",
		"DELETE FROM x",
		"SELECT nope",
		"SELECT * FROM nope",
		"selec 1",
		"SELECT 'open",
		"SELECT json('{')",
		"SELECT abs(-9223372036854775808)",
		"SELECT zeroblob(3000000000)",
		"ATTACH ':memory:' AS other",
	} {
		engine, native := run(sql)
		if strings.HasPrefix(sql, "ATTACH") { // only the engine forbids it
			e := failed(t, engine)
			require.Equal(t, []int{sqlite3.SQLITE_AUTH, sqlite3.SQLITE_AUTH}, []int{e.Code, e.ExtendedCode})
			continue
		}
		if native == nil {
			require.NoError(t, engine, sql)
			continue
		}
		e := failed(t, engine)
		code := sqlite.ErrCode(native)
		require.Equal(t, fmt.Sprint(int(code.ToPrimary()), int(code)), fmt.Sprint(e.Code, e.ExtendedCode), "%s: %v, %v", sql, engine, native)
		require.Equal(t, KindSQL, e.Kind, sql)
		require.Equal(t, OutcomeRefused, e.Outcome, sql)
	}
}
