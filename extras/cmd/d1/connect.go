package main

import (
	"os"

	"github.com/urfave/cli/v3"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras"
)

// connectionFlags say which database is meant, and how to reach it. There are no
// environment variables or defaults among them that help could show: they may
// hold the token.
func connectionFlags(more ...cli.Flag) []cli.Flag {
	return append(more,
		&cli.StringFlag{Name: "database", Aliases: []string{"d"}, Usage: "`NAME` or UUID of the database, or its binding in the wrangler file"},
		&cli.StringFlag{Name: "account", Usage: "`ID` of the account"},
		&cli.StringFlag{Name: "token", Usage: "API `TOKEN`; better in $CLOUDFLARE_API_TOKEN, as other users of this machine can see flags"},
		&cli.StringFlag{Name: "dsn", Usage: "data source `NAME`; better in $D1_DSN"},
		&cli.StringFlag{Name: "endpoint", Usage: "base `URL` of the API, instead of Cloudflare's"},
		&cli.StringFlag{Name: "env", Usage: "`ENVIRONMENT` in the wrangler file"},
	)
}

// connect opens the client that the flags describe. Without a database only
// commands about the account work.
func connect(cmd *cli.Command, needDatabase bool) (*extras.Client, error) {
	cfg, err := config(cmd)
	if err != nil {
		return nil, err
	}
	switch {
	case needDatabase && cfg.Database == "":
		return nil, usageError("no database: use --database, --dsn, $D1_DSN, or a wrangler file in this folder")
	case cfg.AccountID == "":
		return nil, usageError("no account: use --account, --dsn, $D1_DSN, $CLOUDFLARE_ACCOUNT_ID, or a wrangler file in this folder")
	case cfg.APIToken == "" && os.Getenv("CLOUDFLARE_API_TOKEN") == "":
		return nil, usageError("no API token: use $CLOUDFLARE_API_TOKEN, $D1_DSN, --dsn or --token")
	}
	return extras.Open(cfg)
}

func config(cmd *cli.Command) (d1.Config, error) {
	cfg := d1.Config{}
	dsn := cmd.String("dsn")
	if dsn == "" {
		dsn = os.Getenv("D1_DSN")
	}
	if dsn != "" {
		parsed, err := d1.ParseDSN(dsn)
		if err != nil {
			return d1.Config{}, err
		}
		cfg = *parsed
	}
	for name, field := range map[string]*string{
		"account": &cfg.AccountID, "token": &cfg.APIToken, "database": &cfg.Database, "endpoint": &cfg.Endpoint,
	} {
		if value := cmd.String(name); value != "" {
			*field = value
		}
	}
	if dsn != "" {
		if cmd.String("env") != "" {
			return d1.Config{}, usageError("--env is for the wrangler file, which is not read beside --dsn or $D1_DSN")
		}
		return cfg, nil
	}
	file, err := readWrangler(".", cmd.String("env"))
	if err != nil {
		return d1.Config{}, err
	}
	if cfg.AccountID == "" {
		cfg.AccountID = os.Getenv("CLOUDFLARE_ACCOUNT_ID")
	}
	if cfg.AccountID == "" {
		cfg.AccountID = file.AccountID
	}
	cfg.Database = file.database(cfg.Database)
	return cfg, nil
}
