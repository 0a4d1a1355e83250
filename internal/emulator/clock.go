package emulator

import "time"

// Clock tells the time of commits, and when what isn't asked for any more ends. SQL has its own clock.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in its own goroutine after d. Stop tells whether it prevented the call, as [time.Timer] does.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
