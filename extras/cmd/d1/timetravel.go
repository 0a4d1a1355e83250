package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/d1go/d1/extras"
)

// timeForms is what --at takes.
const timeForms = `2026-01-02T15:04:05Z or, in local time, "2026-01-02 15:04:05" or 2026-01-02`

// atFlag is a point in time. Not a cli.TimestampFlag: of a bad time it reports
// every layout that does not fit.
func atFlag(usage string) cli.Flag {
	return &cli.StringFlag{Name: "at", Usage: usage + ", as " + timeForms}
}

// at reads atFlag; it is zero without one.
func at(cmd *cli.Command) (time.Time, error) {
	text := cmd.String("at")
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError("--at %q: want %s", text, timeForms)
}

func bookmarkCommand() *cli.Command {
	return &cli.Command{
		Name:        "bookmark",
		Usage:       "print the bookmark of a state of the database",
		Description: "Without --at it is the present one. D1 keeps states for 30 days, 7 on the free plan; d1 restore\ngoes back to one.",
		Flags:       connectionFlags(atFlag("the nearest state at or before `TIME`")),
		Action:      bookmark,
	}
}

func bookmark(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 0, 0); err != nil {
		return err
	}
	when, err := at(cmd)
	if err != nil {
		return err
	}
	client, err := connect(cmd, true)
	if err != nil {
		return err
	}
	defer client.Close()
	var found string
	if when.IsZero() {
		found, err = client.Bookmark(ctx)
	} else {
		found, err = client.BookmarkAt(ctx, when)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.Root().Writer, found)
	return err
}

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "overwrite the database with an earlier state of its own",
		ArgsUsage: "[BOOKMARK]",
		Description: `The state is that of BOOKMARK or --at. It prints the command that goes back to the state
before. Queries under way are cut off. D1 keeps states for 30 days, 7 on the free plan, and
allows ten restores in ten minutes.`,
		Flags:  connectionFlags(atFlag("the nearest state at or before `TIME`"), yesFlag()),
		Action: restore,
	}
}

func restore(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 0, 1); err != nil {
		return err
	}
	when, err := at(cmd)
	if err != nil {
		return err
	}
	opts := extras.RestoreOptions{Bookmark: cmd.Args().First(), Time: when}
	state := "bookmark " + opts.Bookmark
	switch {
	case (opts.Bookmark == "") == opts.Time.IsZero():
		return usageError("want either a bookmark or --at")
	case opts.Bookmark == "":
		state = opts.Time.Format(time.RFC3339)
	}
	client, err := connect(cmd, true)
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := client.DatabaseID(ctx)
	if err != nil {
		return err
	}
	if err := confirm(ctx, cmd, fmt.Sprintf("Overwrite database %s with its state at %s?", id, state)); err != nil {
		return err
	}
	result, err := client.Restore(ctx, opts)
	if err != nil {
		return err
	}
	w := cmd.Root().Writer
	if result.Message != "" {
		fmt.Fprintln(w, printable(result.Message))
	}
	_, err = fmt.Fprintf(w, "The database is at bookmark %s\n\nTo undo:\n\n\t%s %s\n", result.Bookmark, sameCommand(cmd), result.PreviousBookmark)
	return err
}

// sameCommand is the command with its flags that say which database it is;
// secrets are left for the user to fill in.
func sameCommand(cmd *cli.Command) string {
	words := []string{cmd.FullName()}
	for _, name := range []string{"database", "account", "endpoint", "env", "token", "dsn"} {
		value := cmd.String(name)
		switch {
		case value == "":
			continue
		case name == "token" || name == "dsn":
			value = strings.ToUpper(name)
		}
		words = append(words, "--"+name, quoted(value))
	}
	return strings.Join(words, " ")
}

// quoted quotes a word for a shell if it needs to be.
func quoted(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
