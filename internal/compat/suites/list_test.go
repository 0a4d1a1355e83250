package suites

import (
	"go/version"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// entry is a line of a list: a test that does not pass.
type entry struct {
	verdict string // fail, panic or skip
	output  string // a part of what it prints, if it is not skipped, so that another failure is none that is listed
	cause   string
}

// list has the tests of a suite that do not pass, by name.
type list map[string]entry

// readList reads lines of the forms
//
//	skip TestName cause
//	fail TestName/subtest "a part of its output" cause
//
// A verdict such as fail@go1.26 is for that version of Go alone, on others the
// test passes: their number is returned. A test that fails only because of its
// subtests is not listed.
func readList(t *testing.T, file string) (listed list, elsewhere int) {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	listed = list{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.SplitN(line, " ", 3)
		require.Len(t, fields, 3, line)
		verdict, lang, limited := strings.Cut(fields[0], "@")
		name, e := fields[1], entry{verdict: verdict, cause: fields[2]}
		require.Contains(t, []string{"fail", "panic", "skip"}, e.verdict, line)
		if e.verdict != "skip" {
			quoted, err := strconv.QuotedPrefix(e.cause)
			require.NoError(t, err, line)
			e.output, err = strconv.Unquote(quoted)
			require.NoError(t, err, line)
			require.NotEmpty(t, e.output, line)
			e.cause = strings.TrimSpace(e.cause[len(quoted):])
		}
		require.NotEmpty(t, e.cause, line)
		require.NotContains(t, listed, name, "listed twice")
		if limited && lang != version.Lang(runtime.Version()) {
			require.Equal(t, "fail", e.verdict, line)
			elsewhere++
			continue
		}
		listed[name] = e
	}
	return listed, elsewhere
}
