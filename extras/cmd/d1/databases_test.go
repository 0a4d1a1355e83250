package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras"
)

func TestDatabases(t *testing.T) {
	sh, srv := onServer(t)
	out, _ := sh.run("db", "create", "--jurisdiction", "eu", "other")
	require.Contains(t, out, "name              other\n")
	require.Contains(t, out, "jurisdiction      eu\n")
	_, _, err := sh.try("db", "create", "other")
	require.ErrorContains(t, err, "already exists")

	out, _ = sh.run("db", "list")
	require.Contains(t, out, srv.DatabaseID+"  "+srv.DatabaseName)
	require.Contains(t, out, "other")
	out, _ = sh.run("db", "list", "--name", "oth", "--format", "json")
	var list []extras.Database
	require.NoError(t, json.Unmarshal([]byte(out), &list))
	require.Len(t, list, 1)
	require.Equal(t, "other", list[0].Name)
	out, _ = sh.run("db", "list", "--name", "no such", "--format", "json")
	require.Equal(t, "[]\n", out)

	out, _ = sh.run("db", "get")
	require.Contains(t, out, srv.DatabaseID)
	out, _ = sh.run("db", "update", "--read-replication", "auto", "other")
	require.Contains(t, out, "read_replication  auto\n")
	out, _ = sh.run("db", "get", "--format", "json", "other")
	var db extras.Database
	require.NoError(t, json.Unmarshal([]byte(out), &db))
	require.Equal(t, extras.ReplicationAuto, db.ReadReplication.Mode)

	sh.stdin = "no\n"
	_, log, err := sh.try("db", "delete", "other")
	require.ErrorContains(t, err, "not confirmed")
	require.Contains(t, log, "Delete database other ("+db.UUID+")")
	sh.run("db", "get", "other")
	sh.stdin = "yes\n"
	out, _ = sh.run("db", "delete", "other")
	require.Equal(t, "Deleted "+db.UUID+"\n", out)
	_, _, err = sh.try("db", "get", db.UUID)
	require.ErrorIs(t, err, d1.ErrDatabaseNotFound)
}

// The account's databases can be listed without naming one.
func TestListWithoutDatabase(t *testing.T) {
	sh, srv := onServer(t)
	t.Setenv("D1_DSN", "")
	out, _ := sh.run("db", "list", "--account", srv.AccountID, "--token", srv.Token, "--endpoint", srv.URL)
	require.Contains(t, out, srv.DatabaseID)
}
