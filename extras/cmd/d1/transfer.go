package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/d1go/d1/extras"
)

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write the database as SQL text",
		ArgsUsage: "[FILE | -]",
		Description: `Without FILE the text goes to standard output. A file appears, or is replaced, when it is
complete. D1 answers no queries while it writes the dump, can't dump databases that have
virtual tables, and may round integers beyond 2^53.`,
		Flags: connectionFlags(
			&cli.BoolFlag{Name: "no-data", Usage: "only the schema"},
			&cli.BoolFlag{Name: "no-schema", Usage: "only the data"},
			&cli.StringSliceFlag{Name: "table", Usage: "only this `TABLE`; may be repeated"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "do not show progress"},
		),
		DisableSliceFlagSeparator: true, // a table's name may contain a comma
		Action:                    export,
	}
}

func export(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 0, 1); err != nil {
		return err
	}
	client, err := connect(cmd, true)
	if err != nil {
		return err
	}
	defer client.Close()
	show := newDisplay(cmd)
	opts := extras.ExportOptions{
		NoData:   cmd.Bool("no-data"),
		NoSchema: cmd.Bool("no-schema"),
		Tables:   cmd.StringSlice("table"),
		Progress: show.progress,
	}
	var result *extras.ExportResult
	if path := cmd.Args().First(); path == "" || path == "-" {
		result, err = client.Export(ctx, cmd.Root().Writer, opts)
	} else {
		result, err = client.ExportFile(ctx, path, opts)
	}
	show.end()
	if err != nil {
		return err
	}
	show.line("%d bytes; the state at bookmark %s", result.Bytes, result.Bookmark)
	return nil
}

func importCommand() *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "run a file of SQL on the database: all of it, or nothing",
		ArgsUsage: "FILE | -",
		Description: `D1 answers no queries meanwhile. A failed import leaves the database as it was; if it ends
with exit code 3, D1 may still be at it: look before you try again.

The file may have 5 GB, of statements of up to 100,000 bytes. D1 refuses BEGIN TRANSACTION
and COMMIT, the second and the last line of what sqlite3 dumps:

  sqlite3 my.db .dump | sed '2d;$d' | d1 import -d my-database -`,
		Flags: connectionFlags(
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "do not show progress"},
		),
		Action: importFile,
	}
}

func importFile(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 1, 1); err != nil {
		return err
	}
	client, err := connect(cmd, true)
	if err != nil {
		return err
	}
	defer client.Close()
	show := newDisplay(cmd)
	opts := extras.ImportOptions{Progress: show.progress}
	var result *extras.ImportResult
	if path := cmd.Args().First(); path == "-" {
		result, err = client.Import(ctx, stdin(ctx, cmd), opts)
	} else {
		result, err = client.ImportFile(ctx, path, opts)
	}
	show.end()
	if err != nil {
		return err
	}
	show.line("%s; %s read, %s written; the database is at bookmark %s",
		count(result.NumQueries, "statement"), count(result.Meta.RowsRead, "row"), count(result.Meta.RowsWritten, "row"), result.FinalBookmark)
	return nil
}

// phases are what the display calls them.
var phases = map[extras.Phase]string{
	extras.PhaseExport:   "D1 writes the dump",
	extras.PhaseDownload: "downloading",
	extras.PhasePrepare:  "reading the dump",
	extras.PhaseUpload:   "uploading",
	extras.PhaseImport:   "D1 runs the dump",
}

func size(bytes int64) string {
	if bytes < 0 {
		return "?"
	}
	const kilo = 1000
	if bytes < kilo {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/kilo, 0
	for value >= kilo && unit < 3 {
		value, unit = value/kilo, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, "kMGT"[unit])
}
