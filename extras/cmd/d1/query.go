package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/d1go/d1/extras"
)

func queryCommand() *cli.Command {
	return &cli.Command{
		Name:      "query",
		Usage:     "run SQL and print the rows",
		ArgsUsage: "[SQL | -]",
		Description: `The SQL is the argument, the text of --file, or standard input. Several statements,
separated by semicolons, run in one request of up to 30 seconds, as one transaction;
for large scripts use d1 import. SQL that begins with a comment goes behind --, as in
d1 query -- "$(cat file.sql)". What D1 counted goes to standard error.

Placeholders are ?, ?1, :name, @name and $name; --param fills them in order, with text:
write CAST(? AS INTEGER) where that matters. Integers beyond 2^53 arrive rounded: select
CAST(x AS TEXT) to see them exactly. A BLOB is x'…' in a table, hexadecimal in CSV, and an
array of bytes in JSON; NULL is an empty field in CSV.`,
		Flags: connectionFlags(
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "read the SQL from `FILE`"},
			&cli.StringSliceFlag{Name: "param", Aliases: []string{"p"}, Usage: "`TEXT` for the next placeholder, bound as text; may be repeated"},
			formatFlag("table", "json", "csv"),
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "do not print what D1 counted"},
		),
		// A parameter may contain a comma.
		DisableSliceFlagSeparator: true,
		Action:                    query,
	}
}

func query(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 0, 1); err != nil {
		return err
	}
	sql, err := sqlText(ctx, cmd)
	if err != nil {
		return err
	}
	client, err := connect(cmd, true)
	if err != nil {
		return err
	}
	defer client.Close()
	statement := extras.Statement{SQL: sql}
	for _, p := range cmd.StringSlice("param") {
		statement.Args = append(statement.Args, p)
	}
	began := time.Now()
	results, err := client.Raw(ctx, statement)
	if err != nil {
		return err
	}
	took := time.Since(began)
	if err := writeResults(cmd.Root().Writer, cmd.String("format"), results); err != nil {
		return err
	}
	if !cmd.Bool("quiet") {
		writeCounts(cmd.Root().ErrWriter, results, took)
	}
	return nil
}

// sqlText is the SQL from where the user put it.
func sqlText(ctx context.Context, cmd *cli.Command) (string, error) {
	argument, file := cmd.Args().First(), cmd.String("file")
	switch {
	case argument != "" && file != "":
		return "", usageError("the SQL is either an argument or in --file")
	case argument != "" && argument != "-":
		return argument, nil
	case file != "" && file != "-":
		text, err := os.ReadFile(file)
		return string(text), err
	case argument == "" && file == "" && isTerminal(cmd.Root().Reader):
		return "", usageError("no SQL; see %s --help", cmd.FullName())
	}
	text, err := io.ReadAll(stdin(ctx, cmd))
	return string(text), err
}

// writeCounts prints one line about all results.
func writeCounts(w io.Writer, results []extras.RawResult, took time.Duration) {
	var rows, changes, read, written int64
	var duration time.Duration
	for _, r := range results {
		rows += int64(len(r.Rows))
		changes += r.Meta.Changes
		read += r.Meta.RowsRead
		written += r.Meta.RowsWritten
		duration += r.Meta.Duration
	}
	fmt.Fprintf(w, "%s, %s; %s read, %s written; %s in D1, %s in all\n",
		count(rows, "row"), count(changes, "change"), count(read, "row"), count(written, "row"),
		duration.Round(time.Microsecond), took.Round(time.Millisecond))
}
