// Command d1 works with Cloudflare D1 databases: it runs SQL, exports and
// imports, travels in time, manages databases, and serves one on this machine.
// d1 --help says how.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/d1go/d1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	if err := run(ctx, os.Args, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, message(err))
		os.Exit(exitCode(err))
	}
}

// run is the command without the process around it. It ends when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return root(os.Stdin, stdout, stderr).Run(ctx, args)
}

// Exit codes, as the help lists them.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitUnknown     = 3
	exitInterrupted = 130 // as shells report SIGINT
)

const description = `The database and the account come from, in this order:
  the flags --database, --account, --token, --endpoint
  --dsn or $D1_DSN: d1://ACCOUNT_ID:API_TOKEN@DATABASE
  $CLOUDFLARE_ACCOUNT_ID and $CLOUDFLARE_API_TOKEN
  wrangler.json, wrangler.jsonc or wrangler.toml in the working directory, for the
  account and the databases, which --database names by binding, name or UUID

Exit codes: 1 it failed; 2 wrong usage; 3 a write may or may not have been applied;
130 interrupted.`

func root(stdin io.Reader, stdout, stderr io.Writer) *cli.Command {
	cmd := &cli.Command{
		Name:        "d1",
		Usage:       "work with Cloudflare D1 databases",
		Description: description,
		Reader:      stdin,
		Writer:      stdout,
		ErrWriter:   stderr,
		Commands: []*cli.Command{
			queryCommand(), exportCommand(), importCommand(), bookmarkCommand(), restoreCommand(), databasesCommand(), emulateCommand(),
		},
		Action: subcommandRequired,
		// Errors go back to the caller; the library would end the process.
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
	}
	markUsageErrors(cmd)
	return cmd
}

// subcommandRequired is the action of commands that only group others.
func subcommandRequired(_ context.Context, cmd *cli.Command) error {
	if cmd.Args().Present() {
		return usageError("unknown command %q; see %s --help", cmd.Args().First(), cmd.FullName())
	}
	return cli.ShowSubcommandHelp(cmd)
}

// misuse is an error in how the command was called.
type misuse struct{ error }

func (m *misuse) Unwrap() error { return m.error }

func usageError(format string, args ...any) error { return &misuse{fmt.Errorf(format, args...)} }

// markUsageErrors lets the library's own errors be told from failures, and keeps
// it from printing the whole help over them.
func markUsageErrors(cmd *cli.Command) {
	cmd.OnUsageError = func(_ context.Context, cmd *cli.Command, err error, _ bool) error {
		return usageError("%w; see %s --help", err, cmd.FullName())
	}
	for _, sub := range cmd.Commands {
		markUsageErrors(sub)
	}
}

// message is the line that shows an error.
func message(err error) string {
	text := err.Error()
	if e := (*d1.Error)(nil); !errors.As(err, &e) { // else it begins so
		text = "d1: " + text
	}
	if errors.Is(err, d1.ErrOutcomeUnknown) {
		text += "; " + d1.ErrOutcomeUnknown.Error()
	}
	return text
}

func exitCode(err error) int {
	var m *misuse
	switch {
	case errors.As(err, &m):
		return exitUsage
	case errors.Is(err, d1.ErrOutcomeUnknown):
		return exitUnknown
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}
