package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"

	"github.com/d1go/d1/internal/wire"
)

const maxCallBody = 16 << 20 // bytes of a response to Call

// Request is a call of one of the JSON endpoints.
type Request struct {
	Method     string
	Path       string // below /accounts/{account}, such as "/d1/database"
	Query      url.Values
	Body       any // encoded as JSON; nil is no body
	Idempotent bool
}

// ResultInfo is what a successful response says besides its result.
type ResultInfo struct {
	Status int `json:"-"` // of HTTP: 200, or 202 while a task is under way

	Page       int `json:"page"` // these are 0 unless the result is a page of a list
	PerPage    int `json:"per_page"`
	Count      int `json:"count"` // on this page
	TotalCount int `json:"total_count"`
}

// Call sends a request and decodes the "result" of the response into out,
// which may be nil. The response may have 16 MiB.
func (c *Client) Call(ctx context.Context, r Request, out any) (*ResultInfo, error) {
	if err := checkPath(r.Path); err != nil {
		return nil, err
	}
	x := &exchange{method: r.Method, path: r.Path, query: r.Query, idempotent: r.Idempotent}
	if r.Body != nil {
		var body bytes.Buffer
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(r.Body); err != nil {
			e := configError("the request body can't be encoded: %v", err)
			e.Cause = err
			return nil, e
		}
		x.body = bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	}
	var info ResultInfo
	_, err := c.do(ctx, x, func(a *answer) *failure {
		if f := decodeResult(a, &info, out); f != nil {
			return f
		}
		a.discard()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &info, nil
}

func decodeResult(a *answer, info *ResultInfo, out any) *failure {
	body, err := io.ReadAll(io.LimitReader(a.Body, maxCallBody+1))
	switch {
	case err != nil:
		return &failure{err: err}
	case len(body) == 0:
		return &failure{err: io.ErrUnexpectedEOF}
	case len(body) > maxCallBody:
		return &failure{err: &wire.LimitError{Offset: int64(len(body)), What: "bytes", Limit: maxCallBody}}
	case !startsObject(body):
		return &failure{body: body}
	}
	var envelope struct {
		errorEnvelope
		Result json.RawMessage `json:"result"`
		Info   ResultInfo      `json:"result_info"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return &failure{err: err}
	}
	switch {
	case len(envelope.Errors) > 0:
		return &failure{body: body}
	case envelope.Success == nil:
		return &failure{err: &wire.SyntaxError{Offset: int64(len(body)), Msg: `no "success" in the envelope`}}
	case !*envelope.Success:
		return &failure{err: &wire.Failure{Result: -1}}
	}
	if out != nil && len(envelope.Result) > 0 {
		if err := json.Unmarshal(envelope.Result, out); err != nil {
			return &failure{err: err}
		}
	}
	*info = envelope.Info
	info.Status = a.StatusCode
	return nil
}
