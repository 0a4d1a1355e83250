package d1test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
)

// Request is one request that a server received.
type Request struct {
	Method string      // of HTTP
	Path   string      // with the base path /client/v4, without the query
	Header http.Header // a copy
	Body   []byte      // as it came
	// Statements are those of a /query or /raw request, in order; nil for others.
	Statements []Statement
	// Batch tells whether they came as a batch.
	Batch bool
}

// Statement is one statement of a request.
type Statement struct {
	// SQL is the text as the driver sent it: with placeholders rewritten by the
	// types of arguments.
	SQL string `json:"sql"`
	// Params are as JSON decodes them: nil, bool, json.Number, string, []any.
	Params []any `json:"params"`
}

type recorder struct {
	mu       sync.Mutex
	requests []Request
}

func (rec *recorder) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client is gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		req := Request{Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
		req.Statements, req.Batch = decode(body)
		rec.mu.Lock()
		rec.requests = append(rec.requests, req)
		rec.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// decode reads the statements of a body, if it has the form of a query.
func decode(body []byte) (_ []Statement, batch bool) {
	var query struct {
		Statement
		Batch []Statement `json:"batch"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	switch err := dec.Decode(&query); {
	case err != nil:
		return nil, false
	case query.Batch != nil:
		return query.Batch, true
	case query.SQL != "":
		return []Statement{query.Statement}, false
	}
	return nil, false
}

func (rec *recorder) all() []Request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.requests)
}

func (rec *recorder) reset() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.requests = nil
}
