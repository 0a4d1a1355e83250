package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/urfave/cli/v3"

	"github.com/d1go/d1/extras"
)

// display shows how an export or import goes on, on standard error: a bar on a
// terminal, lines otherwise.
type display struct {
	w        io.Writer
	terminal bool
	quiet    bool

	phase extras.Phase
	bar   *progressbar.ProgressBar // of the phase
	next  int64                    // bytes at which to print a line
}

func newDisplay(cmd *cli.Command) *display {
	w := cmd.Root().ErrWriter
	return &display{w: w, terminal: isTerminal(w), quiet: cmd.Bool("quiet")}
}

// linesPerPhase is how many lines about bytes there are without a terminal.
const linesPerPhase = 4

func (d *display) progress(p extras.Progress) {
	if d.quiet {
		return
	}
	if p.Phase != d.phase {
		d.begin(p)
	}
	if d.terminal {
		for _, line := range p.Messages {
			d.bar.Describe(phases[p.Phase] + ": " + printable(line))
		}
		d.bar.Set64(p.Bytes) // also turns the spinner
		return
	}
	for _, line := range p.Messages {
		d.line("  %s", printable(line))
	}
	if p.Bytes > 0 && p.Total > 0 && p.Bytes >= d.next {
		d.line("  %s of %s", size(p.Bytes), size(p.Total))
		for d.next <= p.Bytes {
			d.next += max(1, p.Total/linesPerPhase)
		}
	}
}

func (d *display) begin(p extras.Progress) {
	d.end()
	d.phase = p.Phase
	if !d.terminal {
		d.line("%s", phases[p.Phase])
		d.next = max(1, p.Total/linesPerPhase)
		return
	}
	total := p.Total
	if total == 0 {
		total = -1 // a spinner
	}
	d.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(d.w),
		progressbar.OptionSetDescription(phases[p.Phase]),
		progressbar.OptionShowBytes(p.Total != 0),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine: it turns with every report
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
	)
}

// end takes the bar away.
func (d *display) end() {
	if d.bar != nil {
		d.bar.Clear()
		d.bar = nil
	}
	d.phase = ""
}

func (d *display) line(format string, args ...any) {
	if !d.quiet {
		fmt.Fprintf(d.w, format+"\n", args...)
	}
}
