package emulator

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/d1go/d1/internal/emulator/sqlite3"
)

type bookmarkResult struct {
	Bookmark string `json:"bookmark"`
}

// getBookmark serves GET …/time_travel/bookmark.
func (s *Server) getBookmark(w http.ResponseWriter, r *http.Request) {
	db, err := s.find(r)
	var result bookmarkResult
	if err == nil {
		result.Bookmark, err = db.bookmarkAt(r.URL.Query().Get("timestamp"))
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeResult(w, result, nil)
}

// bookmarkAt is the bookmark at a time written in ISO 8601, or the present one for "".
func (db *database) bookmarkAt(timestamp string) (string, error) {
	if timestamp == "" {
		return db.history.last(), nil
	}
	at, ok := parseTimestamp(timestamp)
	if !ok {
		return "", errInvalid("Invalid property: timestamp => Invalid date")
	}
	bookmark, ok := db.history.at(at)
	if !ok {
		return "", errInvalid("Invalid property: timestamp => %s is before the oldest bookmark that is kept", timestamp)
	}
	return bookmark, nil
}

// parseTimestamp reads what ECMAScript's date-time string format allows, with any number of fractional digits. A time
// without an offset is UTC.
func parseTimestamp(text string) (time.Time, bool) {
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
		time.DateOnly, "2006-01", "2006",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

type restoreResult struct {
	Bookmark         string `json:"bookmark"`
	PreviousBookmark string `json:"previous_bookmark"`
	Message          string `json:"message"`
}

// postRestore serves POST …/time_travel/restore.
func (s *Server) postRestore(w http.ResponseWriter, r *http.Request) {
	db, err := s.find(r)
	var result restoreResult
	if err == nil {
		query := r.URL.Query()
		result, err = db.restoreTo(r.Context(), query.Get("bookmark"), query.Get("timestamp"))
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeResult(w, result, nil)
}

func (db *database) restoreTo(ctx context.Context, bookmark, timestamp string) (restoreResult, error) {
	switch {
	case bookmark == "" && timestamp == "":
		return restoreResult{}, errInvalid("Invalid property: bookmark => Required if timestamp is not provided")
	case bookmark != "" && timestamp != "":
		return restoreResult{}, errInvalid("Invalid property: timestamp => Not allowed together with bookmark")
	}
	if err := db.refuseWhileBusy(); err != nil {
		return restoreResult{}, err
	}
	_, release, err := db.acquire(ctx)
	if err != nil {
		return restoreResult{}, err
	}
	defer release()
	if timestamp != "" {
		if bookmark, err = db.bookmarkAt(timestamp); err != nil {
			return restoreResult{}, err
		}
	}
	result := restoreResult{PreviousBookmark: db.history.last(), Message: "Database restored successfully"}
	result.Bookmark, err = db.restore(bookmark)
	return result, err
}

// restore overwrites the database with an earlier state of itself, and gives the bookmark that it has then. It is one
// more commit, and can be undone.
func (db *database) restore(bookmark string) (string, error) {
	undos, ok := db.history.undo(bookmark)
	if !ok {
		return "", errInvalid("Invalid property: bookmark => %s is not a bookmark of this database, or no longer kept", bookmark)
	}
	defer db.gate.trust()() // reading an image compiles SQL
	before, err := db.conn.Image()
	if err != nil {
		return "", err
	}
	if err := db.conn.SetImage(rewind(before, undos)); err != nil {
		return "", err
	}
	after, err := db.conn.Image()
	if err != nil {
		return "", err
	}
	db.restart()
	db.knownSize = unknownSize
	return db.history.add(db.clock.Now(), difference(before, after, int(db.pageSize))), nil
}

// rewind gives the image of the database before the commits that undos undo.
func rewind(image []byte, undos []*sqlite3.Undo) []byte {
	image = bytes.Clone(image)
	for _, u := range undos {
		if n := u.PageCount * u.PageSize; n <= len(image) {
			image = image[:n]
		} else {
			image = append(image, make([]byte, n-len(image))...)
		}
		for i, page := range u.Pages {
			copy(image[(int(page)-1)*u.PageSize:], u.Data[i*u.PageSize:(i+1)*u.PageSize])
		}
	}
	return image
}

// difference is the undo that makes after into before.
func difference(before, after []byte, pageSize int) *sqlite3.Undo {
	u := &sqlite3.Undo{PageCount: len(before) / pageSize, PageSize: pageSize}
	for i := range u.PageCount {
		from, to := i*pageSize, (i+1)*pageSize
		if to > len(after) || !bytes.Equal(before[from:to], after[from:to]) {
			u.Pages = append(u.Pages, uint32(i+1))
			u.Data = append(u.Data, before[from:to]...)
		}
	}
	return u
}
