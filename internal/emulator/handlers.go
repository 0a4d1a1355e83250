package emulator

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// find is the database that a request names.
func (s *Server) find(r *http.Request) (*database, error) {
	if err := s.checkAccount(r); err != nil {
		return nil, err
	}
	uuid := r.PathValue("database")
	s.mu.Lock()
	defer s.mu.Unlock()
	db := s.databases[uuid]
	if db == nil {
		return nil, errNotFound(uuid)
	}
	return db, nil
}

func (s *Server) checkAccount(r *http.Request) error {
	if s.opts.AccountID != "" && r.PathValue("account") != s.opts.AccountID {
		return &apiError{http.StatusForbidden, 7403,
			"The given account is not valid or is not authorized to access this service"}
	}
	return nil
}

func (s *Server) createDatabase(w http.ResponseWriter, r *http.Request) {
	var req createRequest
	err := s.checkAccount(r)
	if err == nil {
		err = readJSON(r, &req)
	}
	var info Database
	if err == nil {
		info, err = s.create(req)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	s.writeDetails(w, r, info.UUID)
}

// readJSON decodes a request body, which must be one JSON value.
func readJSON(r *http.Request, v any) error {
	dec := json.NewDecoder(r.Body)
	err := dec.Decode(v)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		return errInvalid("The request is malformed: Unexpected non-whitespace character after JSON")
	}
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return errInvalid("Invalid property: body => Expected object, received %s", wrongType.Value)
	case errors.As(err, &wrongType):
		return errInvalid("Invalid property: %s => Invalid input, received %s", wrongType.Field, wrongType.Value)
	case errors.Is(err, io.EOF):
		return errInvalid("The request is malformed: Unexpected end of JSON input")
	default:
		return errInvalid("The request is malformed: %v", err)
	}
}

// details is the answer to get, create and update.
type details struct {
	Database
	NumTables int64 `json:"num_tables"`
	FileSize  int64 `json:"file_size"`
}

func (s *Server) getDatabase(w http.ResponseWriter, r *http.Request) {
	s.writeDetails(w, r, r.PathValue("database"))
}

func (s *Server) writeDetails(w http.ResponseWriter, r *http.Request, uuid string) {
	r.SetPathValue("database", uuid)
	db, err := s.find(r)
	if err != nil {
		writeError(w, err)
		return
	}
	d := details{Database: s.describe(db)}
	if d.NumTables, d.FileSize, err = db.measure(r.Context()); err != nil {
		writeError(w, err)
		return
	}
	writeResult(w, d, nil)
}

// describe copies what may be changed by an update.
func (s *Server) describe(db *database) Database {
	s.mu.Lock()
	defer s.mu.Unlock()
	return db.info
}

func (s *Server) putDatabase(w http.ResponseWriter, r *http.Request) {
	s.update(w, r, true)
}

func (s *Server) patchDatabase(w http.ResponseWriter, r *http.Request) {
	s.update(w, r, false)
}

func (s *Server) update(w http.ResponseWriter, r *http.Request, whole bool) {
	var req struct {
		ReadReplication *ReadReplication `json:"read_replication"`
	}
	db, err := s.find(r)
	if err == nil {
		err = readJSON(r, &req)
	}
	if err == nil && whole && req.ReadReplication == nil {
		err = errInvalid("Invalid property: read_replication => Required")
	}
	if err == nil {
		err = req.ReadReplication.validate()
	}
	if err == nil && req.ReadReplication != nil {
		s.mu.Lock()
		db.info.ReadReplication = *req.ReadReplication
		err = s.save(db.info, db.history.generation)
		s.mu.Unlock()
	}
	if err != nil {
		writeError(w, err)
		return
	}
	s.writeDetails(w, r, db.info.UUID)
}

func (s *Server) deleteDatabase(w http.ResponseWriter, r *http.Request) {
	db, err := s.find(r)
	if err == nil {
		s.mu.Lock()
		delete(s.databases, db.info.UUID)
		s.mu.Unlock()
		err = db.remove(s.infoPath(db.info.UUID))
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeResult(w, nil, nil)
}

// Pages of the list: the default and the bounds of per_page, and the last page.
const (
	defaultPerPage = 1000
	minPerPage     = 10
	maxPerPage     = 10000
	maxPage        = 100_000
)

func (s *Server) listDatabases(w http.ResponseWriter, r *http.Request) {
	page, perPage := 1, defaultPerPage
	err := s.checkAccount(r)
	if err == nil {
		page, err = intParameter(r, "page", page, 1, maxPage)
	}
	if err == nil {
		perPage, err = intParameter(r, "per_page", perPage, minPerPage, maxPerPage)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	all := s.search(r.URL.Query().Get("name"))
	info := &resultInfo{Page: page, PerPage: perPage, TotalCount: len(all)}
	from := min((page-1)*perPage, len(all))
	found := all[from:min(from+perPage, len(all))]
	info.Count = len(found)
	writeResult(w, found, info)
}

// listed is a database in the list, which says less than get.
type listed struct {
	UUID         string    `json:"uuid"`
	Name         string    `json:"name"`
	CreatedAt    time.Time `json:"created_at"`
	Version      string    `json:"version"`
	Jurisdiction string    `json:"jurisdiction,omitempty"`
}

// search gives the databases whose name contains text, the newest first.
func (s *Server) search(text string) []listed {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []listed{}
	for _, db := range s.databases {
		if i := db.info; strings.Contains(i.Name, text) {
			found = append(found, listed{i.UUID, i.Name, i.CreatedAt, i.Version, i.Jurisdiction})
		}
	}
	slices.SortFunc(found, func(a, b listed) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.Name, b.Name))
	})
	return found
}

func intParameter(r *http.Request, name string, value, low, high int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return value, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, errInvalid("Invalid property: %s => Expected number, received nan", name)
	case n < low:
		return 0, errInvalid("Invalid property: %s => Number must be greater than or equal to %d", name, low)
	case n > high:
		return 0, errInvalid("Invalid property: %s => Number must be less than or equal to %d", name, high)
	}
	return n, nil
}
