package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

// shell runs commands in an empty folder, with no account in the environment.
type shell struct {
	*testing.T
	stdin string
}

func newShell(t *testing.T) *shell {
	t.Chdir(t.TempDir())
	for _, name := range []string{"D1_DSN", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_API_TOKEN"} {
		t.Setenv(name, "")
	}
	return &shell{T: t}
}

// onServer is a shell whose D1_DSN is a new database.
func onServer(t *testing.T) (*shell, *d1test.Server) {
	sh, srv := newShell(t), d1test.New(t)
	t.Setenv("D1_DSN", srv.DSN())
	return sh, srv
}

func (sh *shell) try(args ...string) (stdout, stderr string, err error) {
	var out, log strings.Builder
	err = root(strings.NewReader(sh.stdin), &out, &log).Run(sh.Context(), append([]string{"d1"}, args...))
	return out.String(), log.String(), err
}

func (sh *shell) run(args ...string) (stdout, stderr string) {
	sh.Helper()
	stdout, stderr, err := sh.try(args...)
	require.NoError(sh, err, "%v\n%s", args, stderr)
	return stdout, stderr
}

// The database and the credentials come from where the help says.
func TestConnection(t *testing.T) {
	srv := d1test.New(t)
	const sql = "SELECT 'here'"
	endpoint := []string{"--endpoint", srv.URL}
	credentials := append([]string{"--account", srv.AccountID, "--token", srv.Token}, endpoint...)
	toml := fmt.Sprintf("# a Worker\nname = \"w\"\naccount_id = %q\n[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"whatever\"\ndatabase_id = %q\n"+
		"[[env.other.d1_databases]]\nbinding = \"DB\"\ndatabase_name = %q\n", srv.AccountID, srv.DatabaseID, srv.DatabaseName)
	jsonc := fmt.Sprintf("{\n // a comment\n \"account_id\": %q, /* another */\n \"d1_databases\": [{\"binding\": \"DB\", \"database_id\": %q,},],\n}", srv.AccountID, srv.DatabaseID)
	tests := map[string]struct {
		env   map[string]string
		files map[string]string
		args  []string
		want  string // of the error, if not ""
	}{
		"flags":                  {args: append([]string{"--database", srv.DatabaseName}, credentials...)},
		"short flag":             {args: append([]string{"-d", srv.DatabaseID}, credentials...)},
		"--dsn":                  {args: []string{"--dsn", srv.DSN()}},
		"$D1_DSN":                {env: map[string]string{"D1_DSN": srv.DSN()}},
		"--dsn before $D1_DSN":   {env: map[string]string{"D1_DSN": "nonsense"}, args: []string{"--dsn", srv.DSN()}},
		"flag before $D1_DSN":    {env: map[string]string{"D1_DSN": srv.DSNOf("no-such")}, args: []string{"-d", srv.DatabaseName}},
		"environment":            {env: map[string]string{"CLOUDFLARE_ACCOUNT_ID": srv.AccountID, "CLOUDFLARE_API_TOKEN": srv.Token}, args: append([]string{"-d", srv.DatabaseName}, endpoint...)},
		"wrangler.toml":          {env: map[string]string{"CLOUDFLARE_API_TOKEN": srv.Token}, files: map[string]string{"wrangler.toml": toml}, args: endpoint},
		"wrangler.toml, binding": {env: map[string]string{"CLOUDFLARE_API_TOKEN": srv.Token}, files: map[string]string{"wrangler.toml": toml}, args: append([]string{"-d", "DB"}, endpoint...)},
		"wrangler.toml, name":    {env: map[string]string{"CLOUDFLARE_API_TOKEN": srv.Token}, files: map[string]string{"wrangler.toml": toml}, args: append([]string{"-d", "whatever"}, endpoint...)},
		"wrangler.toml, unknown": {env: map[string]string{"CLOUDFLARE_API_TOKEN": srv.Token}, files: map[string]string{"wrangler.toml": toml}, args: append([]string{"-d", srv.DatabaseName}, endpoint...)},
		"wrangler.toml, --env":   {env: map[string]string{"CLOUDFLARE_API_TOKEN": srv.Token}, files: map[string]string{"wrangler.toml": toml}, args: append([]string{"--env", "other"}, endpoint...)},
		"wrangler.jsonc":         {env: map[string]string{"CLOUDFLARE_API_TOKEN": srv.Token}, files: map[string]string{"wrangler.jsonc": jsonc, "wrangler.toml": "nonsense"}, args: endpoint},
		"wrangler.json":          {env: map[string]string{"CLOUDFLARE_API_TOKEN": srv.Token}, files: map[string]string{"wrangler.json": jsonc, "wrangler.jsonc": "nonsense"}, args: endpoint},

		"no database":       {args: credentials, want: "no database"},
		"no account":        {args: []string{"-d", "x"}, want: "no account"},
		"no token":          {args: []string{"-d", "x", "--account", "a"}, want: "no API token"},
		"bad DSN":           {args: []string{"--dsn", "mysql://x"}, want: "must start with d1://"},
		"bad wrangler file": {files: map[string]string{"wrangler.toml": "nonsense"}, want: "wrangler.toml"},
		"no wrangler file":  {args: []string{"--env", "x"}, want: "no wrangler file"},
		"--env and $D1_DSN": {env: map[string]string{"D1_DSN": srv.DSN()}, files: map[string]string{"wrangler.toml": toml}, args: []string{"--env", "other"}, want: "not read beside"},
		"no environment":    {files: map[string]string{"wrangler.toml": toml}, args: []string{"--env", "x"}, want: `no environment "x"`},
		"several databases": {files: map[string]string{"wrangler.toml": toml + "[[d1_databases]]\nbinding = \"DB2\"\n"}, args: credentials, want: "no database"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			sh := newShell(t)
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			for name, text := range tt.files {
				require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
			}
			out, _, err := sh.try(append(append([]string{"query"}, tt.args...), sql)...)
			if tt.want != "" {
				require.ErrorContains(t, err, tt.want)
				require.NotContains(t, err.Error(), srv.Token)
				return
			}
			require.NoError(t, err)
			require.Contains(t, out, "here")
		})
	}
}

func TestUsage(t *testing.T) {
	sh, srv := onServer(t)
	for _, args := range [][]string{
		{"nonsense"}, {"--nonsense"}, {"query", "--nonsense"}, {"query", "--format", "xml", "SELECT 1"}, {"query", "SELECT 1", "more"},
		{"query", "--file", "x", "SELECT 1"}, {"import"}, {"import", "a", "b"}, {"export", "a", "b"}, {"bookmark", "x"}, {"bookmark", "--at", "tomorrow"},
		{"restore"}, {"restore", "--at", "2026-01-02T03:04:05Z", "x"}, {"db", "nonsense"}, {"db", "create"}, {"db", "delete"},
		{"db", "update"}, {"db", "get", "a", "b"}, {"db", "list", "x"},
	} {
		_, _, err := sh.try(args...)
		require.Error(t, err, args)
		require.Equal(t, exitUsage, exitCode(err), "%v: %v", args, err)
	}
	require.Empty(t, srv.Requests(), "nothing is sent")

	t.Setenv("D1_DSN", "")
	for _, args := range [][]string{{"query", "SELECT 1"}, {"db", "list"}, {"--account", "a", "db", "list"}, {"db", "list", "--account", "a"}, {"emulate", "--addr", "0.0.0.0:0"},
		{"db", "get", "--account", "a", "--token", "t"}, {"db", "update", "--read-replication", "auto", "--account", "a", "--token", "t"}} {
		_, _, err := sh.try(args...)
		require.Equal(t, exitUsage, exitCode(err), "%v: %v", args, err)
		require.NotContains(t, err.Error(), "Config.", "nobody at a shell has one")
	}
	t.Setenv("D1_DSN", srv.DSN())

	for _, args := range [][]string{{"--help"}, {}, {"db"}, {"query", "--help"}, {"db", "create", "--help"}} {
		out, _ := sh.run(args...)
		require.Contains(t, out, "USAGE", args)
		require.NotContains(t, out, srv.Token, "%v: what is in the environment stays there", args)
	}
	out, _ := sh.run()
	for _, c := range root(nil, nil, nil).Commands {
		require.Contains(t, out, c.Name)
		require.NotEmpty(t, c.Usage)
	}
}

func TestExitCodes(t *testing.T) {
	unknown := &d1.Error{Outcome: d1.OutcomeUnknown}
	for want, err := range map[int]error{
		exitFailed:      errors.New("x"),
		exitUsage:       usageError("x"),
		exitUnknown:     fmt.Errorf("wrapped: %w", unknown),
		exitInterrupted: context.Canceled,
	} {
		require.Equal(t, want, exitCode(err))
	}
	require.Equal(t, "0 rows, 1 row, 2 rows", count(0, "row")+", "+count(1, "row")+", "+count(2, "row"))
	require.Equal(t, "d1: x", message(errors.New("x")))
	require.Equal(t, "d1: y", message(&d1.Error{Message: "y"}))
	require.Equal(t, "d1: z; outcome unknown: the write may or may not have been applied", message(&d1.Error{Message: "z", Outcome: d1.OutcomeUnknown}))
}

func TestInterruptedInput(t *testing.T) {
	sh, _ := onServer(t)
	for _, args := range [][]string{{"query"}, {"import", "-"}, {"restore", "x"}} {
		ctx, cancel := context.WithCancel(sh.Context())
		r, w := io.Pipe()
		done := make(chan error, 1)
		go func() { done <- root(r, io.Discard, io.Discard).Run(ctx, append([]string{"d1"}, args...)) }()
		_, err := io.WriteString(w, "SELECT") // it reads
		require.NoError(t, err)
		cancel()
		err = <-done
		require.Equal(t, exitInterrupted, exitCode(err), "%v: %v", args, err)
		require.NoError(t, w.Close())
	}
}

func write(t *testing.T, text string) (path string) {
	path = filepath.Join(t.TempDir(), "file.sql")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
