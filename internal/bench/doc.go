// Package bench measures the driver beside what people use instead: the
// official SDK (D1.Database.Raw), and net/http with encoding/json. It is a
// module of its own, so that their dependencies stay out of the driver's.
//
// All clients talk to the same server on the loopback interface, which replays
// bytes recorded from the emulator and allocates nothing per request, so that
// what a benchmark reports is the client's. run.sh compares them.
package bench
