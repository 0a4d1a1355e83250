package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/extras/d1test"
)

// record runs one statement on the emulator and returns the response.
func record(tb testing.TB, sql string) []byte {
	tb.Helper()
	srv := d1test.New(tb)
	request, err := json.Marshal(map[string]string{"sql": sql})
	require.NoError(tb, err)
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost,
		srv.URL+"/accounts/"+srv.AccountID+"/d1/database/"+srv.DatabaseID+"/raw", bytes.NewReader(request))
	require.NoError(tb, err)
	r.Header.Set("Authorization", "Bearer "+srv.Token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(tb, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(tb, err)
	require.Equal(tb, http.StatusOK, resp.StatusCode, "%s", answer)
	return answer
}

// whole is a response replayed as it was recorded.
func whole(recorded []byte) body { return body{head: recorded} }

// chunkRows is how many rows are recorded; larger results repeat them.
const chunkRows = 1000

// repeated is a response whose rows are those of sql, repeated.
func repeated(tb testing.TB, sql string, times int) body {
	tb.Helper()
	recorded := record(tb, sql)
	start := bytes.Index(recorded, []byte(`"rows":[`)) + len(`"rows":[`)
	end := bytes.LastIndex(recorded, []byte(`]]`)) + 1
	require.Less(tb, start, end, "rows in %.200s", recorded)
	chunk := append([]byte(","), recorded[start:end]...)
	// The first chunk without its comma is part of the head.
	return body{
		head:  append(bytes.Clone(recorded[:start]), chunk[1:]...),
		chunk: chunk,
		times: times - 1,
		tail:  recorded[end:],
	}
}

const numbers = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 999) `

// mixedSQL gives rows as the user table of a web application has them: 8
// columns of integers, floats, texts (some with escapes), a time, a bool and
// NULLs.
const mixedSQL = numbers + `SELECT i*7919 AS id, 'User number '||i AS name, 'user'||i||'@example.com' AS email,
	i*0.37+0.005 AS score, i&1 AS active,
	'Likes "quotes", ünïcode and'||char(10)||'line breaks; number '||i AS bio,
	'2026-01-02 03:04:05.678+00:00' AS created_at,
	CASE WHEN i%3=0 THEN i/3 END AS parent FROM n`

// plainSQL is mixedSQL without texts: integers, floats, bools and NULLs.
const plainSQL = numbers + `SELECT i*7919 AS a, i*0.37+0.005 AS b, i&1 AS c, CASE WHEN i%3=0 THEN i/3 END AS d FROM n`

// textSQL is rows of one text.
const textSQL = numbers + `SELECT 'User number '||i AS name FROM n`

func mixed(tb testing.TB, rows int) body {
	tb.Helper()
	require.Zero(tb, rows%chunkRows)
	return repeated(tb, mixedSQL, rows/chunkRows)
}

// blob is one row with a BLOB of n bytes.
func blob(tb testing.TB, n int) body {
	tb.Helper()
	hex := strings.Repeat("00017f80fe0a64c8", n/8)
	// D1 takes 100,000 bytes of SQL, so the BLOB is put together there.
	const part = 40_000
	require.Zero(tb, len(hex)%part)
	sql := "SELECT CAST(" + strings.TrimSuffix(strings.Repeat("p||", len(hex)/part), "||") + " AS BLOB) AS b FROM (SELECT unhex('" + hex[:part] + "') AS p)"
	return whole(record(tb, sql))
}
