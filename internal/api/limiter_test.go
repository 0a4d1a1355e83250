package api

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLimiterGrantsAWindow(t *testing.T) {
	clock := newFakeClock()
	l := NewLimiter(3, time.Minute)
	l.clock = clock.clock()
	for range 3 {
		require.NoError(t, l.Wait(t.Context()))
	}
	require.Empty(t, clock.slept)
	require.NoError(t, l.Wait(t.Context()))
	require.Equal(t, []time.Duration{time.Minute}, clock.slept)
}

func TestLimiterFailsAtOnce(t *testing.T) {
	clock := newFakeClock()
	l := NewLimiter(1, time.Minute)
	l.clock = clock.clock()
	require.NoError(t, l.Wait(t.Context()))
	err := l.Wait(deadlineContext{t.Context(), clock.now().Add(59 * time.Second)})
	e := failed(t, err)
	require.Equal(t, KindRateLimited, e.Kind)
	require.Equal(t, OutcomeNotRun, e.Outcome)
	require.Equal(t, time.Minute, e.RetryAfter)
	require.ErrorContains(t, err, "try again in 1m0s")
	require.Empty(t, clock.slept)
	require.NoError(t, l.Wait(deadlineContext{t.Context(), clock.now().Add(61 * time.Second)}))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = l.Wait(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, OutcomeNotRun, failed(t, err).Outcome)
}

// Whatever callers do, no window has more requests than it may have, and those
// who come first go first.
func TestLimiterProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(r, "requests")
		callers := rapid.IntRange(1, 40).Draw(r, "callers")
		seed := rapid.Uint64().Draw(r, "seed")
		const window = 10 * time.Second
		type grant struct {
			caller int
			at     time.Time
		}
		var list []grant
		left := 0
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			l := NewLimiter(n, window)
			grants := make(chan grant, callers)
			refused := make(chan int, callers)
			for i := range callers {
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				switch random.IntN(4) {
				case 0:
					ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(30))*time.Second)
				case 1:
					ctx, cancel = context.WithCancel(ctx)
					time.AfterFunc(time.Duration(random.IntN(30))*time.Second, cancel)
				}
				go func() {
					defer cancel()
					if l.Wait(ctx) == nil {
						grants <- grant{i, time.Now()}
					} else {
						refused <- i
					}
				}()
				synctest.Wait() // so that they come in order
				if random.IntN(3) == 0 {
					time.Sleep(time.Duration(random.IntN(9000)) * time.Millisecond)
				}
			}
			for range callers {
				select {
				case g := <-grants:
					list = append(list, g)
				case <-refused:
				}
			}
			left = l.waiting
		})
		slices.SortFunc(list, func(a, b grant) int { return a.caller - b.caller })
		for i := 1; i < len(list); i++ {
			require.False(r, list[i].at.Before(list[i-1].at), "first come, first served")
		}
		for i := n; i < len(list); i++ {
			require.GreaterOrEqual(r, list[i].at.Sub(list[i-n].at), window)
		}
		require.Zero(r, left)
	})
}

// A queue of many windows is served at full speed, and a deadline in the
// middle of it is known at once.
func TestLimiterQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, callers = 3, 30
		l := NewLimiter(n, time.Second)
		began := time.Now()
		done := make(chan time.Duration, callers)
		for range callers {
			go func() {
				l.Wait(t.Context())
				done <- time.Since(began)
			}()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 9500*time.Millisecond)
		defer cancel()
		e := failed(t, l.Wait(ctx))
		require.Equal(t, 10*time.Second, e.RetryAfter)
		require.Zero(t, time.Since(began))
		for i := range callers {
			require.Equal(t, time.Duration(i/n)*time.Second, <-done)
		}
	})
}

// The turn of a caller depends on when the requests were that those before it
// wait for.
func TestLimiterTurn(t *testing.T) {
	for _, test := range []struct {
		deadline time.Duration // from the start
		granted  bool
	}{{13 * time.Second, false}, {15 * time.Second, true}} {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimiter(2, 10*time.Second)
			began := time.Now()
			require.NoError(t, l.Wait(t.Context()))
			time.Sleep(4 * time.Second)
			require.NoError(t, l.Wait(t.Context()))
			time.Sleep(time.Second)
			go l.Wait(t.Context()) // until 10 s after the start
			synctest.Wait()
			ctx, cancel := context.WithDeadline(t.Context(), began.Add(test.deadline))
			defer cancel()
			err := l.Wait(ctx)
			if test.granted {
				require.NoError(t, err)
				require.Equal(t, 14*time.Second, time.Since(began))
				return
			}
			require.Equal(t, 9*time.Second, failed(t, err).RetryAfter)
			require.Equal(t, 5*time.Second, time.Since(began))
		})
	}
}

func TestSharedLimiter(t *testing.T) {
	a, b := SharedLimiter("token a"), SharedLimiter("token b")
	require.Same(t, a, SharedLimiter("token a"))
	require.NotSame(t, a, b)
	require.Len(t, a.granted, 1200)
	require.GreaterOrEqual(t, a.window, 5*time.Minute)
}

func TestLimiterIsAskedForEachAttempt(t *testing.T) {
	server := scripted(t, respond(500, ""))
	l := NewLimiter(3, time.Hour)
	c, _ := newClient(t, server.URL, func(o *Options) { o.Limiter = l })
	e := failed(t, read(c, deadlineContext{t.Context(), time.Now().Add(time.Minute)}))
	require.Equal(t, KindRateLimited, e.Kind)
	require.Equal(t, OutcomeUnknown, e.Outcome) // of the attempts before
	require.EqualValues(t, 3, server.requests.Load())
}
