package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/d1go/d1/internal/emulator"
)

const (
	// defaultAccount and defaultToken stand in the printed DSN when the server accepts any.
	defaultAccount = "local"
	defaultToken   = "local"

	// shutdownTimeout is how long requests may go on after the command was told to stop.
	shutdownTimeout = 5 * time.Second
)

func emulateCommand() *cli.Command {
	return &cli.Command{
		Name:  "emulate",
		Usage: "serve the D1 HTTP API over a local SQLite, until interrupted",
		Description: `It prints the DSN to open, and answers to all databases that are created through the API,
too. Refusals and limits are those of D1. Time travel goes back to the start of the command.

  d1 emulate --addr 127.0.0.1:8787 &
  export D1_DSN='d1://local:local@my-db?endpoint=http://127.0.0.1:8787/client/v4'
  d1 query "CREATE TABLE t (a); INSERT INTO t VALUES ('hello'); SELECT * FROM t"`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "addr", Value: "127.0.0.1:8787", Usage: "`HOST:PORT` to listen on; port 0 takes a free one"},
			&cli.BoolFlag{Name: "allow-remote", Usage: "allow an --addr that other machines can reach"},
			&cli.StringFlag{Name: "dir", Usage: "keep the databases in `FOLDER` instead of in memory"},
			&cli.StringFlag{Name: "db", Value: "my-db", Usage: "`NAME` of the database to create unless it exists"},
			&cli.StringFlag{Name: "token", Usage: "the only API `TOKEN` accepted; any, if not given"},
			&cli.StringFlag{Name: "account", Usage: "the only `ACCOUNT` id accepted; any, if not given"},
		},
		Action: emulate,
	}
}

func emulate(ctx context.Context, cmd *cli.Command) error {
	addr := cmd.String("addr")
	if !cmd.Bool("allow-remote") {
		if err := checkLoopback(addr); err != nil {
			return err
		}
	}
	server, err := emulator.New(emulator.Options{
		Dir:       cmd.String("dir"),
		AccountID: cmd.String("account"),
		Token:     cmd.String("token"),
	})
	if err != nil {
		return err
	}
	defer server.Close()
	name := cmd.String("db")
	if _, ok := server.Lookup(name); !ok {
		if _, err := server.CreateDatabase(name); err != nil {
			return err
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	dsn := dataSourceName(cmd, name, reachable(listener.Addr()))
	if _, err := fmt.Fprintf(cmd.Root().Writer, "Serving D1 on %s\n\nDSN:\n\n\t%s\n\nGo:\n\n\tdb, err := sql.Open(\"d1\", %q)\n\nCtrl-C to stop.\n",
		listener.Addr(), dsn, dsn); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serve(ctx, server, listener)
}

// serve answers requests until ctx ends.
func serve(ctx context.Context, handler http.Handler, listener net.Listener) error {
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		timeout, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		stopped <- srv.Shutdown(timeout)
	})
	err := srv.Serve(listener)
	if stop() { // not told to stop: Serve failed by itself
		return err
	}
	return errors.Join(<-stopped, srv.Close())
}

// checkLoopback refuses addresses that other machines can reach: the emulator has no real authentication.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return usageError("--addr: %w", err)
	}
	if ip := net.ParseIP(host); ip.IsLoopback() || strings.EqualFold(host, "localhost") {
		return nil
	}
	return usageError("--addr %s can be reached from other machines; add --allow-remote if that is wanted", addr)
}

// reachable is the address to connect to from this machine: all of its addresses, to
// listen on, are none to connect to, and plain http is for loopback hosts only.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
}

func dataSourceName(cmd *cli.Command, name, addr string) string {
	account, token := cmd.String("account"), cmd.String("token")
	if account == "" {
		account = defaultAccount
	}
	if token == "" {
		token = defaultToken
	}
	dsn := url.URL{
		Scheme:   "d1",
		User:     url.UserPassword(account, token),
		Host:     name,
		RawQuery: url.Values{"endpoint": {"http://" + addr + emulator.BasePath}}.Encode(),
	}
	return dsn.String()
}
