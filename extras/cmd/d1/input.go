package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"
)

// isTerminal reports whether a person is at the other end.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// stdin is standard input whose Read ends with ctx, though what it waits for goes
// on until the process ends.
func stdin(ctx context.Context, cmd *cli.Command) io.Reader {
	return &interruptible{ctx: ctx, r: cmd.Root().Reader}
}

type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	type answer struct {
		n   int
		err error
	}
	buf, done := make([]byte, len(p)), make(chan answer, 1) // not p: the caller has it back when ctx ends
	go func() {
		n, err := i.r.Read(buf)
		done <- answer{n, err}
	}()
	select {
	case a := <-done:
		return copy(p, buf[:a.n]), a.err
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	}
}

// confirm asks a question and returns an error unless the answer is yes.
func confirm(ctx context.Context, cmd *cli.Command, question string) error {
	if cmd.Bool("yes") {
		return nil
	}
	fmt.Fprintf(cmd.Root().ErrWriter, "%s [y/N] ", question)
	line, err := bufio.NewReader(stdin(ctx, cmd)).ReadString('\n')
	if err != nil { // no line end came from the person
		fmt.Fprintln(cmd.Root().ErrWriter)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return nil
	}
	if err == io.EOF && line == "" {
		return usageError("nobody answered: --yes goes on without a question")
	}
	return errors.New("not confirmed: nothing was changed")
}

func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"}
}

// arguments checks how many there are.
func arguments(cmd *cli.Command, least, most int) error {
	switch n := cmd.Args().Len(); {
	case n < least:
		return usageError("too few arguments; see %s --help", cmd.FullName())
	case n > most:
		return usageError("unexpected argument %q; see %s --help", cmd.Args().Get(most), cmd.FullName())
	}
	return nil
}
