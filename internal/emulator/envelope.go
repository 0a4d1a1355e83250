package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// apiError is a failure as the API reports it: an HTTP status, a Cloudflare code and a message.
type apiError struct {
	status  int
	code    int
	message string
}

func (e *apiError) Error() string { return fmt.Sprintf("%s [code: %d]", e.message, e.code) }

var errAuthentication = &apiError{http.StatusUnauthorized, 10000, "Authentication error"}

func errInvalid(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, 7400, fmt.Sprintf(format, args...)}
}

func errNotFound(uuid string) *apiError {
	return &apiError{http.StatusNotFound, 7404, fmt.Sprintf("The database %s could not be found", uuid)}
}

func errQuery(message string) *apiError {
	return &apiError{http.StatusBadRequest, 7500, message}
}

func noRoute(w http.ResponseWriter, r *http.Request) {
	writeError(w, &apiError{http.StatusNotFound, 7003,
		fmt.Sprintf("Could not route to %s, perhaps your object identifier is invalid?", r.URL.Path)})
}

type message struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type envelope struct {
	Result     any         `json:"result"`
	Errors     []message   `json:"errors"`
	Messages   []message   `json:"messages"`
	Success    bool        `json:"success"`
	ResultInfo *resultInfo `json:"result_info,omitempty"`
}

type resultInfo struct {
	Count      int `json:"count"`
	Page       int `json:"page"`
	PerPage    int `json:"per_page"`
	TotalCount int `json:"total_count"`
}

func writeResult(w http.ResponseWriter, result any, info *resultInfo) {
	writeJSON(w, http.StatusOK, envelope{
		Result: result, Errors: []message{}, Messages: []message{}, Success: true, ResultInfo: info,
	})
}

func writeError(w http.ResponseWriter, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{http.StatusInternalServerError, 7500, err.Error()}
	}
	var result any
	if e.code == 7500 {
		// Query errors, and only they, come with this header and an empty list.
		w.Header().Set("cf-d1", "err=7500")
		result = []any{}
	}
	writeJSON(w, e.status, envelope{
		Result: result, Errors: []message{{e.code, e.message}}, Messages: []message{},
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	// An error here means that the client is gone.
	_ = enc.Encode(v)
}
