package api

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A response that stops arriving ends, without a deadline of the caller's; one
// that is read slowly does not.
func TestStalledResponse(t *testing.T) {
	for _, test := range []struct {
		name string
		sent string
	}{
		{"before the first row", `{"result":[`},
		{"within the rows", oneRow[:60]},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newFakeServer(t, func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, test.sent)
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			c, _ := newClient(t, server.URL, func(o *Options) { o.MaxAttempts = 1 })
			c.stallTime = 20 * time.Millisecond
			s, err := c.Raw(t.Context(), testDatabase, []byte(`{"sql":"x"}`), true)
			if err == nil {
				defer s.Close()
				for err == nil {
					err = s.Decoder().Next()
				}
				err = s.Err(err)
			}
			require.ErrorIs(t, err, errStalled)
			require.Equal(t, KindTransport, failed(t, err).Kind)
		})
	}
	t.Run("slow reader", func(t *testing.T) {
		server := newFakeServer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, oneRow) })
		c, _ := newClient(t, server.URL)
		c.stallTime = 20 * time.Millisecond
		s, err := c.Raw(t.Context(), testDatabase, []byte(`{"sql":"x"}`), true)
		require.NoError(t, err)
		defer s.Close()
		<-time.After(3 * c.stallTime) // what is tested is that this time does not count
		require.NoError(t, s.Decoder().Finish())
	})
}

// A request is not repeated when the computer has slept meanwhile.
func TestNotRepeatedAfterSleep(t *testing.T) {
	server := newFakeServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	c, clock := newClient(t, server.URL)
	clock.hook = func() {
		if len(clock.slept) == 1 {
			clock.time = clock.time.Add(maxSpan)
		}
	}
	e := failed(t, read(c, t.Context()))
	require.Equal(t, 3, e.Attempts)
	require.EqualValues(t, 3, server.requests.Load())
}
