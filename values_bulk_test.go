package d1_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

func init() { sqlx.BindDriver("d1", sqlx.QUESTION) }

// TestSqlxIn asks for 2,000 rows by id, as strings and as integers.
func TestSqlxIn(t *testing.T) {
	onEngines(t, func(t *testing.T, plain *sql.DB) {
		db := sqlx.NewDb(plain, "d1")
		_, err := db.Exec(`CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE)`)
		require.NoError(t, err)
		_, err = db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, 'n' || i FROM n`)
		require.NoError(t, err)
		ids, names := make([]int64, 2000), make([]string, 2000)
		for i := range ids {
			ids[i], names[i] = int64(2*i), fmt.Sprintf("n%d", 2*i)
		}
		for column, list := range map[string]any{"id": ids, "name": names} {
			query, args, err := sqlx.In(`SELECT id FROM t WHERE `+column+` IN (?) AND id <> ? ORDER BY id`, list, 8)
			require.NoError(t, err)
			require.Len(t, args, 2001)
			var got []int64
			require.NoError(t, db.Select(&got, db.Rebind(query), args...))
			require.Len(t, got, 1998) // neither 0, which is no row, nor 8
			require.Equal(t, []int64{2, 4, 6, 10}, got[:4])

			stmt, err := db.Preparex(query)
			require.NoError(t, err)
			got = nil
			require.NoError(t, stmt.Select(&got, args...))
			require.Len(t, got, 1998)
			require.NoError(t, stmt.Close())

			tx := db.MustBegin()
			got = nil
			require.NoError(t, tx.Select(&got, query, args...))
			require.Len(t, got, 1998)
			require.NoError(t, tx.Commit())
		}
	})
}

// record is a row of four columns.
type record struct {
	ID    int64
	Name  string
	Score float64
	Data  []byte
}

// TestSqlxBulkInsert inserts 500 rows of 4 columns in one statement with names.
func TestSqlxBulkInsert(t *testing.T) {
	onEngines(t, func(t *testing.T, plain *sql.DB) {
		db := sqlx.NewDb(plain, "d1")
		_, err := db.Exec(`CREATE TABLE r(id INTEGER PRIMARY KEY, name TEXT, score REAL, data BLOB)`)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(1, 2))
		want := make([]record, 500)
		for i := range want {
			want[i] = record{int64(i), fmt.Sprintf("näme %d", i), random.NormFloat64() * math.Pow(10, float64(random.IntN(600)-300)), []byte{byte(i), 0xff}}
		}
		result, err := db.NamedExec(`INSERT INTO r(id, name, score, data) VALUES (:id, :name, :score, :data)`, want)
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 500, n)
		var got []record
		require.NoError(t, db.Select(&got, `SELECT * FROM r ORDER BY id`))
		require.Equal(t, want, got)

		// As part of a transaction that looks at it.
		tx := db.MustBegin()
		for i := range want {
			want[i].ID += 1000
		}
		_, err = tx.NamedExec(`INSERT INTO r(id, name, score, data) VALUES (:id, :name, :score, :data)`, want)
		require.NoError(t, err)
		got = nil
		require.NoError(t, tx.Select(&got, `SELECT * FROM r WHERE id >= 1000 ORDER BY id`))
		require.Equal(t, want, got)
		require.NoError(t, tx.Commit())
	})
}

// TestPackedFloats sends floats of every exponent, more than fit parameters of
// their own, and compares every bit.
func TestPackedFloats(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec(`CREATE TABLE f(v REAL, n)`)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(3, 4))
		var floats []any
		add := func(bits uint64) { floats = append(floats, math.Float64frombits(bits)) }
		for exponent := range uint64(0x7FF) {
			add(exponent<<52 | random.Uint64()>>12)
			add(1<<63 | exponent<<52 | random.Uint64()>>12)
			switch exponent % 3 {
			case 0:
				add(exponent << 52)
			case 1:
				add(exponent<<52 | 1)
			default:
				add(exponent<<52 | 1<<52 - 1)
			}
		}
		for shift := range 52 {
			add(1 << shift)
			add(random.Uint64() >> 12 >> shift)
		}
		const each = 900
		for len(floats) > 0 {
			part := floats[:min(each, len(floats))]
			floats = floats[len(part):]
			rows, err := db.Query("VALUES "+strings.TrimSuffix(strings.Repeat("(?),", len(part)), ","), part...)
			require.NoError(t, err)
			for i := 0; rows.Next(); i++ {
				var got float64
				require.NoError(t, rows.Scan(&got))
				want := part[i].(float64)
				if want == 0 {
					require.Zero(t, got) // JSON from JavaScript has no -0
					continue
				}
				require.Equal(t, math.Float64bits(want), math.Float64bits(got), "%x", want)
			}
			require.NoError(t, rows.Err())
			require.NoError(t, rows.Close())
		}
	})
}

// TestTooManyArguments goes to the engine's limit on a compiled statement, and
// beyond it.
func TestTooManyArguments(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		_, err := db.Exec(`CREATE TABLE t(a, b)`)
		require.NoError(t, err)
		for _, test := range []struct {
			name, before, item, after string
			fits, fails               int // arguments
		}{
			{"IN", "SELECT count(*) FROM t WHERE a IN (", "?", ")", 3060, 3080},
			{"VALUES", "INSERT INTO t VALUES ", "(?,?)", "", 3900, 4800},
		} {
			run := func(n int) error {
				args := make([]any, n)
				for i := range args {
					args[i] = i
				}
				items := strings.TrimSuffix(strings.Repeat(test.item+",", n/strings.Count(test.item, "?")), ",")
				_, err := db.Exec(test.before+items+test.after, args...)
				return err
			}
			require.NoError(t, run(test.fits), test.name)
			err := run(test.fails)
			require.ErrorIs(t, err, d1.CodeNoMem, test.name)
			require.ErrorContains(t, err, fmt.Sprintf("a statement with %d arguments is larger", test.fails))
			var e *d1.Error
			require.True(t, errors.As(err, &e))
			require.Equal(t, d1.OutcomeRefused, e.Outcome)
			require.True(t, e.SafeToRetry())
		}
		// What does not even fit the text is refused before it is sent.
		args := make([]any, 10000)
		_, err = db.Exec("SELECT 1 IN ("+strings.TrimSuffix(strings.Repeat("?,", len(args)), ",")+")", args...)
		require.ErrorIs(t, err, d1.ErrArguments)
		require.ErrorContains(t, err, "with its 10000 arguments packed; D1 takes at most 100000")

		// A statement that is too large by itself has its own explanation.
		_, err = db.Exec("SELECT 1 IN (" + strings.TrimSuffix(strings.Repeat("random(),", 9000), ",") + ")")
		require.ErrorIs(t, err, d1.CodeNoMem)
		require.NotContains(t, err.Error(), "arguments")
	})
}

// TestValuesRefused lists what cannot be sent exactly: the error names the
// argument, and nothing is sent.
func TestValuesRefused(t *testing.T) {
	server := d1test.New(t)
	db := open(t, server.DSN())
	type id uint64
	const text = "SELECT ?, ?"
	stmt, err := db.Prepare(text)
	require.NoError(t, err)
	tx, err := db.Begin()
	require.NoError(t, err)
	server.Reset()
	for want, args := range map[string][]any{
		"uint64 18446744073709551615 does not fit":               {1, uint64(math.MaxUint64)},
		"uint64 9223372036854775808 does not fit":                {id(1 << 63), 1},
		"argument 2: string is not valid UTF-8":                  {1, "\xff"},
		"argument 1: string of 2000001 bytes; D1 stores at most": {strings.Repeat("x", 2_000_001), 1},
		"argument 2: []byte of 2000001 bytes; D1 stores at most": {1, make([]byte, 2_000_001)},
		"1 argument given, and none is left for placeholder ?2":  {1},
		"2 arguments wanted, 3 given":                            {1, 2, 3},
		`argument "b": no placeholder of that name`:              {1, 2, sql.Named("b", 1)},
		"unsupported type struct {}":                             {1, struct{}{}},
	} {
		_, direct := db.Exec(text, args...)
		_, prepared := stmt.Exec(args...)
		_, inTx := tx.Exec(text, args...)
		_, batched := new(d1.Batch).Add(text, args...).Exec(t.Context(), db)
		for how, err := range map[string]error{"direct": direct, "prepared": prepared, "tx": inTx, "batch": batched} {
			require.ErrorContains(t, err, want, how)
		}
	}
	require.NoError(t, tx.Rollback())
	require.NoError(t, stmt.Close())

	// Which argument it is is said once, by database/sql or by the driver.
	_, err = db.Exec(text, 1, uint64(1<<63))
	require.EqualError(t, err, "sql: converting argument $2 type: d1: uint64 9223372036854775808 does not fit SQLite's 64-bit signed INTEGER; bind it as a string")
	_, err = db.Exec("SELECT :n", sql.Named("n", uint64(1<<63)))
	require.EqualError(t, err, `sql: converting argument with name "n" type: d1: uint64 9223372036854775808 does not fit SQLite's 64-bit signed INTEGER; bind it as a string`)
	_, err = new(d1.Batch).Add("SELECT 1").Add(text, 1, uint64(1<<63)).Exec(t.Context(), db)
	require.EqualError(t, err, "d1: statement 2 (SELECT ?, ?): argument 2: uint64 9223372036854775808 does not fit SQLite's 64-bit signed INTEGER; bind it as a string")
	_, err = db.Exec(text, 1, "\xff")
	require.EqualError(t, err, "d1: argument 2: string is not valid UTF-8 and cannot travel as JSON; bind it as []byte")
	require.Empty(t, server.Requests())
}
