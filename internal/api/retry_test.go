package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	internalError = `{"result":[],"success":false,"errors":[{"code":7500,"message":"internal error; reference = e_1"}]}`
	rateLimited   = `{"success":false,"errors":[{"code":7429,"message":"slow down"}],"messages":[],"result":null}`
	sqlError      = `{"result":[],"success":false,"errors":[{"code":7500,"message":"no such table: t: SQLITE_ERROR"}]}`
)

// step is one answer of a script; the last one is repeated.
type step func(http.ResponseWriter, *http.Request)

func respond(status int, body string, header ...string) step {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		answerWith(w, status, body)
	}
}

func scripted(t *testing.T, steps ...step) *fakeServer {
	var s *fakeServer
	s = newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		steps[min(int(s.requests.Load()), len(steps))-1](w, r)
	})
	return s
}

func TestRetry(t *testing.T) {
	cut := func(w http.ResponseWriter, _ *http.Request) { cutOff(w) }
	half := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(200)
		io.WriteString(w, oneRow[:30])
		w.(http.Flusher).Flush()
		cutOff(w)
	}
	seconds := func(list ...float64) (d []time.Duration) {
		for _, s := range list {
			d = append(d, time.Duration(s*float64(time.Second)))
		}
		return d
	}
	tests := []struct {
		name     string
		steps    []step
		write    bool
		attempts int // 0 is the default
		seen     int64
		slept    []time.Duration
		kind     Kind // 0 is success
		outcome  Outcome
	}{
		{name: "read, success", steps: []step{respond(200, oneRow)}, seen: 1},
		{name: "write, success", steps: []step{respond(200, oneRow)}, write: true, seen: 1},
		{name: "read, 500 once", steps: []step{respond(500, internalError), respond(200, oneRow)}, seen: 2, slept: seconds(0.05)},
		{name: "read, 500 for ever", steps: []step{respond(500, internalError)}, seen: 4, slept: seconds(0.05, 0.1, 0.2), kind: KindInternal},
		{name: "write, 500 once", steps: []step{respond(500, internalError), respond(200, oneRow)}, write: true, seen: 1, kind: KindInternal},
		{name: "read, more attempts", steps: []step{respond(500, "")}, attempts: 9, seen: 9,
			slept: seconds(0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2), kind: KindInternal},
		{name: "read, one attempt", steps: []step{respond(500, internalError)}, attempts: 1, seen: 1, kind: KindInternal},
		{name: "read, cut", steps: []step{cut, respond(200, oneRow)}, seen: 2, slept: seconds(0.05)},
		{name: "write, cut", steps: []step{cut, respond(200, oneRow)}, write: true, seen: 1, kind: KindTransport},
		{name: "read, truncated", steps: []step{half, respond(200, oneRow)}, seen: 2, slept: seconds(0.05)},
		{name: "write, truncated", steps: []step{half, respond(200, oneRow)}, write: true, seen: 1, kind: KindProtocol},
		{name: "read, SQL error", steps: []step{respond(400, sqlError)}, seen: 1, kind: KindSQL, outcome: OutcomeRefused},
		{name: "read, SQL error after 500", steps: []step{respond(500, ""), respond(400, sqlError)}, seen: 2, slept: seconds(0.05),
			kind: KindSQL, outcome: OutcomeUnknown},
		{name: "write, SQL error after 429", steps: []step{respond(429, rateLimited), respond(400, sqlError)}, write: true, seen: 2,
			slept: seconds(0.05), kind: KindSQL, outcome: OutcomeRefused},
		{name: "write, 500 after 429", steps: []step{respond(429, rateLimited), respond(500, "")}, write: true, seen: 2,
			slept: seconds(0.05), kind: KindInternal},
		{name: "write, 429 in seconds", steps: []step{respond(429, rateLimited, "Retry-After", "3"), respond(200, oneRow)}, write: true, seen: 2,
			slept: seconds(3)},
		{name: "read, 429 in seconds", steps: []step{respond(429, rateLimited, "Retry-After", "30"), respond(200, oneRow)}, seen: 2,
			slept: seconds(30)},
		{name: "read, 429 for longer than is sensible", steps: []step{respond(429, rateLimited, "Retry-After", "31")}, seen: 1,
			kind: KindRateLimited, outcome: OutcomeNotRun},
		{name: "read, 429 with nonsense", steps: []step{respond(429, rateLimited, "Retry-After", "-5"), respond(200, oneRow)}, seen: 2,
			slept: seconds(0.05)},
		{name: "read, 503 in seconds", steps: []step{respond(503, "", "Retry-After", "2"), respond(200, oneRow)}, seen: 2, slept: seconds(2)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := scripted(t, test.steps...)
			c, clock := newClient(t, server.URL, func(o *Options) { o.MaxAttempts = test.attempts })
			err := send(c, t.Context(), !test.write)
			require.Equal(t, test.seen, server.requests.Load())
			require.Equal(t, test.slept, clock.slept)
			if test.kind == 0 {
				require.NoError(t, err)
				return
			}
			e := failed(t, err)
			require.Equal(t, test.kind, e.Kind, err)
			require.Equal(t, test.outcome, e.Outcome)
		})
	}
}

func TestRetryAfterDate(t *testing.T) {
	var clock *fakeClock
	server := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", clock.now().Add(10*time.Second).UTC().Format(http.TimeFormat))
		answerWith(w, 429, rateLimited)
	}, respond(200, oneRow))
	c, clock := newClient(t, server.URL)
	require.NoError(t, write(c, t.Context()))
	require.Len(t, clock.slept, 1)
	require.InDelta(t, 10, clock.slept[0].Seconds(), 1) // the header has whole seconds

	now := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"120":                           2 * time.Minute,
		"Thu, 02 Jan 2025 03:05:05 GMT": time.Minute,
		"Thu, 02 Jan 2025 03:04:00 GMT": 0,
		"99999999999999999999":          0,
		"1.5":                           0,
	} {
		require.Equal(t, want, retryAfter(http.Header{"Retry-After": {value}}, now), value)
	}
}

func TestRetryWithinDeadline(t *testing.T) {
	for _, test := range []struct {
		name       string
		deadline   time.Duration
		retryAfter string
		seen       int64
	}{
		{"enough time", time.Hour, "300", 2},
		{"too early for Retry-After", 10 * time.Second, "11", 1},
		{"exactly", 10 * time.Second, "10", 1},
		{"too early for a backoff", 40 * time.Millisecond, "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := scripted(t, respond(429, rateLimited, "Retry-After", test.retryAfter), respond(200, oneRow))
			c, clock := newClient(t, server.URL)
			// The context's own clock is the real one: it must not end during the test.
			ctx := deadlineContext{t.Context(), clock.now().Add(test.deadline)}
			err := write(c, ctx)
			require.Equal(t, test.seen, server.requests.Load())
			if test.seen > 1 {
				require.NoError(t, err)
				return
			}
			e := failed(t, err)
			require.Equal(t, KindRateLimited, e.Kind)
			require.Equal(t, OutcomeNotRun, e.Outcome)
			require.Empty(t, clock.slept)
			if test.retryAfter != "" {
				require.ErrorContains(t, err, "try again in "+test.retryAfter+"s")
			}
		})
	}
}

// deadlineContext has a deadline, but doesn't end by itself.
type deadlineContext struct {
	context.Context
	deadline time.Time
}

func (c deadlineContext) Deadline() (time.Time, bool) { return c.deadline, true }

func TestContextEndsBetweenAttempts(t *testing.T) {
	for _, test := range []struct {
		step    step
		outcome Outcome
	}{
		{respond(429, rateLimited), OutcomeNotRun},
		{respond(500, internalError), OutcomeUnknown},
	} {
		server := scripted(t, test.step)
		c, clock := newClient(t, server.URL)
		ctx, cancel := context.WithCancel(t.Context())
		clock.hook = cancel
		err := read(c, ctx)
		require.ErrorIs(t, err, context.Canceled)
		e := failed(t, err)
		require.Equal(t, KindCanceled, e.Kind)
		require.Equal(t, test.outcome, e.Outcome)
		require.EqualValues(t, 1, server.requests.Load())
	}
}

func TestSleep(t *testing.T) {
	require.NoError(t, sleep(t.Context(), time.Millisecond))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, sleep(ctx, time.Hour), context.Canceled)
}

func TestBackoffHasFullJitter(t *testing.T) {
	c, _ := newClient(t, "http://localhost")
	c.random = func() float64 { return 0 }
	require.Zero(t, c.backoff(3))
	c.random = jitter
	seen := map[time.Duration]bool{}
	for range 100 {
		d := c.backoff(3)
		require.Less(t, d, 4*minBackoff)
		seen[d] = true
	}
	require.Greater(t, len(seen), 10)
}

func TestAttempts(t *testing.T) {
	server := scripted(t, respond(500, ""), respond(500, ""), respond(200, oneRow))
	c, _ := newClient(t, server.URL)
	s, err := c.Raw(t.Context(), testDatabase, []byte("{}"), true)
	require.NoError(t, err)
	require.Equal(t, 3, s.Attempts())
	require.NoError(t, s.Close())
}

func TestLogHasNoTextOfTheUser(t *testing.T) {
	server := scripted(t, respond(500, internalError), respond(400, `{"success":false,"errors":[{"code":7500,"message":"secret value: SQLITE_ERROR"}]}`))
	var log bytes.Buffer
	c, _ := newClient(t, server.URL, func(o *Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := c.Call(t.Context(), Request{Method: "GET", Path: "/x", Query: map[string][]string{"name": {"secret"}}, Idempotent: true}, nil)
	require.ErrorContains(t, err, "secret value")
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "status=400")
	require.NotContains(t, log.String(), "secret")
	require.NotContains(t, log.String(), testToken)
	require.NotContains(t, log.String(), "e_1")
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]*Error{
		"d1: x":                              {Message: "x"},
		"d1: no such table: t: SQLITE_ERROR": {Message: "no such table: t: SQLITE_ERROR", Kind: KindSQL, HTTPStatus: 400, APICode: 7500, RayID: "r"},
		"d1: x (HTTP 500, code 7500, ray 8f-FRA)": {Message: "x", Kind: KindInternal, HTTPStatus: 500, APICode: 7500, RayID: "8f-FRA"},
		"d1: x; try again in 1m30s (HTTP 429)":    {Message: "x", Kind: KindRateLimited, HTTPStatus: 429, RetryAfter: 90 * time.Second},
	} {
		require.EqualError(t, e, want)
	}
	long := &Error{Message: string(bytes.Repeat([]byte("é"), maxShown))}
	require.Equal(t, "d1: "+long.Message[:maxShown]+"… (8192 bytes)", long.Error())
	for k := KindSQL; k <= KindConfig; k++ {
		require.NotContains(t, k.String(), "Kind(")
	}
	require.Equal(t, "Kind(200)", Kind(200).String())
	require.Equal(t, "Outcome(200)", Outcome(200).String())
	cause := errors.New("why")
	require.ErrorIs(t, &Error{Cause: cause}, cause)
}
