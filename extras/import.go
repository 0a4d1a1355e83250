package extras

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/d1go/d1/internal/api"
)

// ImportOptions says how to import. The zero value is fine.
type ImportOptions struct {
	// TempDir is where a dump that can't be read twice is kept meanwhile. ""
	// is os.TempDir.
	TempDir string

	// Progress is called as the import goes on, from one goroutine at a time.
	Progress func(Progress)
}

// ImportResult is a finished import.
type ImportResult struct {
	Bytes         int64  // of the dump
	Filename      string // the name that D1 gave the upload
	Uploaded      bool   // false if D1 had this very dump already
	NumQueries    int64  // statements run
	FinalBookmark string // the state of the database right after
	Meta          Meta   // of all statements together, as D1 reports it
}

// Import runs the SQL text from r on the database: all of it, or nothing. The
// text is read twice, for its checksum and for the upload. If r is no io.Seeker,
// it is copied to a temporary file first; reading it does not end with ctx. D1
// answers no queries meanwhile, and takes up to 5 GB, of statements of up to
// 100,000 bytes.
//
// D1 refuses BEGIN TRANSACTION and COMMIT, the second and the last line of what
// sqlite3's .dump writes: leave them out.
// https://developers.cloudflare.com/d1/best-practices/import-export-data/
//
// An error that matches d1.ErrOutcomeUnknown leaves open whether D1 has run the
// text, or still does: it was handed over, and no answer came. After any other
// one, the database is as it was.
func (c *Client) Import(ctx context.Context, r io.Reader, opts ImportOptions) (*ImportResult, error) {
	s, err := openSource(ctx, r, opts.TempDir, opts.Progress)
	if err != nil {
		return nil, err
	}
	defer s.close()
	t, uploaded, err := c.handOver(ctx, s, opts.Progress)
	if err != nil {
		return nil, err
	}
	if err := c.awaitImport(ctx, t, opts.Progress); err != nil {
		return nil, err
	}
	return &ImportResult{
		Bytes:         s.size,
		Filename:      t.Filename,
		Uploaded:      uploaded,
		NumQueries:    t.Result.NumQueries,
		FinalBookmark: t.Result.FinalBookmark,
		Meta:          c.meta(t.Result.Meta),
	}, nil
}

type importRequest struct {
	Action          string `json:"action"` // init, ingest, poll
	ETag            string `json:"etag,omitempty"`
	Filename        string `json:"filename,omitempty"`
	CurrentBookmark string `json:"current_bookmark,omitempty"`
}

type importTask struct {
	task
	Filename  string `json:"filename"`
	UploadURL string `json:"upload_url"`
	Result    struct {
		FinalBookmark string          `json:"final_bookmark"`
		NumQueries    int64           `json:"num_queries"`
		Meta          json.RawMessage `json:"meta"`
	} `json:"result"`
}

// importStep sends one of the requests of an import.
func (c *Client) importStep(ctx context.Context, a access, r importRequest) (*importTask, error) {
	var t importTask
	if err := c.post(ctx, a, "/import", r, &t, &t.task); err != nil {
		return nil, err
	}
	return &t, nil
}

// handOver gives D1 the dump, unless it has it already, and lets it begin.
func (c *Client) handOver(ctx context.Context, s *source, report reporter) (t *importTask, uploaded bool, err error) {
	for renewed := false; ; renewed = true {
		// Not repeated blindly: if D1 has the dump already, this may begin to run it.
		t, err = c.importStep(ctx, changes, importRequest{Action: "init", ETag: s.md5})
		if err != nil {
			return nil, false, err
		}
		if t.UploadURL == "" {
			break
		}
		err = c.upload(ctx, t.UploadURL, s, report)
		if err == nil {
			uploaded = true
			break
		}
		if e := (*expired)(nil); !errors.As(err, &e) || renewed {
			return nil, false, transferError(ctx, "uploading the dump", err)
		}
	}
	if !uploaded && begun(t) {
		return t, false, nil
	}
	if t.Filename == "" {
		return nil, false, protocolError(api.OutcomeNotRun, "the answer to init has no filename")
	}
	filename := t.Filename
	t, err = c.importStep(ctx, changes, importRequest{Action: "ingest", ETag: s.md5, Filename: filename})
	if err != nil {
		return nil, false, err
	}
	t.Filename = filename
	return t, uploaded, nil
}

// begun reports whether D1 has begun to import in answer to init, as it may when
// it has the dump already.
func begun(t *importTask) bool {
	return t.Status != "" || t.AtBookmark != "" || t.Success != nil && !*t.Success
}

// awaitImport polls until the import is over; t is then its last answer.
func (c *Client) awaitImport(ctx context.Context, t *importTask, report reporter) error {
	j := &job{name: "import", phase: PhaseImport, lost: api.OutcomeUnknown, report: report, timing: c.timing}
	return j.wait(ctx, &t.task, func(ctx context.Context, bookmark string) error {
		answer, err := c.importStep(ctx, sets, importRequest{Action: "poll", CurrentBookmark: bookmark})
		if err != nil {
			return err
		}
		if answer.AtBookmark == "" {
			answer.AtBookmark = bookmark
		}
		answer.Filename = t.Filename
		*t = *answer
		return nil
	})
}
