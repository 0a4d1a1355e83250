package extras

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
	"github.com/d1go/d1/internal/api"
)

func TestList(t *testing.T) {
	srv := d1test.New(t)
	want := []string{srv.DatabaseName}
	for i := range 24 {
		name := fmt.Sprintf("db-%02d", i)
		srv.CreateDatabase(name)
		want = append(want, name)
	}
	c := emulated(t, srv)
	for _, perPage := range []int{0, 10, 12, 25, 1000} {
		srv.Reset()
		var got []string
		for db, err := range c.List(t.Context(), ListOptions{PerPage: perPage}) {
			require.NoError(t, err)
			require.NotEmpty(t, db.UUID)
			require.WithinDuration(t, time.Now(), db.CreatedAt, time.Minute)
			got = append(got, db.Name)
		}
		require.ElementsMatch(t, want, got, perPage)
		if perPage > 0 {
			require.Len(t, srv.Requests(), (len(want)+perPage-1)/perPage)
		}
	}

	srv.Reset()
	seen := 0
	for _, err := range c.List(t.Context(), ListOptions{PerPage: 10}) {
		require.NoError(t, err)
		if seen++; seen == 10 {
			break
		}
	}
	require.Len(t, srv.Requests(), 1, "a page nobody wants is not fetched")

	var found []string
	for db, err := range c.List(t.Context(), ListOptions{Name: "db-1", PerPage: 10}) {
		require.NoError(t, err)
		found = append(found, db.Name)
	}
	slices.Sort(found)
	require.Equal(t, want[11:21], found)

	for _, err := range c.List(t.Context(), ListOptions{PerPage: 1}) { // refused by the API
		var e *d1.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 7400, e.APICode)
	}
}

func TestLastPage(t *testing.T) {
	for _, tt := range []struct {
		name     string
		info     api.ResultInfo
		count, n int
		last     bool
	}{
		{"all of them", api.ResultInfo{TotalCount: 20, PerPage: 10}, 10, 20, true},
		{"more", api.ResultInfo{TotalCount: 21, PerPage: 10}, 10, 20, false},
		{"total counts what the search leaves out", api.ResultInfo{TotalCount: 2000, PerPage: 10}, 3, 13, true},
		{"the API gives smaller pages", api.ResultInfo{TotalCount: 2000, PerPage: 5}, 5, 5, false},
		{"nothing said, full", api.ResultInfo{}, 10, 10, false},
		{"nothing said, short", api.ResultInfo{}, 9, 9, true},
		{"only the total", api.ResultInfo{TotalCount: 30}, 5, 5, false},
		{"empty", api.ResultInfo{TotalCount: 30}, 0, 20, true},
	} {
		require.Equal(t, tt.last, lastPage(&tt.info, tt.count, tt.n, 10), tt.name)
	}
}

func TestDatabases(t *testing.T) {
	srv := d1test.New(t)
	c := emulated(t, srv)
	ctx := t.Context()
	made, err := c.Create(ctx, "new", CreateOptions{Jurisdiction: JurisdictionEU, Location: WesternEurope})
	require.NoError(t, err)
	require.Equal(t, "new", made.Name)
	require.Equal(t, JurisdictionEU, made.Jurisdiction)
	_, err = c.Create(ctx, "new", CreateOptions{})
	require.ErrorContains(t, err, "already exists")
	_, err = c.Create(ctx, "other", CreateOptions{Location: "moon"})
	require.ErrorContains(t, err, "moon")

	for _, name := range []string{"new", made.UUID} {
		got, err := c.Get(ctx, name)
		require.NoError(t, err)
		require.Equal(t, made, got)
	}

	changed, err := c.Update(ctx, "new", UpdateOptions{ReadReplication: ReplicationAuto})
	require.NoError(t, err)
	require.Equal(t, ReplicationAuto, changed.ReadReplication.Mode)
	changed, err = c.Patch(ctx, "new", UpdateOptions{})
	require.NoError(t, err)
	require.Equal(t, ReplicationAuto, changed.ReadReplication.Mode)
	changed, err = c.Patch(ctx, "new", UpdateOptions{ReadReplication: ReplicationDisabled})
	require.NoError(t, err)
	require.Equal(t, ReplicationDisabled, changed.ReadReplication.Mode)
	_, err = c.Update(ctx, "new", UpdateOptions{})
	require.ErrorIs(t, err, d1.ErrArguments)
	_, err = c.Update(ctx, "new", UpdateOptions{ReadReplication: "sometimes"})
	require.ErrorContains(t, err, "sometimes")

	require.NoError(t, c.Delete(ctx, "new"))
	_, err = c.Get(ctx, made.UUID)
	require.ErrorIs(t, err, d1.ErrDatabaseNotFound)
	require.ErrorIs(t, c.Delete(ctx, "new"), d1.ErrDatabaseNotFound)
	for _, name := range []string{"", "../x", "a/b", srv.DatabaseID + "/x"} {
		require.Error(t, c.Delete(ctx, name), name)
	}
	_, err = c.Get(ctx, srv.DatabaseID)
	require.NoError(t, err)
}
