package emulator

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Database is what the API tells of a database, without what is measured when it is asked for.
type Database struct {
	UUID            string          `json:"uuid"`
	Name            string          `json:"name"`
	CreatedAt       time.Time       `json:"created_at"`
	Version         string          `json:"version"`
	Jurisdiction    string          `json:"jurisdiction,omitempty"`
	ReadReplication ReadReplication `json:"read_replication"`
}

// ReadReplication is a setting that the emulator keeps and shows; it has no replicas.
type ReadReplication struct {
	Mode string `json:"mode"` // "auto" or "disabled"
}

// CreateDatabase makes an empty database, as the API's create call would.
func (s *Server) CreateDatabase(name string) (Database, error) {
	return s.create(createRequest{Name: &name})
}

// Lookup finds a database by its exact name.
func (s *Server) Lookup(name string) (Database, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, db := range s.databases {
		if db.info.Name == name {
			return db.info, true
		}
	}
	return Database{}, false
}

type createRequest struct {
	Name                *string          `json:"name"`
	Jurisdiction        string           `json:"jurisdiction"`
	PrimaryLocationHint string           `json:"primary_location_hint"`
	ReadReplication     *ReadReplication `json:"read_replication"`
}

func (r createRequest) validate() error {
	if r.Name == nil {
		return errInvalid("Invalid property: name => Required")
	}
	if !validName(*r.Name) {
		return errInvalid("Invalid property: name => Invalid")
	}
	if r.Jurisdiction != "" && !slices.Contains(jurisdictions, r.Jurisdiction) {
		return errInvalid("Invalid property: jurisdiction => Invalid enum value. Expected %s, received '%s'",
			quoteAll(jurisdictions), r.Jurisdiction)
	}
	if r.PrimaryLocationHint != "" && !slices.Contains(locationHints, strings.ToLower(r.PrimaryLocationHint)) {
		return errInvalid("Invalid property: primary_location_hint => Invalid enum value. Expected %s, received '%s'",
			quoteAll(locationHints), r.PrimaryLocationHint)
	}
	return r.ReadReplication.validate()
}

func (r *ReadReplication) validate() error {
	if r != nil && !slices.Contains(replicationModes, r.Mode) {
		return errInvalid("Invalid property: read_replication.mode => Invalid enum value. Expected %s, received '%s'",
			quoteAll(replicationModes), r.Mode)
	}
	return nil
}

var (
	jurisdictions    = []string{"eu", "fedramp"}
	locationHints    = []string{"wnam", "enam", "weur", "eeur", "apac", "oc"}
	replicationModes = []string{"auto", "disabled"}
)

func quoteAll(values []string) string {
	return "'" + strings.Join(values, "' | '") + "'"
}

// maxNameLength is the longest database name, in bytes.
const maxNameLength = 100

// validName allows letters, digits, '-' and '_', and a letter, digit or '_' first.
func validName(name string) bool {
	if name == "" || len(name) > maxNameLength || name[0] == '-' {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

func (s *Server) create(req createRequest) (Database, error) {
	if err := req.validate(); err != nil {
		return Database{}, err
	}
	info := Database{
		UUID:            newUUID(),
		Name:            *req.Name,
		CreatedAt:       s.opts.Clock.Now().UTC().Truncate(time.Millisecond),
		Version:         "production",
		Jurisdiction:    req.Jurisdiction,
		ReadReplication: ReadReplication{Mode: "disabled"},
	}
	if req.ReadReplication != nil {
		info.ReadReplication = *req.ReadReplication
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Database{}, errClosed
	}
	for _, db := range s.databases {
		if db.info.Name == info.Name {
			return Database{}, &apiError{http.StatusBadRequest, 7502, "A database with that name already exists"}
		}
	}
	db, err := openDatabase(s.opts, info, 1)
	if err != nil {
		return Database{}, err
	}
	if err := s.save(info, 1); err != nil {
		return Database{}, errors.Join(err, db.close())
	}
	s.databases[info.UUID] = db
	return info, nil
}

// newUUID is a random (version 4) UUID.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// stored is the description of a database that is kept beside its SQLite file.
type stored struct {
	Database
	Generation int64 `json:"generation"` // how often the database was opened
}

// infoPath is where a database's stored is.
func (s *Server) infoPath(uuid string) string {
	return filepath.Join(s.opts.Dir, uuid+".json")
}

func (s *Server) save(info Database, generation int64) error {
	if s.opts.Dir == "" {
		return nil
	}
	text, err := json.MarshalIndent(stored{info, generation}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.infoPath(info.UUID), text, 0o644)
}

func (s *Server) load() error {
	files, err := filepath.Glob(s.infoPath("*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var known stored
		if err := json.Unmarshal(text, &known); err != nil || known.UUID == "" {
			return fmt.Errorf("emulator: %s does not describe a database: %v", file, err)
		}
		known.Generation++
		db, err := openDatabase(s.opts, known.Database, known.Generation)
		if err != nil {
			return err
		}
		s.databases[known.UUID] = db
		if err := s.save(known.Database, known.Generation); err != nil {
			return err
		}
	}
	return nil
}
