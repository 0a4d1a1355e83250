package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/d1go/d1/internal/emulator"
	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(workerd.Main{M: m})
}

// target is one server of the API.
type target struct {
	databases string // URL of the collection of databases
	token     string
	client    *http.Client
}

// targets returns the engine and the emulator.
func targets(t *testing.T) (engine, emulated target) {
	t.Helper()
	s := workerd.Shared(t)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	engine = target{s.URL + "/accounts/" + s.AccountID + "/d1/database", s.Token, client}

	handler, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, handler.Close())
	})
	emulated = target{server.URL + "/client/v4/accounts/a/d1/database", "token", client}
	return engine, emulated
}

// create makes an empty database and returns its URL.
func (g target) create(t *testing.T, name string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"name": name})
	require.NoError(t, err)
	resp, text := g.post(t, g.databases, string(body))
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", text)
	var created struct{ Result struct{ UUID string } }
	require.NoError(t, json.Unmarshal(text, &created))
	return g.databases + "/" + created.Result.UUID
}

func (g target) delete(t *testing.T, url string) {
	t.Helper()
	resp, text := g.do(t, http.MethodDelete, url, "")
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", text)
}

func (g target) post(t *testing.T, url, body string) (*http.Response, []byte) {
	t.Helper()
	return g.do(t, http.MethodPost, url, body)
}

func (g target) do(t *testing.T, method, url, body string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	if g.token != "" { // signed URLs want none
		req.Header.Set("Authorization", "Bearer "+g.token)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := g.client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, text
}

// answer is the part of a response that is compared, one string per check.
type answer struct {
	outcome string   // status, header and errors
	results []string // of each statement: results as sent, and the compared part of meta
}

func (g target) ask(t *testing.T, url, body string) answer {
	t.Helper()
	resp, text := g.post(t, url, body)
	var envelope struct {
		Success bool
		Errors  []struct {
			Code    int
			Message string
		}
		Result []struct {
			Success bool
			Results json.RawMessage
			Meta    struct {
				Changes   json.RawMessage
				LastRowID json.RawMessage `json:"last_row_id"`
				ChangedDB json.RawMessage `json:"changed_db"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &envelope), "%s", text)
	var a answer
	var outcome bytes.Buffer
	fmt.Fprintf(&outcome, "%d %v %s", resp.StatusCode, envelope.Success, resp.Header.Get("cf-d1"))
	for _, e := range envelope.Errors {
		// What follows is different every time.
		e.Message, _, _ = strings.Cut(e.Message, "; reference = ")
		fmt.Fprintf(&outcome, " [%d] %s", e.Code, e.Message)
	}
	a.outcome = outcome.String()
	for _, r := range envelope.Result {
		a.results = append(a.results, fmt.Sprintf("%v %s changes=%s last_row_id=%s changed_db=%s",
			r.Success, r.Results, r.Meta.Changes, r.Meta.LastRowID, r.Meta.ChangedDB))
	}
	return a
}
