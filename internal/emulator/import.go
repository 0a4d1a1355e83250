package emulator

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
)

type importRequest struct {
	Action          string  `json:"action"`
	ETag            *string `json:"etag"` // MD5 of the file, hexadecimal
	Filename        *string `json:"filename"`
	CurrentBookmark *string `json:"current_bookmark"`
}

type importResult struct {
	NumQueries    int64           `json:"num_queries"`
	FinalBookmark string          `json:"final_bookmark"`
	Meta          json.RawMessage `json:"meta"`
}

// postImport serves POST …/import: init says what file will come, ingest starts the import of it, poll asks how that
// stands.
func (s *Server) postImport(w http.ResponseWriter, r *http.Request) {
	var req importRequest
	db, err := s.find(r)
	if err == nil {
		err = readJSON(r, &req)
	}
	var status transferStatus
	if err == nil {
		status, err = s.importAction(r, db, req)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeTransfer(w, status)
}

func (s *Server) importAction(r *http.Request, db *database, req importRequest) (transferStatus, error) {
	switch req.Action {
	case "init", "ingest":
		if req.ETag == nil {
			return transferStatus{}, errInvalid("Invalid property: etag => Required")
		}
		if sum, err := hex.DecodeString(*req.ETag); err != nil || len(sum) != 16 {
			return transferStatus{}, errInvalid("Invalid property: etag => Invalid")
		}
		if req.Action == "init" {
			return s.initImport(r, db, *req.ETag)
		}
		if req.Filename == nil {
			return transferStatus{}, errInvalid("Invalid property: filename => Required")
		}
		return s.ingest(r, db, *req.ETag, *req.Filename)
	case "poll":
		if req.CurrentBookmark == nil {
			return transferStatus{}, errInvalid("Invalid property: current_bookmark => Required")
		}
		t := db.poll(kindImport, *req.CurrentBookmark)
		if t == nil {
			return noTransfer(kindImport), nil
		}
		t.wait(r.Context(), s.pollWait)
		return t.status(), nil
	default:
		return transferStatus{}, errInvalid("Invalid property: action => Invalid discriminator value. Expected 'init' | 'ingest' | 'poll'")
	}
}

// initImport gives the URL to put the file to. When the file is there already, the import begins at once: wrangler goes
// on to poll then, and a client that asks to ingest joins it.
func (s *Server) initImport(r *http.Request, db *database, etag string) (transferStatus, error) {
	name := db.info.UUID + "-" + etag + ".sql"
	if f := db.files.get(name, s.opts.Clock.Now()); f != nil && f.md5 == etag {
		status, err := s.startImport(r, db, &transfer{kind: kindImport, file: name, ahead: true}, f)
		status.Filename = name
		return status, err
	}
	return transferStatus{
		Success: true, Type: kindImport, Messages: []string{}, Filename: name, UploadURL: s.signedURL(r, http.MethodPut, db, name),
	}, nil
}

func (s *Server) ingest(r *http.Request, db *database, etag, name string) (transferStatus, error) {
	f := db.files.get(name, s.opts.Clock.Now())
	switch {
	case f == nil:
		return transferStatus{}, errInvalid("Invalid property: filename => No file was uploaded as %s", name)
	case f.md5 != etag:
		return transferStatus{}, errInvalid("Invalid property: etag => The uploaded file has the ETag %s", f.md5)
	}
	if t := db.joined(name); t != nil {
		t.wait(r.Context(), s.pollWait)
		return t.status(), nil
	}
	return s.startImport(r, db, &transfer{kind: kindImport, file: name}, f)
}

// startImport begins an import. If the file is small, the answer is its end.
func (s *Server) startImport(r *http.Request, db *database, t *transfer, f *file) (transferStatus, error) {
	err := db.start(t, func(ctx context.Context, t *transfer) (any, error) {
		return db.importScript(ctx, t, f.spool.reader())
	})
	if err == nil {
		err = t.waitStarted(r.Context())
	}
	if err != nil {
		return transferStatus{}, err
	}
	t.wait(r.Context(), s.pollWait)
	return t.status(), nil
}
