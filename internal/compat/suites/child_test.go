package suites

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/d1go/d1/internal/compat/suites/sqlite3"
)

// timeout is for the tests of one suite.
const timeout = 3 * time.Minute

// result is how one test of a suite ended.
type result struct {
	verdict  string // pass, fail, skip or panic
	output   bytes.Buffer
	panicked bool
	subtests bool // it failed, but only because of its subtests
}

// build builds the suite's tests in a copy, and gives the folder they are in.
func (s suite) build(t *testing.T) (folder string) {
	dir := filepath.Join(t.TempDir(), "suite")
	s.copy(t, dir)
	s.writeModule(t, dir)
	folder = filepath.Join(dir, s.folder)
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-mod=readonly", "-vet=off", "-o", "suite.test", ".")
	build.Dir = folder
	build.Env = append(os.Environ(), "GOWORK=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return folder
}

// run runs the tests that were built in a folder, and gives the results by test,
// subtests included. A test that panics takes those after it along, so that what is
// listed to panic runs alone.
func (s suite) run(t *testing.T, folder, dsn string, listed list) map[string]*result {
	panics := slices.Sorted(maps.Keys(listed))
	panics = slices.DeleteFunc(panics, func(name string) bool { return listed[name].verdict != "panic" })
	skip := slices.Clone(s.skip)
	for _, name := range panics {
		skip = append(skip, "^"+name+"$")
	}
	results := s.runBinary(t, folder, dsn, "-test.skip="+strings.Join(skip, "|"))
	for _, name := range panics {
		alone := s.runBinary(t, folder, dsn, "-test.run=^"+name+"$")
		if alone[name] != nil {
			results[name] = alone[name]
		}
	}
	return results
}

// runBinary runs the tests that were built.
func (s suite) runBinary(t *testing.T, folder, dsn string, args ...string) map[string]*result {
	args = append([]string{"tool", "test2json", "./suite.test", "-test.v=test2json", "-test.timeout=" + timeout.String()}, args...)
	cmd := exec.CommandContext(t.Context(), "go", append(args, s.flags...)...)
	cmd.Dir = folder
	cmd.Env = append(append(os.Environ(), sqlite3.Env+"="+dsn), s.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	events, runErr := cmd.Output()
	results, err := parse(bytes.NewReader(events))
	require.NoError(t, err)
	require.NotEmpty(t, results, "%v\n%s\n%s", runErr, &stderr, events)
	for name, r := range results {
		require.NotEmpty(t, r.verdict, "%s did not end: %v\n%s\n%s", name, runErr, &stderr, &r.output)
		if i := strings.LastIndex(name, "/"); i > 0 && r.verdict == "fail" {
			parent := results[name[:i]]
			parent.subtests = parent.verdict == "fail" && !message.Match(parent.output.Bytes())
		}
	}
	return results
}

// message is what a test says itself, as by t.Error.
var message = regexp.MustCompile(`(?m)^ +[^ ]+\.go:[0-9]+: `)

// copy copies the module from the module cache, downloading it if need be, and
// applies the edits.
func (s suite) copy(t *testing.T, dir string) {
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", s.module)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s\n%s", out, &stderr)
	var source struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &source))
	require.NoError(t, os.CopyFS(dir, os.DirFS(source.Dir)))
	for _, name := range s.remove {
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
	}
	for _, e := range s.edits {
		text, err := os.ReadFile(filepath.Join(dir, e.file))
		require.NoError(t, err)
		require.True(t, bytes.Contains(text, []byte(e.old)), "%s of %s has no %q", e.file, s.module, e.old)
		text = bytes.ReplaceAll(text, []byte(e.old), []byte(e.new))
		require.NoError(t, os.WriteFile(filepath.Join(dir, e.file), text, 0o600))
	}
}

// writeModule makes go.mod and go.sum of ours: so a suite runs with the versions
// that are tested here, and go.sum verifies all that it is built from.
func (s suite) writeModule(t *testing.T, dir string) {
	text, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	mod, err := modfile.Parse("go.mod", text, nil)
	require.NoError(t, err)
	require.NoError(t, mod.AddModuleStmt(s.module))
	require.NoError(t, mod.DropRequire(s.module))
	for _, r := range mod.Replace {
		abs, err := filepath.Abs(filepath.Join("..", r.New.Path))
		require.NoError(t, err)
		require.NoError(t, mod.AddReplace(r.Old.Path, "", abs, ""))
	}
	replace := func(path, folder, file string) {
		name := filepath.Join(dir, "stand-in", path)
		require.NoError(t, os.MkdirAll(filepath.Join(name, folder), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(name, "go.mod"), []byte("module "+path+"\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(name, folder, "standin.go"), []byte(file), 0o600))
		// A version that no other module asks to exceed.
		_, major, _ := module.SplitPathVersion(path)
		major = strings.TrimPrefix(major, "/")
		if major == "" {
			major = "v1"
		}
		require.NoError(t, mod.AddRequire(path, major+".9999.0"))
		require.NoError(t, mod.AddReplace(path, "", name, ""))
	}
	for _, b := range s.blank {
		path, folder, _ := strings.Cut(b, " ")
		replace(path, folder, "package blank\n")
	}
	driver, err := os.ReadFile("sqlite3/sqlite3.go")
	require.NoError(t, err)
	replace("github.com/mattn/go-sqlite3", "", string(driver))
	replace("modernc.org/sqlite", "", "package sqlite\n\nimport _ \"github.com/mattn/go-sqlite3\"\n")
	mod.Cleanup()
	text, err = mod.Format()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), text, 0o600))
	text, err = os.ReadFile("../go.sum")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), text, 0o600))
}

// checkLine tells the end of a test of package gopkg.in/check.v1, which is
// nothing to Go, with flag -check.v.
var checkLine = regexp.MustCompile(`^(PASS|FAIL|SKIP|PANIC|MISS): [^ ]+: ([A-Za-z0-9_.]+)`)

// parse reads the events of test2json.
func parse(r io.Reader) (map[string]*result, error) {
	results := map[string]*result{}
	for d := json.NewDecoder(r); ; {
		var e struct{ Action, Test, Output string }
		if err := d.Decode(&e); err == io.EOF {
			return results, nil
		} else if err != nil {
			return nil, err
		}
		if e.Test == "" {
			continue
		}
		r := results[e.Test]
		if r == nil {
			r = new(result)
			results[e.Test] = r
		}
		switch e.Action {
		case "output":
			r.output.WriteString(e.Output)
			if m := checkLine.FindStringSubmatch(e.Output); m != nil {
				sub := &result{verdict: strings.ToLower(m[1])}
				sub.output.WriteString(e.Output)
				results[e.Test+"/"+m[2]] = sub
			}
			if strings.HasPrefix(e.Output, "panic: ") {
				r.panicked = true
			}
		case "pass", "fail", "skip":
			r.verdict = e.Action
			if r.panicked {
				r.verdict = "panic"
			}
		}
	}
}
