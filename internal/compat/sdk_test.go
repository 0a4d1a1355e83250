package compat_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/cloudflare-go/v7"
	sdkd1 "github.com/cloudflare/cloudflare-go/v7/d1"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/extras/d1test"
)

// The official SDK, generated from Cloudflare's specification of the API, gets along with the emulator: with all its
// twelve endpoints, each of which is in routes.
func TestSDK(t *testing.T) {
	for _, test := range []struct {
		name   string
		routes []string
		run    func(sdkTest)
	}{
		{"databases", []string{"POST", "GET /{id}", "PUT /{id}", "PATCH /{id}", "DELETE /{id}"}, testSDKDatabases},
		{"list", []string{"GET"}, testSDKList},
		{"query", []string{"POST /{id}/query"}, testSDKQuery},
		{"raw", []string{"POST /{id}/raw"}, testSDKRaw},
		{"export", []string{"POST /{id}/raw", "POST /{id}/export"}, testSDKExport},
		{"import", []string{"POST /{id}/raw", "POST /{id}/import", "GET /{id}/time_travel/bookmark"}, testSDKImport},
		{"time travel", []string{"POST /{id}/raw", "GET /{id}/time_travel/bookmark", "POST /{id}/time_travel/restore"}, testSDKTimeTravel},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := d1test.New(t)
			client := cloudflare.NewClient(
				option.WithBaseURL(srv.URL), option.WithAPIToken(srv.Token),
				option.WithMaxRetries(0)) // a second try would hide the first one's failure
			test.run(sdkTest{t, srv, client.D1.Database})

			var sent []string
			for _, r := range srv.Requests() {
				if _, path, ok := strings.Cut(r.Path, "/d1/database"); ok { // and not a signed URL
					if id, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/"); ok {
						path = " /{id}/" + rest
					} else if id != "" {
						path = " /{id}"
					}
					sent = append(sent, r.Method+path)
				}
			}
			slices.Sort(sent)
			require.ElementsMatch(t, test.routes, slices.Compact(sent))
		})
	}
}

var sdkAccount = cloudflare.F(d1test.AccountID)

// sdkTest is a test of the SDK as a client of srv.
type sdkTest struct {
	*testing.T
	srv *d1test.Server
	db  *sdkd1.DatabaseService
}

func testSDKDatabases(t sdkTest) {
	get := sdkd1.DatabaseGetParams{AccountID: sdkAccount}

	created, err := t.db.New(t.Context(), sdkd1.DatabaseNewParams{
		AccountID:           sdkAccount,
		Name:                cloudflare.F("products"),
		Jurisdiction:        cloudflare.F(sdkd1.DatabaseNewParamsJurisdictionEu),
		PrimaryLocationHint: cloudflare.F(sdkd1.DatabaseNewParamsPrimaryLocationHintWeur),
	})
	require.NoError(t, err)
	t.conforms(created)
	require.NotEqual(t, t.srv.DatabaseID, created.UUID)
	require.Equal(t, "products", created.Name)
	require.Equal(t, sdkd1.D1JurisdictionEu, created.Jurisdiction)
	require.Equal(t, sdkd1.D1ReadReplicationModeDisabled, created.ReadReplication.Mode)
	require.Equal(t, "production", created.Version)
	require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
	require.Zero(t, created.NumTables)
	require.Positive(t, created.FileSize)

	_, err = t.db.New(t.Context(), sdkd1.DatabaseNewParams{AccountID: sdkAccount, Name: cloudflare.F("products")})
	t.refused(err, http.StatusBadRequest, 7502)

	// same is what no update changes.
	same := func(d *sdkd1.D1) []any { return []any{d.UUID, d.Name, d.Jurisdiction, d.CreatedAt, d.Version} }

	got, err := t.db.Get(t.Context(), created.UUID, get)
	require.NoError(t, err)
	t.conforms(got)
	require.Equal(t, same(created), same(got))

	updated, err := t.db.Update(t.Context(), created.UUID, sdkd1.DatabaseUpdateParams{
		AccountID: sdkAccount,
		ReadReplication: cloudflare.F(sdkd1.DatabaseUpdateParamsReadReplication{
			Mode: cloudflare.F(sdkd1.DatabaseUpdateParamsReadReplicationModeAuto),
		}),
	})
	require.NoError(t, err)
	t.conforms(updated)
	require.Equal(t, same(created), same(updated))
	require.Equal(t, sdkd1.D1ReadReplicationModeAuto, updated.ReadReplication.Mode)

	// PUT needs the setting, PATCH keeps what it isn't told.
	_, err = t.db.Update(t.Context(), created.UUID, sdkd1.DatabaseUpdateParams{AccountID: sdkAccount})
	t.refused(err, http.StatusBadRequest, 7400)
	edited, err := t.db.Edit(t.Context(), created.UUID, sdkd1.DatabaseEditParams{AccountID: sdkAccount})
	require.NoError(t, err)
	require.Equal(t, sdkd1.D1ReadReplicationModeAuto, edited.ReadReplication.Mode)

	edited, err = t.db.Edit(t.Context(), created.UUID, sdkd1.DatabaseEditParams{
		AccountID: sdkAccount,
		ReadReplication: cloudflare.F(sdkd1.DatabaseEditParamsReadReplication{
			Mode: cloudflare.F(sdkd1.DatabaseEditParamsReadReplicationModeDisabled),
		}),
	})
	require.NoError(t, err)
	t.conforms(edited)
	require.Equal(t, same(created), same(edited))
	require.Equal(t, sdkd1.D1ReadReplicationModeDisabled, edited.ReadReplication.Mode)

	deleted, err := t.db.Delete(t.Context(), created.UUID, sdkd1.DatabaseDeleteParams{AccountID: sdkAccount})
	require.NoError(t, err)
	require.Nil(t, *deleted)
	_, err = t.db.Get(t.Context(), created.UUID, get)
	t.refused(err, http.StatusNotFound, 7404)
	_, err = t.db.Delete(t.Context(), created.UUID, sdkd1.DatabaseDeleteParams{AccountID: sdkAccount})
	t.refused(err, http.StatusNotFound, 7404)

	_, err = t.db.Get(t.Context(), t.srv.DatabaseID, get, option.WithAPIToken("wrong"))
	t.refused(err, http.StatusUnauthorized, 10000)
}

func testSDKList(t sdkTest) {
	want := map[string]string{t.srv.DatabaseID: t.srv.DatabaseName}
	for i := range 12 {
		name := fmt.Sprintf("shop-%02d", i)
		want[t.srv.CreateDatabase(name)] = name
	}
	params := sdkd1.DatabaseListParams{AccountID: sdkAccount, PerPage: cloudflare.F(10.0)}

	first, err := t.db.List(t.Context(), params)
	require.NoError(t, err)
	require.Len(t, first.Result, 10)
	require.EqualValues(t, 1, first.ResultInfo.Page)
	require.EqualValues(t, 10, first.ResultInfo.PerPage)
	second, err := first.GetNextPage()
	require.NoError(t, err)
	require.Len(t, second.Result, 3)
	require.EqualValues(t, 2, second.ResultInfo.Page)
	asked := params
	asked.Page = cloudflare.F(2.0)
	again, err := t.db.List(t.Context(), asked)
	require.NoError(t, err)
	require.Equal(t, names(second.Result), names(again.Result))
	end, err := second.GetNextPage()
	require.NoError(t, err)
	require.Empty(t, end.Result)

	got := map[string]string{}
	pager := t.db.ListAutoPaging(t.Context(), params)
	for pager.Next() {
		d := pager.Current()
		t.conforms(d)
		require.NotContains(t, got, d.UUID)
		require.Equal(t, "production", d.Version)
		require.WithinDuration(t, time.Now(), d.CreatedAt, time.Minute)
		got[d.UUID] = d.Name
	}
	require.NoError(t, pager.Err())
	require.Equal(t, want, got)

	found, err := t.db.List(t.Context(), sdkd1.DatabaseListParams{AccountID: sdkAccount, Name: cloudflare.F("shop-1")})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"shop-10", "shop-11"}, names(found.Result))
}

func names(databases []sdkd1.DatabaseListResponse) (all []string) {
	for _, d := range databases {
		all = append(all, d.Name)
	}
	return all
}

func testSDKQuery(t sdkTest) {
	query := func(body sdkd1.DatabaseQueryParamsBodyUnion) ([]sdkd1.QueryResult, error) {
		page, err := t.db.Query(t.Context(), t.srv.DatabaseID, sdkd1.DatabaseQueryParams{AccountID: sdkAccount, Body: body})
		if err != nil {
			return nil, err
		}
		return page.Result, nil
	}

	results, err := query(sdkd1.DatabaseQueryParamsBodyMultipleQueries{
		Batch: cloudflare.F([]sdkd1.DatabaseQueryParamsBodyMultipleQueriesBatch{
			{Sql: cloudflare.F("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL)")},
			{
				Sql:    cloudflare.F("INSERT INTO items (name, price) VALUES (?, ?), (?3, NULL)"),
				Params: cloudflare.F([]string{"tea", "1.5", "milk"}),
			},
		}),
	})
	require.NoError(t, err)
	require.Len(t, results, 2)
	insert := results[1]
	t.conforms(results)
	require.True(t, insert.Success)
	require.Empty(t, insert.Results)
	require.True(t, insert.Meta.ChangedDB)
	require.EqualValues(t, 2, insert.Meta.Changes)
	require.EqualValues(t, 2, insert.Meta.LastRowID)
	require.Positive(t, insert.Meta.RowsWritten)
	require.Positive(t, insert.Meta.SizeAfter)
	require.True(t, insert.Meta.ServedByPrimary)
	require.True(t, insert.Meta.ServedByRegion.IsKnown())

	results, err = query(sdkd1.DatabaseQueryParamsBodyD1SingleQuery{
		Sql:    cloudflare.F("SELECT count(*) AS n FROM items; SELECT * FROM items WHERE name >= ? ORDER BY id"),
		Params: cloudflare.F([]string{"milk"}),
	})
	require.NoError(t, err)
	t.conforms(results)
	require.Len(t, results, 2)
	require.Equal(t, []any{map[string]any{"n": 2.0}}, results[0].Results)
	require.Equal(t, []any{
		map[string]any{"id": 1.0, "name": "tea", "price": 1.5},
		map[string]any{"id": 2.0, "name": "milk", "price": nil},
	}, results[1].Results)
	require.False(t, results[0].Meta.ChangedDB)
	require.Zero(t, results[0].Meta.Changes)

	_, err = query(sdkd1.DatabaseQueryParamsBodyD1SingleQuery{Sql: cloudflare.F("SELECT * FROM nowhere")})
	require.Contains(t, t.refused(err, http.StatusBadRequest, 7500), "no such table: nowhere")
}

func testSDKRaw(t sdkTest) {
	raw := func(body sdkd1.DatabaseRawParamsBodyUnion) ([]sdkd1.DatabaseRawResponse, error) {
		page, err := t.db.Raw(t.Context(), t.srv.DatabaseID, sdkd1.DatabaseRawParams{AccountID: sdkAccount, Body: body})
		if err != nil {
			return nil, err
		}
		t.conforms(page.Result)
		return page.Result, nil
	}
	insert := sdkd1.DatabaseRawParamsBodyMultipleQueriesBatch{
		Sql:    cloudflare.F("INSERT INTO items (name) VALUES (?) RETURNING id, name"),
		Params: cloudflare.F([]string{"tea"}),
	}

	results, err := raw(sdkd1.DatabaseRawParamsBodyMultipleQueries{
		Batch: cloudflare.F([]sdkd1.DatabaseRawParamsBodyMultipleQueriesBatch{
			{Sql: cloudflare.F("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")}, insert,
		}),
	})
	require.NoError(t, err)
	require.Len(t, results, 2)
	require.Empty(t, results[0].Results.Rows)
	require.Equal(t, []string{"id", "name"}, results[1].Results.Columns)
	require.Equal(t, [][]any{{1.0, "tea"}}, results[1].Results.Rows)
	require.True(t, results[1].Meta.ChangedDB)
	require.EqualValues(t, 1, results[1].Meta.Changes)
	require.EqualValues(t, 1, results[1].Meta.LastRowID)

	// A batch is one transaction.
	_, err = raw(sdkd1.DatabaseRawParamsBodyMultipleQueries{
		Batch: cloudflare.F([]sdkd1.DatabaseRawParamsBodyMultipleQueriesBatch{
			{Sql: cloudflare.F("DELETE FROM items")}, insert, insert,
		}),
	})
	require.Contains(t, t.refused(err, http.StatusBadRequest, 7500), "UNIQUE constraint failed: items.name")

	results, err = raw(sdkd1.DatabaseRawParamsBodyD1SingleQuery{
		Sql:    cloudflare.F("SELECT id, id, name, x'00ff' AS data, NULL AS none, ? AS param FROM items"),
		Params: cloudflare.F([]string{"it's"}),
	})
	require.NoError(t, err)
	require.Len(t, results, 1)
	require.True(t, results[0].Success)
	require.Equal(t, []string{"id", "id", "name", "data", "none", "param"}, results[0].Results.Columns)
	require.Equal(t, [][]any{{1.0, 1.0, "tea", []any{0.0, 255.0}, nil, "it's"}}, results[0].Results.Rows)
}

// rows runs statements on a database and gives what the last one returns.
func (t sdkTest) rows(database, sql string) [][]any {
	t.Helper()
	page, err := t.db.Raw(t.Context(), database, sdkd1.DatabaseRawParams{
		AccountID: sdkAccount, Body: sdkd1.DatabaseRawParamsBodyD1SingleQuery{Sql: cloudflare.F(sql)},
	})
	require.NoError(t, err)
	require.NotEmpty(t, page.Result)
	return page.Result[len(page.Result)-1].Results.Rows
}

// fetch makes a request to a signed URL, without a token.
func (t sdkTest) fetch(method, url, body string) (string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, string(answer))
	return string(answer), resp.Header
}

// refused checks the SDK's error, and gives its message.
func (t sdkTest) refused(err error, status int, code int64) string {
	t.Helper()
	var e *cloudflare.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.Equal(t, status, e.StatusCode)
	require.Len(t, e.Errors, 1)
	require.Equal(t, code, e.Errors[0].Code)
	require.NotEmpty(t, e.Errors[0].Message)
	return e.Errors[0].Message
}

// conforms checks that an answer has no member that the specification doesn't have, and none of another type: the SDK
// itself leaves such silently out.
func (t sdkTest) conforms(answer any) {
	t.Helper()
	switch v := reflect.ValueOf(answer); v.Kind() {
	case reflect.Pointer:
		t.conforms(v.Elem().Interface())
	case reflect.Slice:
		for i := range v.Len() {
			t.conforms(v.Index(i).Interface())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for field, value := range v.Fields() {
			if field.Name == "JSON" {
				t.known(v.Type(), value)
			} else {
				t.conforms(value.Interface())
			}
		}
	}
}

// known checks the metadata that the SDK keeps of a JSON object.
func (t sdkTest) known(object reflect.Type, metadata reflect.Value) {
	t.Helper()
	for field, value := range metadata.Fields() {
		switch {
		case field.Name == "ExtraFields":
			for _, key := range value.MapKeys() {
				// D1 has always sent served_by; the specification never had it.
				require.Equal(t, "served_by", key.String(), "unknown member of %v", object)
			}
		case field.IsExported():
			member := value.Interface().(interface {
				IsInvalid() bool
				Raw() string
			})
			require.False(t, member.IsInvalid(), "%v: %s is %s", object, field.Name, member.Raw())
		}
	}
}
