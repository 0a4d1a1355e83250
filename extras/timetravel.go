package extras

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/d1go/d1/internal/api"
)

// Bookmark is the present state of the database, for Restore. D1 keeps states for
// 30 days, and for 7 on the free plan. Bookmarks sort by age, as text:
// https://developers.cloudflare.com/d1/reference/time-travel/
func (c *Client) Bookmark(ctx context.Context) (string, error) { return c.bookmark(ctx, nil) }

// BookmarkAt is the nearest known state at or before a time. Fractions of a
// millisecond are cut off. A time before the oldest state that is kept is an
// error.
func (c *Client) BookmarkAt(ctx context.Context, at time.Time) (string, error) {
	return c.bookmark(ctx, url.Values{"timestamp": {timestamp(at)}})
}

func (c *Client) bookmark(ctx context.Context, query url.Values) (string, error) {
	var out struct {
		Bookmark string `json:"bookmark"`
	}
	_, err := c.callDatabase(ctx, reads, api.Request{Method: http.MethodGet, Path: "/time_travel/bookmark", Query: query}, &out)
	if err == nil && out.Bookmark == "" {
		err = protocolError(api.OutcomeNotRun, "the answer has no bookmark")
	}
	return out.Bookmark, err
}

// RestoreOptions says which state to go back to: exactly one field is set.
type RestoreOptions struct {
	Bookmark string    // a state of this database: see Client.Bookmark
	Time     time.Time // the nearest known state at or before; fractions of a millisecond are cut off
}

// RestoreResult is what became of a database.
type RestoreResult struct {
	Bookmark         string `json:"bookmark"`          // the state after
	PreviousBookmark string `json:"previous_bookmark"` // the state before: restoring it is the undo
	Message          string `json:"message"`           // D1's own words
}

// Restore overwrites the database with an earlier state of its own. Queries under
// way are cut off. Later states are kept: restoring
// RestoreResult.PreviousBookmark undoes it. D1 allows ten restores in ten minutes.
// It is not repeated when no answer came: the error is then d1.ErrOutcomeUnknown.
func (c *Client) Restore(ctx context.Context, opts RestoreOptions) (*RestoreResult, error) {
	query := url.Values{}
	switch {
	case opts.Bookmark != "" && opts.Time.IsZero():
		query.Set("bookmark", opts.Bookmark)
	case opts.Bookmark == "" && !opts.Time.IsZero():
		query.Set("timestamp", timestamp(opts.Time))
	default:
		return nil, argumentError("restore needs a bookmark or a time, and not both")
	}
	var out RestoreResult
	_, err := c.callDatabase(ctx, changes, api.Request{Method: http.MethodPost, Path: "/time_travel/restore", Query: query}, &out)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// timestamp writes a time as JavaScript does, which is what the API reads.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
