package dryrun

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/wire"
)

// message frames a payload as the engine's error does.
func message(payload string) string {
	return fmt.Sprintf("bad JSON path: '%s:%d:%s:%s': SQLITE_ERROR", nonce, len(payload), payload, nonce)
}

func TestReadFrame(t *testing.T) {
	good := message("2:6964,6e::i1,t41;i2,n")
	tests := []struct {
		name, message string
		want          frameStatus
	}{
		{"whole", good, whole},
		{"whole, in other words", "D1_ERROR: " + good + ": refused", whole},
		{"empty payload", message(""), whole},
		{"another error", "no such table: t: SQLITE_ERROR", notFramed},
		{"nothing", "", notFramed},
		{"another transaction's", strings.ReplaceAll(good, nonce, "d1-fedcba9876543210fedcba98"), notFramed},
		{"length too small", strings.Replace(good, ":22:", ":21:", 1), torn},
		{"length too large", strings.Replace(good, ":22:", ":23:", 1), torn},
		{"length beyond all", strings.Replace(good, ":22:", ":99999999999999999999:", 1), torn},
		{"length negative", strings.Replace(good, ":22:", ":-1:", 1), torn},
		{"no length", strings.Replace(good, ":22:", "::", 1), torn},
		{"middle left out", strings.Replace(good, "t41;i2", "…", 1), torn},
		{"a byte more", strings.Replace(good, "i2", "i23", 1), torn},
		{"end mark of another", good[:strings.LastIndex(good, nonce)] + "d1-0123456789abcdef01234568': SQLITE_ERROR", torn},
		{"quote missing", strings.Replace(good, nonce+"'", nonce, 1), torn},
		{"conflict tag", "bad JSON path: 'conflict " + nonce + " 3.': SQLITE_ERROR", torn},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload, status := readFrame(tt.message, nonce)
			require.Equal(t, tt.want, status)
			if status != whole {
				require.Empty(t, payload)
			}
		})
	}
}

// TestCutMessages cuts a message at every byte, from either end: what is left is
// never taken for an answer, and from half of the nonce on it is known to be one.
func TestCutMessages(t *testing.T) {
	good := message("2:6964,6e::i1,t41;i2,n")
	start := strings.Index(good, nonce)
	end := strings.LastIndex(good, nonce) + len(nonce) + 1
	for i := range len(good) {
		_, status := readFrame(good[:i], nonce)
		switch {
		case i >= end:
			require.Equal(t, whole, status, good[:i])
		case i >= start+len(nonce)/2:
			require.Equal(t, torn, status, good[:i])
		default:
			require.Equal(t, notFramed, status, good[:i])
		}
		if i > start {
			_, status := readFrame(good[i:], nonce)
			require.NotEqual(t, whole, status, good[i:])
		}
	}
}

func TestReadPart(t *testing.T) {
	tests := []struct {
		name, payload string
		want          Part
		err           error
	}{
		{"rows", "2:6964,6e::i1,t41;i2,n", Part{Total: 2, Columns: []string{"id", "n"}, Rows: []string{"i1,t41", "i2,n"}}, nil},
		{"no rows", "0:6964::", Part{Columns: []string{"id"}}, nil},
		{"no names", "1:-::i1", Part{Total: 1, Rows: []string{"i1"}}, nil},
		{"a name that is empty", "1:::i1", Part{Total: 1, Columns: []string{""}, Rows: []string{"i1"}}, nil},
		{"a table", "1:6964:696400:i1", Part{Total: 1, Columns: []string{"id"}, Table: "696400", Rows: []string{"i1"}}, nil},
		{"a field too few", "1:6964:i1", Part{}, ErrTorn},
		{"a field too many", "1:6964:::i1", Part{}, ErrTorn},
		{"total is no number", "x:6964::i1", Part{}, ErrTorn},
		{"names are not hex", "1:69zz::i1", Part{}, ErrTorn},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			part, framed, err := ReadPart(message(tt.payload), nonce, "")
			require.True(t, framed)
			require.ErrorIs(t, err, tt.err)
			if err == nil {
				require.Equal(t, tt.want, part)
			}
		})
	}
}

// TestColumnNames compares the names that come by way of a view with those of an
// ordinary response.
func TestColumnNames(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		e.exec(t,
			`CREATE TABLE t(id INTEGER PRIMARY KEY, "a b", "c:1", "d""q", X)`, `CREATE TABLE plain(v)`)
		for _, text := range []string{
			"SELECT 1", "SELECT 1,1,1", "SELECT 1 AS x, 2 AS x, 3 AS X, 4 AS x, 5 AS x, 6 AS x, 7 AS x", "SELECT * FROM t", "SELECT plain.*, plain.* FROM plain", "SELECT a.*, b.*, c.X FROM plain AS a JOIN plain AS b JOIN t AS c",
			"SELECT ID, t.id, rowid, oid, _rowid_, x FROM t", "SELECT rowid, v, rowid+1 FROM plain", `SELECT "a b", [a b], t."a b" AS "", 'lit', "d""q" FROM t`,
			`SELECT 1 AS x, 2 AS "x:1"`, `SELECT 1 AS x, 2 AS "x:1", 3 AS x, 4 AS "x:9"`, `SELECT "c:1", 1 AS c FROM t`, `SELECT 1 AS c, "c:1" FROM t`,
			"SELECT count(*), count( * ), COUNT(*) FROM t", "SELECT id + 1, id+1, (id), -id FROM t", "SELECT (SELECT 1), EXISTS(SELECT 1), CASE WHEN 1 THEN 2 END",
			"VALUES (1,2),(3,4)", "SELECT 1 UNION SELECT 2", "WITH c(i) AS (VALUES(1)) SELECT i, c.i, i AS j FROM c", "SELECT * FROM (SELECT 1 AS a, 2 AS b)",
			"SELECT a.id, b.id FROM t AS a JOIN t AS b",
			"SELECT * FROM json_each('[1]')", "SELECT value, key FROM json_each('[1]')", "SELECT 'é' AS \"é\", 1 AS 'single', 2 two", "SELECT/**/1 /* c */ , 2",
			"SELECT name FROM pragma_table_info('t')",
		} {
			plain := e.plain(t, wire.Statement{SQL: text})
			_, message := e.post(t, ProbeNames(nonce, text)...)
			part, framed, err := ReadPart(message, nonce, text)
			require.NoError(t, err, text)
			require.True(t, framed, "%s: %s", text, message)
			require.Equal(t, plain.Results.Columns, part.Columns, text)
		}
	})
}

func TestWrongColumns(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		for _, columns := range []int{1, 3} {
			q := Question{Statement: wire.Statement{SQL: "SELECT 1,2"}, Columns: columns}
			_, message := e.post(t, q.Probe(nonce, q.SQL, 0)...)
			n, ok := WrongColumns(message)
			require.True(t, ok, message)
			require.Equal(t, 2, n)
		}
	})
	for _, message := range []string{"", "table t has 2 values for 1 columns", "table _d1_rows has", "table _d1_rows has x values for 1 columns", "table _d1_rows has 2 columns"} {
		_, ok := WrongColumns(message)
		require.False(t, ok, message)
	}
}

// TestParts fetches an answer of more than a message holds.
func TestParts(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		before := wire.Statement{SQL: "CREATE TABLE big AS WITH RECURSIVE c(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM c WHERE i<40) SELECT i, hex(zeroblob(i*500)) AS v FROM c"}
		q := Question{Statement: wire.Statement{SQL: "SELECT i, v FROM big ORDER BY i"}, Columns: 2, Ordered: true}
		a := e.probe(t, q, before)
		require.Greater(t, a.Size(), 1_600_000)
		require.Equal(t, 40, a.Len())
		n := 0
		for row := range a.Rows() {
			n++
			require.EqualValues(t, n, row.Int(0))
			require.Len(t, row.Text(1), n*1000)
		}
		require.True(t, e.holds(t, before, q.Guard(a, "conflict")))
	})
}

// FuzzReadPart reads any message: what is not whole is refused, what is read is
// what was framed.
func FuzzReadPart(f *testing.F) {
	for _, payload := range []string{"2:6964,6e::i1,t41;i2,n", "0:::", "1:-::n", "::::", "1:6964,6964:696400:", "1::|61,62;63,64|:i1"} {
		f.Add(message(payload))
		f.Add(message(payload)[:20])
	}
	f.Add("no such table: t: SQLITE_ERROR")
	f.Add("bad JSON path: '" + nonce + ":5:")
	f.Fuzz(func(t *testing.T, text string) {
		part, framed, err := ReadPart(text, nonce, "")
		if !framed {
			require.NotContains(t, text, nonce)
			return
		}
		if err != nil {
			require.ErrorIs(t, err, ErrTorn)
			return
		}
		names := noNames
		if part.Columns != nil {
			var list []string
			for _, name := range part.Columns {
				list = append(list, hex.EncodeToString([]byte(name)))
			}
			names = strings.Join(list, ",")
		}
		payload, status := readFrame(text, nonce)
		require.Equal(t, whole, status)
		require.Equal(t, 3, strings.Count(payload, ":"))
		if !strings.Contains(payload, "3a") && !strings.Contains(payload, "3A") { // no name with a colon, which may be shortened
			require.Equal(t, strings.ToLower(strings.Split(payload, ":")[1]), strings.ToLower(names))
		}
		require.Equal(t, strings.Split(payload, ":")[3], strings.Join(part.Rows, ";"))
	})
}
