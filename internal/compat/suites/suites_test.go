package suites

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/workerd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(workerd.Main{M: m}) }

func TestSuites(t *testing.T) {
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			folder := s.build(t)
			for _, engine := range engines {
				t.Run(engine.name, func(t *testing.T) {
					listed, elsewhere := readList(t, s.name+".txt")
					results := s.run(t, folder, engine.dsn(t), listed)
					for _, p := range compare(listed, results) {
						t.Error(p)
					}
					got := tally(results)
					require.NotZero(t, got.passed)
					t.Logf("%d passed, %d skipped, %d failed", got.passed, got.skipped, got.failed)
					want := readmeCounts(t)[s.name] // of Go 1.26
					want.passed, want.failed = want.passed+elsewhere, want.failed-elsewhere
					require.Equal(t, want, got, "README.md")
				})
			}
		})
	}
}

// engines are what the suites run over.
var engines = []struct {
	name string
	dsn  func(*testing.T) string
}{
	{"emulator", func(t *testing.T) string {
		server := d1test.New(t)
		t.Cleanup(func() { require.NotEmpty(t, server.Requests(), "the suite ran without a database") })
		return server.DSN()
	}},
	{"workerd", func(t *testing.T) string { return workerd.Shared(t).NewDatabase(t) }},
}

// compare gives a text for each test that did not end as listed.
func compare(listed list, results map[string]*result) (problems []string) {
	for _, name := range slices.Sorted(maps.Keys(results)) {
		r := results[name]
		l, ok := listed[name]
		switch {
		case !ok && (r.verdict == "pass" || r.subtests):
		case r.verdict != l.verdict:
			problems = append(problems, fmt.Sprintf("%s: %s, listed as %q\n%s", name, r.verdict, l.verdict, &r.output))
		case !strings.Contains(r.output.String(), l.output):
			problems = append(problems, fmt.Sprintf("%s: %s as listed, but its output lacks %q\n%s", name, r.verdict, l.output, &r.output))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if results[name] == nil {
			problems = append(problems, name+": listed, but there is no such test")
		}
	}
	return problems
}

// counts are the numbers of tests, subtests included.
type counts struct{ passed, skipped, failed int }

func tally(results map[string]*result) (c counts) {
	for _, r := range results {
		switch r.verdict {
		case "pass":
			c.passed++
		case "skip":
			c.skipped++
		default:
			c.failed++
		}
	}
	return c
}

// compare is what makes a green run mean something.
func TestCompare(t *testing.T) {
	ended := func(verdict, output string) *result {
		r := &result{verdict: verdict}
		r.output.WriteString(output)
		return r
	}
	listed := list{
		"TestA":   {"fail", "no such function", "why"},
		"TestB/x": {"skip", "not here", "why"},
	}
	asListed := func() map[string]*result {
		return map[string]*result{
			"TestA":   ended("fail", "x: no such function: f\n"),
			"TestB":   ended("pass", ""),
			"TestB/x": ended("skip", "not here"),
		}
	}
	require.Empty(t, compare(listed, asListed()))
	for _, tc := range []struct {
		change  func(map[string]*result)
		problem string
	}{
		{func(r map[string]*result) { r["TestC"] = ended("fail", "oops") }, `TestC: fail, listed as ""`},
		{func(r map[string]*result) { r["TestC"] = ended("skip", "oops") }, `TestC: skip, listed as ""`},
		{func(r map[string]*result) { r["TestA"] = ended("pass", "") }, `TestA: pass, listed as "fail"`},
		{func(r map[string]*result) { r["TestA"] = ended("panic", "") }, `TestA: panic, listed as "fail"`},
		{func(r map[string]*result) { r["TestA"] = ended("fail", "out of memory") }, `TestA: fail as listed, but its output lacks "no such function"`},
		{func(r map[string]*result) { delete(r, "TestB/x") }, `TestB/x: listed, but there is no such test`},
	} {
		results := asListed()
		tc.change(results)
		problems := compare(listed, results)
		require.Len(t, problems, 1, tc.problem)
		require.Contains(t, problems[0], tc.problem)
	}
}
