package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/d1go/d1/internal/wire"
)

const (
	maxErrorBody = 64 << 10 // bytes of an error response that isn't JSON
	// The engine's messages may have almost 2 MB (a dry run's answer comes as
	// one) and are of use only if whole.
	maxErrorJSON = 8 << 20
)

// message is one entry of "errors".
type message struct {
	code        int
	text        string
	ofStatement bool // it was the "error" of an element of "result"
}

// errorEnvelope is the error side of Cloudflare's envelope.
type errorEnvelope struct {
	Success *bool `json:"success"`
	Errors  []struct {
		apiMessage
		Chain []apiMessage `json:"error_chain"`
	} `json:"errors"`
}

type apiMessage struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *errorEnvelope) messages() []message {
	var list []message
	for _, m := range e.Errors {
		text := m.Message
		for _, inner := range m.Chain {
			text += ": " + inner.Message
		}
		list = append(list, message{code: m.Code, text: text})
	}
	return list
}

// messages returns what the API said, nil if it said nothing.
func (f *failure) messages() []message {
	var failed *wire.Failure
	if errors.As(f.err, &failed) {
		var list []message
		for _, m := range failed.Envelope.Errors {
			list = append(list, message{code: m.Code, text: m.Message})
		}
		if list == nil && failed.Message != "" {
			list = append(list, message{text: failed.Message, ofStatement: true})
		}
		return list
	}
	var envelope errorEnvelope
	if f.body == nil || json.Unmarshal(f.body, &envelope) != nil {
		return nil
	}
	return envelope.messages()
}

// refused reads the body of a response whose status is no success.
func refused(a *answer) *failure {
	body, err := readBody(a.Body)
	return &failure{body: body, err: err}
}

// readBody reads an error response as far as it may be of use.
func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxErrorBody))
	if err == nil && len(body) == maxErrorBody && startsObject(body) {
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r, maxErrorJSON-maxErrorBody))
		body = append(body, rest...)
	}
	return body, err
}

func startsObject(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
}
