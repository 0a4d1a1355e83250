package bench

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/cloudflare/cloudflare-go/v7"
	sdkd1 "github.com/cloudflare/cloudflare-go/v7/d1"
	"github.com/cloudflare/cloudflare-go/v7/option"
	"github.com/stretchr/testify/require"

	_ "github.com/d1go/d1"
)

func open(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("d1", dsn)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

// jsonResponse is what a program without a driver decodes.
type jsonResponse struct {
	Success bool
	Errors  []struct{ Message string }
	Result  []struct {
		Results struct {
			Columns []string
			Rows    [][]any
		}
	}
}

// poster is net/http without a driver.
type poster struct {
	client *http.Client
	url    string
}

func newPoster(tb testing.TB, url string) *poster {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	tb.Cleanup(transport.CloseIdleConnections)
	return &poster{&http.Client{Transport: transport}, url}
}

// post sends a request and calls read with the body of the response.
func (p *poster) post(ctx context.Context, request []byte, read func(io.Reader) error) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(request))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return read(resp.Body)
}

// query posts a statement and decodes the rows with encoding/json.
func (p *poster) query(ctx context.Context, sql string) (answer jsonResponse, err error) {
	request, err := json.Marshal(map[string]any{"sql": sql})
	if err != nil {
		return answer, err
	}
	err = p.post(ctx, request, func(body io.Reader) error {
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &answer)
	})
	return answer, err
}

// sdk is the official client.
type sdk struct{ *cloudflare.Client }

func newSDK(url string) sdk {
	return sdk{cloudflare.NewClient(option.WithBaseURL(url+"/"), option.WithAPIToken(token))}
}

func (s sdk) query(ctx context.Context, sql string) ([]sdkd1.DatabaseRawResponse, error) {
	page, err := s.D1.Database.Raw(ctx, databaseID, sdkd1.DatabaseRawParams{
		AccountID: cloudflare.F(accountID),
		Body:      sdkd1.DatabaseRawParamsBodyD1SingleQuery{Sql: cloudflare.F(sql)},
	})
	if err != nil {
		return nil, err
	}
	return page.Result, nil
}
