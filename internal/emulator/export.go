package emulator

import (
	"bufio"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// dumpOptions says what a dump leaves out.
type dumpOptions struct {
	NoData   bool     `json:"no_data"`
	NoSchema bool     `json:"no_schema"`
	Tables   []string `json:"tables"` // the only ones to dump; empty: all
}

type exportRequest struct {
	OutputFormat    *string     `json:"output_format"`
	CurrentBookmark string      `json:"current_bookmark"`
	DumpOptions     dumpOptions `json:"dump_options"`
}

type exportResult struct {
	Filename  string `json:"filename"`
	SignedURL string `json:"signed_url"`
}

// postExport serves POST …/export, which starts an export, and with a bookmark asks how it stands.
func (s *Server) postExport(w http.ResponseWriter, r *http.Request) {
	status, err := s.export(r)
	if err != nil {
		writeError(w, err)
		return
	}
	writeTransfer(w, status)
}

func (s *Server) export(r *http.Request) (transferStatus, error) {
	db, err := s.find(r)
	if err != nil {
		return transferStatus{}, err
	}
	var req exportRequest
	if err := readJSON(r, &req); err != nil {
		return transferStatus{}, err
	}
	switch {
	case req.OutputFormat == nil:
		return transferStatus{}, errInvalid("Invalid property: output_format => Required")
	case *req.OutputFormat != "polling":
		return transferStatus{}, errInvalid(`Invalid property: output_format => Invalid literal value, expected "polling"`)
	}
	if req.CurrentBookmark != "" {
		t := db.poll(kindExport, req.CurrentBookmark)
		if t == nil {
			return noTransfer(kindExport), nil
		}
		t.wait(r.Context(), s.pollWait)
		return t.status(), nil
	}
	t := &transfer{kind: kindExport}
	name := fmt.Sprintf("%s-%s.sql", db.info.UUID, strings.ToLower(rand.Text()))
	result := exportResult{Filename: name, SignedURL: s.signedURL(r, http.MethodGet, db, name)}
	err = db.start(t, func(ctx context.Context, t *transfer) (any, error) {
		return result, db.export(ctx, t, req.DumpOptions, name)
	})
	if err == nil {
		err = t.waitStarted(r.Context())
	}
	if err != nil {
		return transferStatus{}, err
	}
	// The first answer is always that the export is active, as D1's documentation has it.
	return transferStatus{
		Success: true, Type: kindExport, AtBookmark: t.atBookmark(), Messages: []string{"Generating dump"}, Status: "active",
	}, nil
}

// export writes a dump to a file of the database.
func (db *database) export(ctx context.Context, t *transfer, opts dumpOptions, name string) error {
	f := &file{}
	sum := md5.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(&f.spool, sum), 64<<10)
	err := db.dump(buffered, opts)
	if err == nil {
		err = buffered.Flush()
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return errors.Join(err, f.spool.Close())
	}
	f.md5 = hex.EncodeToString(sum.Sum(nil))
	f.created = db.clock.Now()
	t.log("Uploaded part 1") // of one; clients count these lines
	return db.files.put(name, f)
}
