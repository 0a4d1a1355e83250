package value

import (
	"time"

	"github.com/d1go/d1/internal/sqltext"
)

// clockForm is a form in which SQL reads the current time.
type clockForm int

const (
	clockTimestamp clockForm = iota // CURRENT_TIMESTAMP
	clockDate                       // CURRENT_DATE
	clockTime                       // CURRENT_TIME
	clockNow                        // 'now', to the millisecond as SQLite has it
)

var clockLayouts = [...]string{
	clockTimestamp: "2006-01-02 15:04:05",
	clockDate:      "2006-01-02",
	clockTime:      "15:04:05",
	clockNow:       "2006-01-02 15:04:05.000",
}

func (c clockForm) text(now time.Time) string { return now.UTC().Format(clockLayouts[c]) }

// pin is one form of the clock and the places where the statement reads it. All
// get the same parameter, so that the statement can be run again and agree with
// itself.
type pin struct {
	kind clockForm
	at   []place
}

// pinned returns the statement's pins, looked for at the first call.
func (s *Statement) pinned() []pin {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.looked {
		s.pins, s.looked = findPins(s.Statement), true
	}
	return s.pins
}

func findPins(s *sqltext.Statement) []pin {
	var pins []pin
	add := func(kind clockForm, at place) {
		for i := range pins {
			if pins[i].kind == kind {
				pins[i].at = append(pins[i].at, at)
				return
			}
		}
		pins = append(pins, pin{kind, []place{at}})
	}
	for _, ref := range s.NowRefs() {
		at := place{pos: ref.Pos, end: ref.End}
		switch ref.Kind {
		case sqltext.CurrentTimestamp:
			add(clockTimestamp, at)
		case sqltext.CurrentDate:
			add(clockDate, at)
		case sqltext.CurrentTime:
			add(clockTime, at)
		case sqltext.NowSubsec:
			add(clockNow, place{pos: ref.Pos, end: ref.Pos, behind: ","})
		case sqltext.NowImplied1:
			at.before = ","
			add(clockNow, at)
		default:
			add(clockNow, at)
		}
	}
	return pins
}
