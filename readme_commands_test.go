package d1_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/extras/d1test"
)

// readmeBlocks are the fenced blocks of one language in README.md.
func readmeBlocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var blocks []string
	for _, part := range strings.Split(string(text), "\n```"+language+"\n")[1:] {
		block, _, ok := strings.Cut(part, "\n```\n")
		require.True(t, ok, "a block without an end")
		blocks = append(blocks, block+"\n")
	}
	require.NotEmpty(t, blocks)
	return blocks
}

// build compiles a command of this module, or a file outside that imports it.
func build(t *testing.T, source string) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "command")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}

// TestReadmeCommands runs every command that README.md shows. A line that no case
// knows fails the test.
func TestReadmeCommands(t *testing.T) {
	t.Setenv("D1_DSN", "") // the commands would use that database
	known := map[string]func(t *testing.T, args []string){
		"go run ./extras/examples/quickstart": func(t *testing.T, args []string) {
			out, err := exec.CommandContext(t.Context(), build(t, args[2]), args[3:]...).CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "Best-selling artists:\n1. Iron Maiden")
		},
		"go run ./extras/cmd/d1 --help": func(t *testing.T, args []string) {
			out, err := exec.CommandContext(t.Context(), build(t, args[2]), args[3:]...).CombinedOutput()
			require.NoError(t, err, "%s", out)
			for _, name := range []string{"query", "export", "import", "bookmark", "restore", "db", "emulate"} {
				require.Regexp(t, `(?m)^   `+name+` `, string(out))
			}
		},
		"go run ./extras/cmd/d1 emulate --addr 127.0.0.1:8787": runEmulate,
		// The test run itself, which is what runs this test.
		"go test ./...": nil,
	}
	for _, block := range readmeBlocks(t, "sh") {
		for line := range strings.Lines(block) {
			command := strings.TrimSpace(line)
			run, ok := known[command]
			require.True(t, ok, "README.md has a command that this test does not run: %s", command)
			delete(known, command)
			if run != nil {
				t.Run(command, func(t *testing.T) { run(t, strings.Fields(command)) })
			}
		}
	}
	require.Empty(t, known, "not in README.md")
}

// runEmulate starts the emulator, asks it through the DSN that it prints, and
// interrupts it.
func runEmulate(t *testing.T, args []string) {
	// Not port 8787, which another program may have.
	require.Equal(t, "127.0.0.1:8787", args[len(args)-1])
	args[len(args)-1] = "127.0.0.1:0"
	command := exec.CommandContext(t.Context(), build(t, args[2]), args[3:]...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	dsn, lines := "", bufio.NewScanner(stdout)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C") {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "d1://") {
			dsn = line
		}
	}
	if dsn == "" {
		require.Fail(t, "no DSN", "%v\n%s", command.Wait(), stderr.String())
	}

	var answer int
	require.NoError(t, open(t, dsn).QueryRow("SELECT 42").Scan(&answer))
	require.Equal(t, 42, answer)

	if runtime.GOOS == "windows" { // where a process can't be sent an interrupt
		require.NoError(t, command.Process.Kill())
		_ = command.Wait()
		return
	}
	require.NoError(t, command.Process.Signal(os.Interrupt))
	require.NoError(t, command.Wait(), "%s", stderr.String())
}

// TestReadmePrograms compiles the Go code that README.md shows, and runs it on the
// emulator.
func TestReadmePrograms(t *testing.T) {
	blocks := readmeBlocks(t, "go")
	require.Len(t, blocks, 2)

	t.Run("program", func(t *testing.T) {
		const dsn = `"d1://ACCOUNT_ID:API_TOKEN@my-database"`
		require.Contains(t, blocks[0], dsn)
		source := filepath.Join(t.TempDir(), "main.go")
		program := strings.ReplaceAll(blocks[0], dsn, `"`+d1test.New(t).DSN()+`"`)
		require.NoError(t, os.WriteFile(source, []byte(program), 0o600))
		out, err := exec.CommandContext(t.Context(), build(t, source)).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, "42\n", string(out))
	})

	t.Run("test", func(t *testing.T) {
		source := filepath.Join(t.TempDir(), "users_test.go")
		require.NoError(t, os.WriteFile(source, []byte(blocks[1]), 0o600))
		out, err := exec.CommandContext(t.Context(), "go", "test", "-v", source).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "--- PASS: TestUsers ")
	})
}
