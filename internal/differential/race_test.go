//go:build race

package differential

// thin leaves out most checks over the emulator: under the race detector two
// SQLites in Go take ten times as long.
const thin = 5
