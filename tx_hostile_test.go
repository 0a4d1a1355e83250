package d1_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// reword lets a server change the messages of its errors.
func reword(change func(message string) string) d1test.Option {
	return d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			body := answer.Body.Bytes()
			var envelope map[string]any
			if err := json.Unmarshal(body, &envelope); err == nil && envelope["success"] == false {
				for _, e := range envelope["errors"].([]any) {
					e := e.(map[string]any)
					if message := e["message"].(string); strings.HasPrefix(message, "bad JSON path") {
						e["message"] = change(message)
					}
				}
				body, _ = json.Marshal(envelope)
			}
			for name, values := range answer.Header() {
				if name != "Content-Length" {
					w.Header()[name] = values
				}
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(body)
		})
	})
}

// TestTxHostileServer: a server that cuts, shortens or rewords the messages that
// carry answers leads to errors, never to wrong data.
func TestTxHostileServer(t *testing.T) {
	digits := func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '*'
		}
		return r
	}
	tests := []struct {
		name   string
		change func(string) string
		torn   bool // it can be seen that this was an answer
		ok     bool // the answer is whole all the same
	}{
		{"unchanged", func(m string) string { return m }, false, true},
		{"wrapped", func(m string) string { return "D1_ERROR: " + m + " (ray 123)" }, false, true},
		{"first half", func(m string) string { return m[:len(m)/2] }, true, false},
		{"last half", func(m string) string { return m[len(m)/2:] }, true, false},
		{"to 60 bytes", func(m string) string { return m[:min(60, len(m))] }, true, false},
		{"to 30 bytes", func(m string) string { return m[:30] }, false, false},
		{"without the end", func(m string) string { return strings.TrimSuffix(m, "': SQLITE_ERROR") }, true, false},
		{"the middle left out", func(m string) string { return m[:60] + "…" + m[len(m)-20:] }, true, false},
		{"one byte of the middle left out", func(m string) string { return m[:60] + m[61:] }, true, false},
		{"digits hidden", func(m string) string { return strings.Map(digits, m) }, false, false},
		{"capitals", strings.ToUpper, false, false},
		{"quotes doubled", func(m string) string { return strings.ReplaceAll(m, "'", "''") }, false, true},
		{"quotes escaped", func(m string) string { return strings.ReplaceAll(m, "'", "&#39;") }, true, false},
		{"colons spaced", func(m string) string { return strings.ReplaceAll(m, ":", ": ") }, true, false},
		{"spaces in hex", func(m string) string { n := min(80, len(m)/2); return m[:n] + " " + m[n:] }, true, false},
		{"another text", func(string) string { return "SQL error: SQLITE_ERROR" }, false, false},
		{"nothing", func(string) string { return "" }, false, false},
		{"said twice", func(m string) string { return m + "; " + m }, false, true},
	}
	questions := []struct {
		name string
		ask  func(tx *sql.Tx) ([]string, error)
		want []string
	}{
		{"SELECT", func(tx *sql.Tx) ([]string, error) { return read(tx, "SELECT id,v FROM t ORDER BY id") }, []string{"1|one", "2|two", "3|three"}},
		{"SELECT *", func(tx *sql.Tx) ([]string, error) { return read(tx, "SELECT * FROM t ORDER BY id") }, []string{"1|one", "2|two", "3|three"}},
		{"empty SELECT", func(tx *sql.Tx) ([]string, error) { return read(tx, "SELECT v FROM t WHERE 0") }, []string{}},
		{"RETURNING of one row", func(tx *sql.Tx) ([]string, error) {
			return read(tx, "INSERT INTO t(v) VALUES('four') RETURNING id,v")
		}, []string{"4|four"}},
		{"RETURNING of several rows", func(tx *sql.Tx) ([]string, error) { return read(tx, "UPDATE t SET v='new' RETURNING *") }, []string{"1|new", "2|new", "3|new"}},
		{"RowsAffected", func(tx *sql.Tx) ([]string, error) {
			r, err := tx.Exec("DELETE FROM t WHERE id<3")
			if err != nil {
				return nil, err
			}
			n, err := r.RowsAffected()
			return []string{string(rune('0' + n))}, err
		}, []string{"2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := d1test.New(t, reword(tt.change))
			db := open(t, srv.DSN())
			run(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES(1,'one'),(2,'two')")
			for _, q := range questions {
				for _, mode := range []d1.TxMode{d1.TxLazy, d1.TxEager} {
					tx, err := db.BeginTx(d1.WithTxMode(t.Context(), mode), nil)
					require.NoError(t, err)
					_, err = tx.Exec("INSERT INTO t VALUES(3,'three')")
					var got []string
					if err == nil {
						got, err = q.ask(tx)
					}
					if tt.ok {
						require.NoError(t, err, q.name)
						require.Equal(t, q.want, got, q.name)
					} else {
						require.Error(t, err, q.name)
						require.NotErrorIs(t, err, d1.ErrTxConflict, q.name)
						require.NotErrorIs(t, err, d1.ErrOutcomeUnknown, q.name)
					}
					if tt.torn {
						require.ErrorIs(t, err, d1.ErrTxUnanswered, q.name)
					}
					require.NoError(t, tx.Rollback())
				}
			}
			requireRows(t, db, "SELECT id,v FROM t", "1|one", "2|two")
			// A conflict that cannot be read is an error at Commit, too.
			tx := begin(t, db, nil)
			requireRows(t, tx, "SELECT v FROM t WHERE id=1", "one")
			run(t, tx, "DELETE FROM t")
			run(t, db, "UPDATE t SET v='ONE' WHERE id=1")
			require.Error(t, tx.Commit())
			requireRows(t, db, "SELECT id,v FROM t", "1|ONE", "2|two")
		})
	}
}

// TestTxServerCommitsDryRun: a server that does not fail where SQLite does is not
// D1. Nobody can tell then what was applied, and the transaction is over.
func TestTxServerCommitsDryRun(t *testing.T) {
	lenient := d1test.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			if strings.Contains(answer.Body.String(), "bad JSON path") {
				_, _ = w.Write([]byte(`{"result":[{"results":{"columns":[],"rows":[]},"success":true,"meta":{}}],"success":true,"errors":[],"messages":[]}`))
				return
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		})
	})
	db := open(t, d1test.New(t, lenient).DSN())
	run(t, db, "CREATE TABLE t(x)")
	tx := begin(t, db, nil)
	run(t, tx, "SAVEPOINT s", "INSERT INTO t VALUES(1)")
	_, err := read(tx, "SELECT * FROM t")
	require.ErrorIs(t, err, d1.ErrTxUnanswered)
	require.ErrorIs(t, err, d1.ErrOutcomeUnknown)
	run(t, tx, "ROLLBACK TO s")
	_, err = tx.Exec("INSERT INTO t VALUES(2)")
	require.ErrorIs(t, err, d1.ErrTxAborted)
	require.ErrorIs(t, tx.Commit(), d1.ErrTxAborted)
}
