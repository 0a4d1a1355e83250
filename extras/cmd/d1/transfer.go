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
complete. D1 answers no queries while it writes the dump, and can't dump virtual tables.`,
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
with exit code 3, D1 may still be at it: look before you try again.`,
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
	show.line("%d statements; %d rows read, %d rows written; the database is at bookmark %s",
		result.NumQueries, result.Meta.RowsRead, result.Meta.RowsWritten, result.FinalBookmark)
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
