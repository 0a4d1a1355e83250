package api

import (
	"context"
	"time"
)

// clock is replaced in tests, so that nothing there has to wait.
type clock struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error // returns the context's error if it ends first
}

var systemClock = clock{now: time.Now, sleep: sleep}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
