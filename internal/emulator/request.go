package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// statement is one {sql, params} of a request. SQL may hold several statements.
type statement struct {
	SQL    string
	Params []parameter
}

// parameter is a decoded JSON parameter: nil, float64, string or []byte.
type parameter any

// query serves /raw and /query.
func (s *Server) query(format resultFormat) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		db, err := s.find(r)
		var statements []statement
		if err == nil {
			statements, err = decodeStatements(r)
		}
		var results []byte
		if err == nil {
			results, err = db.execute(r.Context(), statements, format)
		}
		if err != nil {
			writeError(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// Errors here mean that the client is gone.
		_, _ = w.Write([]byte(`{"result":`))
		_, _ = w.Write(results)
		_, _ = w.Write([]byte(`,"errors":[],"messages":[],"success":true}` + "\n"))
	}
}

// object is a JSON object. Unlike a struct's, its keys are compared exactly, as in JavaScript.
type object map[string]json.RawMessage

// decodeStatements reads {"sql": …, "params": […]} or {"batch": [{…}, …]}.
func decodeStatements(r *http.Request) ([]statement, error) {
	var body object
	if err := readJSON(r, &body); err != nil {
		return nil, err
	}
	if body["batch"] == nil {
		st, err := decodeStatement(body, "")
		return []statement{st}, err
	}
	var batch []object
	if json.Unmarshal(body["batch"], &batch) != nil || batch == nil {
		return nil, errInvalid("Invalid property: batch => Expected array, received %s", jsonType(body["batch"]))
	}
	statements := make([]statement, len(batch))
	for i, item := range batch {
		var err error
		if statements[i], err = decodeStatement(item, fmt.Sprintf("batch.%d.", i)); err != nil {
			return nil, err
		}
	}
	return statements, nil
}

// decodeStatement reads one statement; path is where it is in the body, for messages.
func decodeStatement(item object, path string) (statement, error) {
	var st statement
	sql, params := item["sql"], item["params"]
	switch {
	case sql == nil:
		return st, errInvalid("Invalid property: %ssql => Required", path)
	case json.Unmarshal(sql, &st.SQL) != nil || jsonType(sql) != "string":
		return st, errInvalid("Invalid property: %ssql => Expected string, received %s", path, jsonType(sql))
	case params == nil:
		return st, nil
	}
	var raw []json.RawMessage
	if json.Unmarshal(params, &raw) != nil || raw == nil {
		// A null is refused too: seen with clients that send "params":null.
		return st, errInvalid("Invalid property: %sparams => Expected array, received %s", path, jsonType(params))
	}
	st.Params = make([]parameter, len(raw))
	for i, text := range raw {
		var ok bool
		if st.Params[i], ok = decodeParameter(text); !ok {
			return st, errInvalid("Invalid property: %sparams.%d => Invalid input", path, i)
		}
	}
	return st, nil
}

func decodeParameter(text json.RawMessage) (parameter, bool) {
	switch jsonType(text) {
	case "null":
		return nil, true
	case "string":
		var s string
		err := json.Unmarshal(text, &s)
		return s, err == nil
	case "number":
		return decodeNumber(string(text)), true
	case "array":
		return decodeBytes(text)
	default: // booleans and objects
		return nil, false
	}
}

// decodeNumber reads a number as JavaScript does: too large is infinite.
func decodeNumber(text string) float64 {
	f, _ := strconv.ParseFloat(text, 64) // JSON's grammar was checked; out of range gives ±Inf
	return f
}

// decodeBytes reads an array of numbers as a Uint8Array takes them: modulo 256.
func decodeBytes(text json.RawMessage) (parameter, bool) {
	var numbers []json.RawMessage
	if json.Unmarshal(text, &numbers) != nil {
		return nil, false
	}
	b := make([]byte, len(numbers))
	for i, n := range numbers {
		if jsonType(n) != "number" {
			return nil, false
		}
		b[i] = toUint8(decodeNumber(string(n)))
	}
	return b, true
}

// jsonType names the type of a valid JSON text.
func jsonType(text json.RawMessage) string {
	if len(text) == 0 {
		return "undefined"
	}
	switch text[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	default:
		return "number"
	}
}
