package dryrun

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/wire"
	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(workerd.Main{M: m}) }

// engine is an empty database behind the API.
type engine struct {
	url, token string
	client     *http.Client
}

// onEngines runs test once over each engine.
func onEngines(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	t.Run("emulator", func(t *testing.T) {
		srv := d1test.New(t)
		test(t, engine{srv.URL + "/accounts/" + srv.AccountID + "/d1/database/" + srv.DatabaseID + "/raw", srv.Token, client})
	})
	t.Run("workerd", func(t *testing.T) {
		srv := workerd.Shared(t)
		id, err := srv.CreateDatabase(t.Context(), "")
		require.NoError(t, err)
		test(t, engine{srv.URL + "/accounts/" + srv.AccountID + "/d1/database/" + id + "/raw", srv.Token, client})
	})
}

// post runs statements as one request, and returns the response or the engine's
// message.
func (e engine) post(t *testing.T, batch ...wire.Statement) (body []byte, message string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url, strings.NewReader(string(wire.AppendBatch(nil, batch))))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+e.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	var envelope struct {
		Success bool
		Errors  []struct{ Message string }
	}
	require.NoError(t, json.Unmarshal(body, &envelope), "%s", body)
	if envelope.Success {
		return body, ""
	}
	require.Len(t, envelope.Errors, 1, "%s", body)
	return nil, envelope.Errors[0].Message
}

// exec runs statements without parameters, all of which must succeed.
func (e engine) exec(t *testing.T, texts ...string) {
	t.Helper()
	_, message := e.post(t, statements(texts...)...)
	require.Empty(t, message)
}

func statements(texts ...string) []wire.Statement {
	list := make([]wire.Statement, len(texts))
	for i, text := range texts {
		list[i].SQL = text
	}
	return list
}

// result is what of a response tells a result: names and rows.
type result struct {
	Results struct {
		Columns []string
		Rows    [][]any
	}
	Meta struct {
		Changes   int64
		LastRowID int64 `json:"last_row_id"`
	}
}

// results decodes a response, numbers as their text.
func results(t *testing.T, body []byte) []result {
	t.Helper()
	var envelope struct{ Result []result }
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&envelope), "%s", body)
	return envelope.Result
}

// plain asks a question as an ordinary request.
func (e engine) plain(t *testing.T, s wire.Statement) result {
	t.Helper()
	body, message := e.post(t, s)
	require.Empty(t, message, s.SQL)
	return results(t, body)[0]
}

// seen asks a question as an ordinary request, as a transaction does before its
// first write.
func (e engine) seen(t *testing.T, s wire.Statement) *Answer {
	t.Helper()
	body, message := e.post(t, s)
	require.Empty(t, message, s.SQL)
	dec := wire.NewDecoder(strings.NewReader(string(body)))
	defer dec.Release()
	require.NoError(t, dec.NextResult())
	a, err := ReadAnswer(dec)
	require.NoError(t, err)
	return a
}

const nonce = "d1-0123456789abcdef01234567"

// probe asks a question by dry runs, behind other statements.
func (e engine) probe(t *testing.T, q Question, before ...wire.Statement) *Answer {
	t.Helper()
	var a *Answer
	for {
		from := 0
		if a != nil {
			from = a.Len()
		}
		_, message := e.post(t, append(before, q.Probe(nonce, q.SQL, from)...)...)
		part, framed, err := ReadPart(message, nonce, q.SQL)
		require.NoError(t, err)
		require.True(t, framed, message)
		if a == nil {
			a = NewAnswer(part.Columns)
		}
		if a.Add(part.Rows...); a.Len() >= part.Total {
			require.Equal(t, part.Total, a.Len())
			return a
		}
	}
}

// holds tells whether a guard lets its batch pass.
func (e engine) holds(t *testing.T, batch ...wire.Statement) bool {
	t.Helper()
	_, message := e.post(t, batch...)
	if message != "" {
		require.Contains(t, message, "bad JSON path: 'conflict", batch)
	}
	return message == ""
}
