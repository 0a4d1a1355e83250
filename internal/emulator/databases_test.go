package emulator

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDatabaseLifecycle(t *testing.T) {
	c := newClient(t)
	var d details
	w := c.send("POST", "", m{"name": "mine", "jurisdiction": "eu", "primary_location_hint": "weur"})
	require.Empty(t, decodeEnvelope(t, w, &d))
	require.Equal(t, "mine", d.Name)
	require.Equal(t, "eu", d.Jurisdiction)
	require.Equal(t, "disabled", d.ReadReplication.Mode)
	require.Equal(t, "production", d.Version)
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, d.UUID)
	require.False(t, d.CreatedAt.IsZero())
	require.Zero(t, d.NumTables)

	c.db = d.UUID
	c.run("CREATE TABLE t (a)")
	w = c.send("GET", "/"+c.db, nil)
	require.Empty(t, decodeEnvelope(t, w, &d))
	require.Equal(t, int64(1), d.NumTables)
	require.Positive(t, d.FileSize)

	for _, method := range []string{"PATCH", "PUT"} {
		for _, mode := range []string{"auto", "disabled"} {
			w = c.send(method, "/"+c.db, m{"read_replication": m{"mode": mode}})
			require.Empty(t, decodeEnvelope(t, w, &d))
			require.Equal(t, mode, d.ReadReplication.Mode)
			w = c.send("GET", "/"+c.db, nil)
			require.Empty(t, decodeEnvelope(t, w, &d))
			require.Equal(t, mode, d.ReadReplication.Mode)
		}
	}
	w = c.send("PATCH", "/"+c.db, m{})
	require.Empty(t, decodeEnvelope(t, w, nil))
	w = c.send("PUT", "/"+c.db, m{})
	require.Equal(t, 7400, decodeEnvelope(t, w, nil)[0].Code)
	w = c.send("PATCH", "/"+c.db, m{"read_replication": m{"mode": "on"}})
	require.Equal(t, 7400, decodeEnvelope(t, w, nil)[0].Code)

	w = c.send("DELETE", "/"+c.db, nil)
	require.Empty(t, decodeEnvelope(t, w, nil))
	for _, method := range []string{"GET", "DELETE", "PUT", "PATCH"} {
		w = c.send(method, "/"+c.db, m{})
		require.Equal(t, 7404, decodeEnvelope(t, w, nil)[0].Code)
		require.Equal(t, 404, w.Code)
	}
	w = c.send("POST", "/"+c.db+"/raw", stmt("SELECT 1"))
	require.Equal(t, 7404, decodeEnvelope(t, w, nil)[0].Code)
}

func TestCreateValidation(t *testing.T) {
	c := newClient(t)
	for _, tt := range []struct {
		body any
		code int
	}{
		{m{}, 7400},
		{m{"name": ""}, 7400},
		{m{"name": 5}, 7400},
		{m{"name": "with space"}, 7400},
		{m{"name": "-dash"}, 7400},
		{m{"name": "a", "jurisdiction": "us"}, 7400},
		{m{"name": "a", "primary_location_hint": "moon"}, 7400},
		{m{"name": "a", "read_replication": m{"mode": "x"}}, 7400},
		{"not JSON", 7400},
		{m{"name": "test"}, 7502},
	} {
		w := c.send("POST", "", tt.body)
		require.Equal(t, tt.code, decodeEnvelope(t, w, nil)[0].Code, "%v", tt.body)
		require.Equal(t, 400, w.Code)
	}
}

func TestListPages(t *testing.T) {
	c := newClient(t)
	for i := range 25 {
		_, err := c.server.CreateDatabase(fmt.Sprintf("page-%02d", i))
		require.NoError(t, err)
	}
	list := func(query string) (found []listed, info resultInfo) {
		w := c.send("GET", query, nil)
		require.Empty(t, decodeEnvelope(t, w, &found))
		var e struct {
			Info resultInfo `json:"result_info"`
		}
		decodeJSON(t, w.Body.Bytes(), &e)
		return found, e.Info
	}
	seen := map[string]bool{}
	for page := 1; page <= 3; page++ {
		found, info := list(fmt.Sprintf("?name=page&per_page=10&page=%d", page))
		require.Equal(t, resultInfo{Count: len(found), Page: page, PerPage: 10, TotalCount: 25}, info)
		for _, d := range found {
			seen[d.Name] = true
		}
	}
	require.Len(t, seen, 25)
	found, info := list("?name=page&per_page=10&page=4")
	require.Empty(t, found)
	require.Equal(t, 25, info.TotalCount)
	found, _ = list("?name=age-07") // a search, not an exact match
	require.Len(t, found, 1)
	require.Equal(t, "page-07", found[0].Name)
	found, info = list("")
	require.Len(t, found, 26)
	require.Equal(t, defaultPerPage, info.PerPage)

	for _, query := range []string{"?page=0", "?page=x", "?per_page=1", "?per_page=10001"} {
		w := c.send("GET", query, nil)
		require.Equal(t, 7400, decodeEnvelope(t, w, nil)[0].Code, query)
	}
}

func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	first, err := New(Options{Dir: dir})
	require.NoError(t, err)
	info, err := first.CreateDatabase("kept")
	require.NoError(t, err)
	gone, err := first.CreateDatabase("gone")
	require.NoError(t, err)
	c := &client{t: t, server: first, db: info.UUID}
	c.run("CREATE TABLE t (a); INSERT INTO t VALUES (5)")
	w := c.send("PATCH", "/"+c.db, m{"read_replication": m{"mode": "auto"}})
	require.Equal(t, 200, w.Code)
	w = c.send("DELETE", "/"+gone.UUID, nil)
	require.Equal(t, 200, w.Code)

	_, err = New(Options{Dir: dir})
	require.ErrorContains(t, err, "locked", "a second server on the same folder")
	require.NoError(t, first.Close())

	second, err := New(Options{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()
	again, ok := second.Lookup("kept")
	require.True(t, ok)
	require.Equal(t, info.UUID, again.UUID)
	require.Equal(t, "auto", again.ReadReplication.Mode)
	require.True(t, info.CreatedAt.Equal(again.CreatedAt))
	_, ok = second.Lookup("gone")
	require.False(t, ok)
	c.server = second
	require.Equal(t, `[[5]]`, c.run("SELECT a FROM t").rows(t))

	odd := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(odd, "odd.json"), []byte("{}"), 0o600))
	_, err = New(Options{Dir: odd})
	require.ErrorContains(t, err, "odd.json")
}
