package chaos_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/d1go/d1/internal/chaos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const answer = `{"result":[],"success":true,"errors":[],"messages":[]}`

// run posts n requests and tells what became of them: the whole answer arrived,
// and the server acted.
func run(t *testing.T, c *chaos.Chaos, n int) (whole, acted int64) {
	var count atomic.Int64
	server := httptest.NewServer(c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) == "request" {
			count.Add(1)
		}
		_, _ = io.WriteString(w, answer)
	})))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: c.DialContext, DisableKeepAlives: true}}
	for range n {
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, strings.NewReader("request"))
		require.NoError(t, err)
		resp, err := client.Do(r)
		if err != nil {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode == 200 && string(body) == answer {
			whole++
		}
	}
	c.Stop()
	return whole, count.Load()
}

func TestFaults(t *testing.T) {
	const n = 600
	c := chaos.New(1, 0.5)
	whole, acted := run(t, c, n)
	for f := chaos.None; f <= chaos.FailedAfter; f++ {
		require.Positive(t, c.Count(f), f.String())
	}
	lost := c.Count(chaos.CutAfter) + c.Count(chaos.CutBody) + c.Count(chaos.Late) + c.Count(chaos.Corrupt) + c.Count(chaos.FailedAfter)
	require.Equal(t, acted, whole+lost)
	require.Less(t, acted, int64(n))
}

func TestSeed(t *testing.T) {
	one, again, other := chaos.New(1, 0.5), chaos.New(1, 0.5), chaos.New(2, 0.5)
	for _, c := range []*chaos.Chaos{one, again, other} {
		run(t, c, 100)
	}
	require.Equal(t, one.String(), again.String())
	require.NotEqual(t, one.String(), other.String())
}

func TestCalm(t *testing.T) {
	whole, acted := run(t, chaos.New(1, 0), 20)
	require.EqualValues(t, 20, whole)
	require.EqualValues(t, 20, acted)
}
