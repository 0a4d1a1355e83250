package compat_test

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/cloudflare/cloudflare-go/v7"
	sdkd1 "github.com/cloudflare/cloudflare-go/v7/d1"
	"github.com/stretchr/testify/require"
)

const sdkScript = `CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE books (id INTEGER PRIMARY KEY, author REFERENCES authors (id), data BLOB);
INSERT INTO authors VALUES (1, 'it''s; Ada'), (2, NULL);
INSERT INTO books VALUES (9007199254740993, 1, x'00ff');
`

// sdkRows gives every row of sdkScript, digits that JSON's numbers lose included.
const sdkRows = "SELECT CAST(b.id AS TEXT), b.data, a.* FROM authors a LEFT JOIN books b ON b.author = a.id ORDER BY a.id"

var sdkWant = [][]any{{"9007199254740993", []any{0.0, 255.0}, 1.0, "it's; Ada"}, {nil, nil, 2.0, nil}}

func testSDKExport(t sdkTest) {
	t.rows(t.srv.DatabaseID, sdkScript)

	dump := t.export(sdkd1.DatabaseExportParamsDumpOptions{})
	restored := t.srv.CreateDatabase("restored")
	t.rows(restored, dump)
	require.Equal(t, sdkWant, t.rows(restored, sdkRows))

	only := t.export(sdkd1.DatabaseExportParamsDumpOptions{
		NoSchema: cloudflare.F(true), Tables: cloudflare.F([]string{"authors"}),
	})
	require.NotContains(t, only, "CREATE TABLE")
	require.NotContains(t, only, "books")
	require.Contains(t, only, `INSERT INTO "authors"`)
	only = t.export(sdkd1.DatabaseExportParamsDumpOptions{NoData: cloudflare.F(true)})
	require.Contains(t, only, "CREATE TABLE books")
	require.NotContains(t, only, "INSERT")

	missing, err := t.db.Export(t.Context(), t.srv.DatabaseID, sdkd1.DatabaseExportParams{
		AccountID:       sdkAccount,
		OutputFormat:    cloudflare.F(sdkd1.DatabaseExportParamsOutputFormatPolling),
		CurrentBookmark: cloudflare.F("not a bookmark"),
	})
	require.NoError(t, err)
	t.conforms(missing)
	require.False(t, missing.Success)
	require.Equal(t, sdkd1.DatabaseExportResponseStatusError, missing.Status)
	require.NotEmpty(t, missing.Error)
}

// export makes a dump of the first database, and gets it.
func (t sdkTest) export(options sdkd1.DatabaseExportParamsDumpOptions) string {
	t.Helper()
	params := sdkd1.DatabaseExportParams{
		AccountID:    sdkAccount,
		OutputFormat: cloudflare.F(sdkd1.DatabaseExportParamsOutputFormatPolling),
		DumpOptions:  cloudflare.F(options),
	}
	started, err := t.db.Export(t.Context(), t.srv.DatabaseID, params)
	require.NoError(t, err)
	t.conforms(started)
	require.EqualValues(t, "active", started.Status) // which the specification forgets
	require.NotEmpty(t, started.AtBookmark)

	params.CurrentBookmark = cloudflare.F(started.AtBookmark)
	for range polls {
		a, err := t.db.Export(t.Context(), t.srv.DatabaseID, params)
		require.NoError(t, err)
		t.conforms(a)
		require.True(t, a.Success, a.Error)
		require.Equal(t, sdkd1.DatabaseExportResponseTypeExport, a.Type)
		require.Equal(t, started.AtBookmark, a.AtBookmark)
		if a.Status == sdkd1.DatabaseExportResponseStatusComplete {
			require.Contains(t, a.Result.SignedURL, a.Result.Filename)
			dump, _ := t.fetch(http.MethodGet, a.Result.SignedURL, "")
			return dump
		}
	}
	require.Fail(t, "the export does not end")
	return ""
}

// polls is how often an export or import is asked for. An answer may take a second.
const polls = 30

func testSDKImport(t sdkTest) {
	done := t.importScript(sdkScript)
	require.True(t, done.Success, done.Error)
	require.Equal(t, sdkd1.DatabaseImportResponseStatusComplete, done.Status)
	require.EqualValues(t, strings.Count(sdkScript, ";\n"), done.Result.NumQueries)
	require.True(t, done.Result.Meta.ChangedDB)
	require.Positive(t, done.Result.Meta.RowsWritten)
	require.Positive(t, done.Result.Meta.SizeAfter)
	require.Equal(t, sdkWant, t.rows(t.srv.DatabaseID, sdkRows))
	bookmark := t.bookmark(sdkd1.DatabaseTimeTravelGetBookmarkParams{})
	require.Equal(t, bookmark, done.Result.FinalBookmark)

	failed := t.importScript("DELETE FROM books; INSERT INTO nowhere VALUES (1);")
	require.False(t, failed.Success)
	require.Equal(t, sdkd1.DatabaseImportResponseStatusError, failed.Status)
	require.Contains(t, failed.Error, "no such table: nowhere")
	require.Equal(t, sdkWant, t.rows(t.srv.DatabaseID, sdkRows))
}

// importScript uploads a script to the first database, and waits for the end of its import.
func (t sdkTest) importScript(script string) *sdkd1.DatabaseImportResponse {
	t.Helper()
	call := func(body sdkd1.DatabaseImportParamsBodyUnion) *sdkd1.DatabaseImportResponse {
		t.Helper()
		a, err := t.db.Import(t.Context(), t.srv.DatabaseID, sdkd1.DatabaseImportParams{AccountID: sdkAccount, Body: body})
		require.NoError(t, err)
		t.conforms(a)
		require.Equal(t, sdkd1.DatabaseImportResponseTypeImport, a.Type)
		return a
	}
	sum := md5.Sum([]byte(script))
	etag := hex.EncodeToString(sum[:])

	begun := call(sdkd1.DatabaseImportParamsBodyInit{
		Action: cloudflare.F(sdkd1.DatabaseImportParamsBodyInitActionInit), Etag: cloudflare.F(etag),
	})
	require.True(t, begun.Success, begun.Error)
	require.NotEmpty(t, begun.Filename)
	_, header := t.fetch(http.MethodPut, begun.UploadURL, script)
	require.Equal(t, `"`+etag+`"`, header.Get("ETag"))

	a := call(sdkd1.DatabaseImportParamsBodyIngest{
		Action:   cloudflare.F(sdkd1.DatabaseImportParamsBodyIngestActionIngest),
		Etag:     cloudflare.F(etag),
		Filename: cloudflare.F(begun.Filename),
	})
	at := a.AtBookmark
	require.NotEmpty(t, at)
	for range polls { // and at least once, though a small import is complete by now
		a = call(sdkd1.DatabaseImportParamsBodyPoll{
			Action: cloudflare.F(sdkd1.DatabaseImportParamsBodyPollActionPoll), CurrentBookmark: cloudflare.F(at),
		})
		require.Equal(t, at, a.AtBookmark)
		if a.Status.IsKnown() {
			return a
		}
	}
	require.Fail(t, "the import does not end")
	return nil
}

func testSDKTimeTravel(t sdkTest) {
	const content = "SELECT a FROM t ORDER BY a"
	one, two := [][]any{{1.0}}, [][]any{{1.0}, {2.0}}
	t.rows(t.srv.DatabaseID, "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
	first := t.bookmark(sdkd1.DatabaseTimeTravelGetBookmarkParams{})

	// The SDK sends times in whole seconds, so that the next commit has to come in the next one.
	between := time.Now().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(between))
	t.rows(t.srv.DatabaseID, "INSERT INTO t VALUES (2)")
	second := t.bookmark(sdkd1.DatabaseTimeTravelGetBookmarkParams{})
	require.Greater(t, second, first)

	require.Equal(t, first, t.bookmark(sdkd1.DatabaseTimeTravelGetBookmarkParams{Timestamp: cloudflare.F(between)}))
	_, err := t.db.TimeTravel.GetBookmark(t.Context(), t.srv.DatabaseID, sdkd1.DatabaseTimeTravelGetBookmarkParams{
		AccountID: sdkAccount, Timestamp: cloudflare.F(between.Add(-time.Hour)),
	})
	t.refused(err, http.StatusBadRequest, 7400)

	restored := t.restore(sdkd1.DatabaseTimeTravelRestoreParams{Bookmark: cloudflare.F(first)})
	require.Equal(t, second, restored.PreviousBookmark)
	require.Equal(t, one, t.rows(t.srv.DatabaseID, content))

	undone := t.restore(sdkd1.DatabaseTimeTravelRestoreParams{Bookmark: cloudflare.F(restored.PreviousBookmark)})
	require.Equal(t, restored.Bookmark, undone.PreviousBookmark)
	require.Equal(t, two, t.rows(t.srv.DatabaseID, content))

	t.restore(sdkd1.DatabaseTimeTravelRestoreParams{Timestamp: cloudflare.F(between)})
	require.Equal(t, one, t.rows(t.srv.DatabaseID, content))

	_, err = t.db.TimeTravel.Restore(t.Context(), t.srv.DatabaseID, sdkd1.DatabaseTimeTravelRestoreParams{AccountID: sdkAccount})
	t.refused(err, http.StatusBadRequest, 7400)
}

func (t sdkTest) bookmark(params sdkd1.DatabaseTimeTravelGetBookmarkParams) string {
	t.Helper()
	params.AccountID = sdkAccount
	a, err := t.db.TimeTravel.GetBookmark(t.Context(), t.srv.DatabaseID, params)
	require.NoError(t, err)
	t.conforms(a)
	require.NotEmpty(t, a.Bookmark)
	return a.Bookmark
}

// restore gives an answer whose bookmark is that of the database now.
func (t sdkTest) restore(params sdkd1.DatabaseTimeTravelRestoreParams) *sdkd1.DatabaseTimeTravelRestoreResponse {
	t.Helper()
	params.AccountID = sdkAccount
	a, err := t.db.TimeTravel.Restore(t.Context(), t.srv.DatabaseID, params)
	require.NoError(t, err)
	t.conforms(a)
	require.NotEmpty(t, a.Message)
	require.Equal(t, t.bookmark(sdkd1.DatabaseTimeTravelGetBookmarkParams{}), a.Bookmark)
	return a
}
