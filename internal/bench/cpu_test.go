package bench

import (
	"syscall"
	"testing"
	"time"
)

// loop runs work b.N times and reports, beside the time, the CPU time of the
// whole process: on a machine with other things to do it varies less.
func loop(b *testing.B, work func()) {
	b.ReportAllocs()
	work() // connects, fills pools and caches
	before := cpuTime(b)
	for b.Loop() {
		work()
	}
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
