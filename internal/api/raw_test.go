package api

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The first row is there before the second one has been sent.
func TestRawReturnsAtTheFirstRow(t *testing.T) {
	const first = `{"result":[{"results":{"columns":["a"],"rows":[[1],`
	const rest = `[2]]},"success":true,"meta":{}}],"success":true,"errors":[],"messages":[]}`
	proceed := make(chan struct{})
	server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
		answerWith(w, 200, " \n"+first)
		w.(http.Flusher).Flush()
		<-proceed
		io.WriteString(w, rest)
	})
	c, _ := newClient(t, server.URL)
	s, err := c.Raw(t.Context(), testDatabase, []byte("{}"), false)
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, s.Decoder().Columns())
	require.NoError(t, s.Decoder().Next())
	require.EqualValues(t, 1, s.Decoder().Cell(0).Int64())
	close(proceed)
	require.NoError(t, s.Decoder().Next())
	require.EqualValues(t, 2, s.Decoder().Cell(0).Int64())
	require.Equal(t, io.EOF, s.Err(s.Decoder().Next()))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.Error(t, s.Decoder().Next())
}

// What the response says after its rows is classified like the rest.
func TestStreamErr(t *testing.T) {
	rows := `{"result":[{"results":{"columns":["a"],"rows":[[1]]},`
	for name, test := range map[string]struct {
		rest    string
		kind    Kind
		outcome Outcome
	}{
		"statement failed":  {`"success":false,"error":"oops: SQLITE_ERROR"}],"success":true,"errors":[]}`, KindSQL, OutcomeRefused},
		"envelope says no":  {`"success":true}],"success":false,"errors":[{"code":7500,"message":"Network connection lost."}]}`, KindInternal, OutcomeUnknown},
		"failed, no reason": {`"success":true}],"success":false,"errors":[]}`, KindProtocol, OutcomeUnknown},
		"cut":               {`"succ`, KindProtocol, OutcomeUnknown},
		"nonsense":          {`]`, KindProtocol, OutcomeUnknown},
		"no success":        {`"success":true}]}`, KindProtocol, OutcomeUnknown},
		"more than JSON":    {`"success":true}],"success":true}x`, KindProtocol, OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			server := scripted(t, respond(200, rows+test.rest, "CF-Ray", "ray1"))
			c, _ := newClient(t, server.URL)
			s, err := c.Raw(t.Context(), testDatabase, []byte("{}"), true)
			require.NoError(t, err)
			defer s.Close()
			require.NoError(t, s.Decoder().Next())
			err = s.Err(s.Decoder().Next())
			e := failed(t, err)
			require.Equal(t, test.kind, e.Kind, err)
			require.Equal(t, test.outcome, e.Outcome)
			require.Equal(t, "ray1", e.RayID)
			require.Equal(t, 200, e.HTTPStatus)
			require.Same(t, err, s.Err(err))
			require.NoError(t, s.Err(nil))
			require.EqualValues(t, 1, server.requests.Load())
		})
	}
}

// Closing early gives the connection back if little is left, and doesn't wait
// for a server that says nothing more.
func TestCloseEarly(t *testing.T) {
	head := `{"result":[{"results":{"columns":["a"],"rows":[[1]`
	row := `,["` + strings.Repeat("x", 1000) + `"]`
	tail := `]},"success":true}],"success":true,"errors":[]}`
	for _, test := range []struct {
		name  string
		rows  int
		stall bool
		conns int64
	}{
		{"small rest", 20, false, 1},
		{"large rest", 5000, false, 3},
		{"no rest yet", 0, true, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				answerWith(w, 200, head)
				w.(http.Flusher).Flush()
				if test.stall {
					<-r.Context().Done()
					return
				}
				io.WriteString(w, strings.Repeat(row, test.rows)+tail)
			})
			c, _ := newClient(t, server.URL)
			if !test.stall {
				c.drainTime = time.Minute // only the size counts
			}
			for range 3 {
				s, err := c.Raw(t.Context(), testDatabase, []byte("{}"), true)
				require.NoError(t, err)
				require.NoError(t, s.Decoder().Next())
				began := time.Now()
				require.NoError(t, s.Close())
				require.Less(t, time.Since(began), 5*time.Second)
			}
			require.Equal(t, test.conns, server.conns.Load())
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	server := scripted(t, respond(200, oneRow), respond(400, sqlError), respond(502, "<html>"), respond(429, rateLimited), respond(200, oneRow))
	c, _ := newClient(t, server.URL)
	for range 10 {
		read(c, t.Context())
	}
	require.EqualValues(t, 1, server.conns.Load())
}

func TestConcurrentUse(t *testing.T) {
	const workers, each = 16, 20
	server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answerWith(w, 200, strings.Replace(oneRow, "[1]", fmt.Sprintf("[%s]", body), 1))
	})
	c, _ := newClient(t, server.URL, func(o *Options) { o.Limiter = NewLimiter(workers*each, time.Hour) })
	var running sync.WaitGroup
	errs := make(chan error, workers*each)
	for w := range workers {
		running.Go(func() {
			body := make([]byte, 0, 16) // used again: Raw must have let go of it
			for i := range each {
				n := w*each + i
				body = fmt.Appendf(body[:0], "%d", n)
				s, err := c.Raw(t.Context(), testDatabase, body, i%2 == 0)
				if err == nil {
					if err = s.Decoder().Next(); err == nil && s.Decoder().Cell(0).Int64() != int64(n) {
						err = fmt.Errorf("got the answer of another request")
					}
					s.Close()
				}
				errs <- err
			}
		})
	}
	running.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.EqualValues(t, workers*each, server.requests.Load())
	require.LessOrEqual(t, server.conns.Load(), int64(workers*each/2))
	e := failed(t, read(c, deadlineContext{t.Context(), time.Now().Add(time.Minute)}))
	require.Equal(t, KindRateLimited, e.Kind)
	require.EqualValues(t, workers*each, server.requests.Load())
}
