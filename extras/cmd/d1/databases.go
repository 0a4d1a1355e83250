package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/d1go/d1/extras"
)

func databasesCommand() *cli.Command {
	return &cli.Command{
		Name:   "db",
		Usage:  "manage the account's databases",
		Action: subcommandRequired,
		Commands: []*cli.Command{
			{
				Name:   "list",
				Usage:  "print all databases",
				Flags:  connectionFlags(&cli.StringFlag{Name: "name", Usage: "only those whose name contains `TEXT`"}, formatFlag("table", "json")),
				Action: listDatabases,
			},
			{
				Name:      "create",
				Usage:     "make an empty database",
				ArgsUsage: "NAME",
				Flags: connectionFlags(
					&cli.StringFlag{Name: "jurisdiction", Usage: "keep it in `PLACE`: eu, fedramp"},
					&cli.StringFlag{Name: "location", Usage: "put its primary in `REGION`: wnam, enam, weur, eeur, apac, oc; without effect beside --jurisdiction"},
					formatFlag("table", "json"),
				),
				Action: createDatabase,
			},
			{
				Name:      "get",
				Usage:     "describe a database",
				ArgsUsage: "[NAME | UUID]",
				Flags:     connectionFlags(formatFlag("table", "json")),
				Action:    getDatabase,
			},
			{
				Name:      "update",
				Usage:     "change a database's settings",
				ArgsUsage: "[NAME | UUID]",
				Flags: connectionFlags(
					&cli.StringFlag{Name: "read-replication", Required: true, Usage: "`MODE` is auto or disabled"},
					formatFlag("table", "json"),
				),
				Action: updateDatabase,
			},
			{
				Name:      "delete",
				Usage:     "delete a database with all its data and history",
				ArgsUsage: "NAME | UUID",
				Flags:     connectionFlags(yesFlag()),
				Action:    deleteDatabase,
			},
		},
	}
}

func listDatabases(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 0, 0); err != nil {
		return err
	}
	client, err := connect(cmd, false)
	if err != nil {
		return err
	}
	defer client.Close()
	list := []extras.Database{}
	for db, err := range client.List(ctx, extras.ListOptions{Name: cmd.String("name")}) {
		if err != nil {
			return err
		}
		list = append(list, db)
	}
	w := cmd.Root().Writer
	if cmd.String("format") == "json" {
		return writeJSON(w, list)
	}
	rows := make([][]any, len(list))
	for i, db := range list {
		rows[i] = []any{db.UUID, db.Name, db.CreatedAt.Format(time.RFC3339), string(db.Jurisdiction), db.Version}
	}
	return writeTable(w, []string{"uuid", "name", "created_at", "jurisdiction", "version"}, rows)
}

func createDatabase(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 1, 1); err != nil {
		return err
	}
	return oneDatabase(cmd, false, func(client *extras.Client) (*extras.Database, error) {
		return client.Create(ctx, cmd.Args().First(), extras.CreateOptions{
			Jurisdiction: extras.Jurisdiction(cmd.String("jurisdiction")),
			Location:     extras.Location(cmd.String("location")),
		})
	})
}

func getDatabase(ctx context.Context, cmd *cli.Command) error {
	return oneDatabase(cmd, !cmd.Args().Present(), func(client *extras.Client) (*extras.Database, error) {
		name, err := named(ctx, cmd, client)
		if err != nil {
			return nil, err
		}
		return client.Get(ctx, name)
	})
}

func updateDatabase(ctx context.Context, cmd *cli.Command) error {
	return oneDatabase(cmd, !cmd.Args().Present(), func(client *extras.Client) (*extras.Database, error) {
		name, err := named(ctx, cmd, client)
		if err != nil {
			return nil, err
		}
		return client.Update(ctx, name, extras.UpdateOptions{ReadReplication: extras.ReplicationMode(cmd.String("read-replication"))})
	})
}

// named is the database in the argument or, without one, that of the flags.
func named(ctx context.Context, cmd *cli.Command, client *extras.Client) (string, error) {
	if err := arguments(cmd, 0, 1); err != nil {
		return "", err
	}
	if name := cmd.Args().First(); name != "" {
		return name, nil
	}
	return client.DatabaseID(ctx)
}

// oneDatabase prints the database that do returns.
func oneDatabase(cmd *cli.Command, needDatabase bool, do func(*extras.Client) (*extras.Database, error)) error {
	client, err := connect(cmd, needDatabase)
	if err != nil {
		return err
	}
	defer client.Close()
	db, err := do(client)
	if err != nil {
		return err
	}
	if cmd.String("format") == "json" {
		return writeJSON(cmd.Root().Writer, db)
	}
	return describe(cmd.Root().Writer, db)
}

func describe(w io.Writer, db *extras.Database) error {
	replication := extras.ReplicationMode("")
	if db.ReadReplication != nil {
		replication = db.ReadReplication.Mode
	}
	_, err := fmt.Fprintf(w, "uuid              %s\nname              %s\ncreated_at        %s\nversion           %s\njurisdiction      %s\n"+
		"file_size         %s\nnum_tables        %d\nread_replication  %s\n",
		db.UUID, printable(db.Name), db.CreatedAt.Format(time.RFC3339), db.Version, db.Jurisdiction, size(db.FileSize), db.NumTables, replication)
	return err
}

// deleteDatabase needs the database named: the one that happens to be configured
// is not meant by accident.
func deleteDatabase(ctx context.Context, cmd *cli.Command) error {
	if err := arguments(cmd, 1, 1); err != nil {
		return err
	}
	client, err := connect(cmd, false)
	if err != nil {
		return err
	}
	defer client.Close()
	db, err := client.Get(ctx, cmd.Args().First())
	if err != nil {
		return err
	}
	question := fmt.Sprintf("Delete database %s (%s), with %s in %s, for ever?", printable(db.Name), db.UUID, size(db.FileSize), count(db.NumTables, "table"))
	if err := confirm(ctx, cmd, question); err != nil {
		return err
	}
	if err := client.Delete(ctx, db.UUID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.Root().Writer, "Deleted %s\n", db.UUID)
	return err
}
