// Command d1 works with Cloudflare D1 databases; d1 emulate serves one on this machine.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "d1:", err)
		os.Exit(1)
	}
}

// run is the command without the process around it. It ends when ctx does.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root := &cli.Command{
		Name:      "d1",
		Usage:     "work with Cloudflare D1 databases",
		Writer:    stdout,
		ErrWriter: stderr,
		Commands:  []*cli.Command{emulateCommand()},
		// Errors go back to the caller; the library would end the process.
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
	}
	return root.Run(ctx, args)
}
