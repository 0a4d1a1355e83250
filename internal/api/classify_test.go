package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// response is a row of testdata/responses.json: a response, and what the
// error must be.
type response struct {
	Name    string
	Status  int
	Header  map[string]string
	Body    string
	RawOnly bool `json:"raw_only"` // to Call, this would be a success
	Want    struct {
		Kind          string
		Outcome       string
		Transient     bool
		Message       string
		MessagePrefix string `json:"message_prefix"`
		APICode       int    `json:"api_code"`
		Code          int
		Extended      int
		Ray           string
		RetryAfter    int `json:"retry_after"` // seconds
	}
}

func loadResponses(t *testing.T) []response {
	t.Helper()
	text, err := os.ReadFile("testdata/responses.json")
	require.NoError(t, err)
	var list []response
	require.NoError(t, json.Unmarshal(text, &list))
	require.NotEmpty(t, list)
	return list
}

func (r *response) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = nil // not sniffed
	for name, value := range r.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(r.Status)
	io.WriteString(w, r.Body)
}

func TestClassifyResponses(t *testing.T) {
	for _, test := range loadResponses(t) {
		for _, via := range []string{"Raw", "Call"} {
			if via == "Call" && test.RawOnly {
				continue
			}
			t.Run(via+"/"+test.Name, func(t *testing.T) {
				server := newFakeServer(t, test.ServeHTTP)
				c, _ := newClient(t, server.URL, func(o *Options) { o.MaxAttempts = 1 })
				var err error
				if via == "Raw" {
					err = write(c, t.Context())
				} else {
					_, err = c.Call(t.Context(), Request{Method: "POST", Path: "/d1/database", Body: struct{}{}}, nil)
				}
				e, want := failed(t, err), test.Want
				require.Equal(t, want.Kind, e.Kind.String())
				require.Equal(t, want.Outcome, e.Outcome.String())
				require.Equal(t, want.Transient, e.transient)
				if want.MessagePrefix == "" {
					require.Equal(t, want.Message, e.Message)
				} else {
					require.Contains(t, e.Message, want.MessagePrefix)
				}
				require.Equal(t, want.APICode, e.APICode)
				require.Equal(t, want.Code, e.Code)
				require.Equal(t, want.Extended, e.ExtendedCode)
				require.Equal(t, want.Ray, e.RayID)
				require.Equal(t, time.Duration(want.RetryAfter)*time.Second, e.RetryAfter)
				require.Equal(t, test.Status, e.HTTPStatus)
				require.Regexp(t, `^d1: `, err.Error())
				require.EqualValues(t, 1, server.requests.Load())
			})
		}
	}
}

// Every response is met by a read and a write with attempts to spare: what
// the server sees is decided by the outcome and by whether it is transient.
func TestResponsesAreRepeatedOnlyWhenSafe(t *testing.T) {
	for _, test := range loadResponses(t) {
		for _, idempotent := range []bool{true, false} {
			t.Run(map[bool]string{true: "read/", false: "write/"}[idempotent]+test.Name, func(t *testing.T) {
				server := newFakeServer(t, test.ServeHTTP)
				c, _ := newClient(t, server.URL)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				e := failed(t, send(c, ctx, idempotent))
				want := 1
				if test.Want.Transient && (idempotent || test.Want.Outcome == "not run") {
					want = DefaultMaxAttempts
				}
				require.EqualValues(t, want, server.requests.Load())
				require.Equal(t, test.Want.Outcome, e.Outcome.String())
			})
		}
	}
}

func TestLongEngineMessageIsWhole(t *testing.T) {
	// A dry run's answer comes as the message of an error.
	text := make([]byte, 1_900_000)
	for i := range text {
		text[i] = "0123456789ABCDEF"[i%16]
	}
	message := "bad JSON path: 'tag:" + string(text) + "': SQLITE_ERROR"
	body, err := json.Marshal(map[string]any{
		"result": []any{}, "success": false, "errors": []any{map[string]any{"code": 7500, "message": message}},
	})
	require.NoError(t, err)
	server := newFakeServer(t, func(w http.ResponseWriter, _ *http.Request) { answerWith(w, 400, string(body)) })
	c, _ := newClient(t, server.URL)
	e := failed(t, write(c, t.Context()))
	require.True(t, message == e.Message)
	require.Equal(t, KindSQL, e.Kind)
	require.Equal(t, 1, e.Code)
	require.Less(t, len(e.Error()), 2*maxShown)
}

func TestLongPageIsNotReadWhole(t *testing.T) {
	const size = 4 << 20
	server := newFakeServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		w.Write(make([]byte, size))
	})
	c, _ := newClient(t, server.URL)
	body := &countingBody{}
	c.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := c.own.RoundTrip(r)
		if err == nil {
			body.ReadCloser = resp.Body
			resp.Body = body
		}
		return resp, err
	})
	e := failed(t, write(c, t.Context()))
	require.Equal(t, KindInternal, e.Kind, e)
	require.LessOrEqual(t, body.n, maxErrorBody+maxDrained+1)
	require.True(t, body.closed)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type countingBody struct {
	io.ReadCloser
	n      int
	closed bool
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += n
	return n, err
}

func (b *countingBody) Close() error {
	b.closed = true
	return b.ReadCloser.Close()
}
