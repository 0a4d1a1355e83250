package extras

import (
	"context"
	"io"

	"github.com/d1go/d1/internal/api"
)

// ExportOptions says what to export. The zero value is the whole database.
type ExportOptions struct {
	NoData   bool     // only the schema
	NoSchema bool     // only the data; an error beside NoData
	Tables   []string // only these; empty is all

	// Progress is called as the export goes on, from one goroutine at a time.
	Progress func(Progress)
}

// ExportResult is a finished export.
type ExportResult struct {
	Bytes    int64  // of the dump
	Filename string // the name that D1 gave the dump
	Bookmark string // the state of the database that the dump holds

	// SignedURL is where the dump was downloaded from. It works for an hour, and
	// for anybody: keep it secret.
	SignedURL string
}

// Export writes the database as SQL text to w. D1 answers no queries while it
// writes the dump; the download comes after that. When Export fails, w may have
// received a part of the dump. Databases with virtual tables, such as those of
// FTS5, can't be exported.
//
// According to Cloudflare's documentation, integers beyond ±2^53 may be rounded in
// a dump, as they are in answers:
// https://developers.cloudflare.com/d1/best-practices/import-export-data/
func (c *Client) Export(ctx context.Context, w io.Writer, opts ExportOptions) (*ExportResult, error) {
	report := reporter(opts.Progress)
	t, err := c.export(ctx, opts, report)
	if err != nil {
		return nil, err
	}
	result := &ExportResult{Filename: t.Result.Filename, SignedURL: t.Result.SignedURL, Bookmark: t.AtBookmark}
	result.Bytes, err = c.download(ctx, t.Result.SignedURL, w, report)
	if err != nil {
		return nil, err
	}
	return result, nil
}

type exportRequest struct {
	OutputFormat    string      `json:"output_format"`
	CurrentBookmark string      `json:"current_bookmark,omitempty"`
	DumpOptions     dumpOptions `json:"dump_options"`
}

type dumpOptions struct {
	NoData   bool     `json:"no_data,omitempty"`
	NoSchema bool     `json:"no_schema,omitempty"`
	Tables   []string `json:"tables,omitempty"`
}

type exportTask struct {
	task
	Result struct {
		Filename  string `json:"filename"`
		SignedURL string `json:"signed_url"`
	} `json:"result"`
}

// export lets D1 write the dump.
func (c *Client) export(ctx context.Context, opts ExportOptions, report reporter) (*exportTask, error) {
	if opts.NoData && opts.NoSchema {
		return nil, argumentError("an export without data and without schema is empty")
	}
	j := &job{name: "export", phase: PhaseExport, lost: api.OutcomeNotRun, report: report, timing: c.timing}
	request := exportRequest{OutputFormat: "polling", DumpOptions: dumpOptions{opts.NoData, opts.NoSchema, opts.Tables}}
	var t exportTask
	next := func(ctx context.Context, bookmark string) error {
		request.CurrentBookmark = bookmark
		var answer exportTask
		err := c.post(ctx, reads, "/export", request, &answer, &answer.task)
		if err == nil {
			if answer.AtBookmark == "" {
				answer.AtBookmark = bookmark
			}
			t = answer
		}
		return err
	}
	if err := next(ctx, ""); err != nil {
		return nil, err
	}
	if err := j.wait(ctx, &t.task, next); err != nil {
		return nil, err
	}
	if t.Result.SignedURL == "" {
		return nil, protocolError(api.OutcomeNotRun, "the finished export has no URL")
	}
	return &t, nil
}
