package emulator

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// BasePath is the path of the real API's base URL. Routes work with and without it.
const BasePath = "/client/v4"

// maxBodyBytes bounds a request body: D1 accepts statements of 100 KB and values of 2 MB, and batches of many.
const maxBodyBytes = 100 << 20

// Options says what a server stores and whom it serves. The zero value keeps databases in memory and lets any account
// and any token in.
type Options struct {
	// Dir is an existing or new folder for the databases, one SQLite file each. Empty: in memory.
	Dir string
	// AccountID is the only account served. Empty: every account sees the same databases.
	AccountID string
	// Token is the only API token accepted. Empty: any token, but there must be one.
	Token string

	// HistoryBytes bounds the memory of one database's history for time travel, which grows with every page that a
	// commit overwrites. Beyond it the oldest bookmarks go. Default 64 MiB.
	HistoryBytes int64
	// HistoryAge is how long a bookmark can be restored. Default 30 days, as on D1.
	HistoryAge time.Duration
	// Clock is the system's if nil.
	Clock Clock
}

const (
	defaultHistoryBytes = 64 << 20
	defaultHistoryAge   = 30 * 24 * time.Hour
)

// Server serves the API. Its methods may be called concurrently; requests on one database run one after another, as
// on D1.
type Server struct {
	opts Options
	mux  *http.ServeMux
	key  [32]byte // signs URLs

	pollWait time.Duration // how long an answer to a poll is held back

	mu        sync.Mutex
	closed    bool
	databases map[string]*database // by UUID
}

// New opens the databases kept in opts.Dir, if any, and returns a server for them.
func New(opts Options) (*Server, error) {
	opts.HistoryBytes = cmp.Or(opts.HistoryBytes, defaultHistoryBytes)
	opts.HistoryAge = cmp.Or(opts.HistoryAge, defaultHistoryAge)
	if opts.Clock == nil {
		opts.Clock = systemClock{}
	}
	s := &Server{opts: opts, mux: http.NewServeMux(), databases: make(map[string]*database), pollWait: defaultPollWait}
	rand.Read(s.key[:])
	s.routes()
	if opts.Dir != "" {
		if err := os.MkdirAll(opts.Dir, 0o755); err != nil {
			return nil, err
		}
		if err := s.load(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *Server) routes() {
	const databases = "/accounts/{account}/d1/database"
	const one = databases + "/{database}"
	s.mux.HandleFunc("GET "+databases, s.listDatabases)
	s.mux.HandleFunc("POST "+databases, s.createDatabase)
	s.mux.HandleFunc("GET "+one, s.getDatabase)
	s.mux.HandleFunc("PUT "+one, s.putDatabase)
	s.mux.HandleFunc("PATCH "+one, s.patchDatabase)
	s.mux.HandleFunc("DELETE "+one, s.deleteDatabase)
	s.mux.HandleFunc("POST "+one+"/query", s.query(formatObjects))
	s.mux.HandleFunc("POST "+one+"/raw", s.query(formatArrays))
	s.mux.HandleFunc("POST "+one+"/export", s.postExport)
	s.mux.HandleFunc("POST "+one+"/import", s.postImport)
	s.mux.HandleFunc("GET "+one+"/time_travel/bookmark", s.getBookmark)
	s.mux.HandleFunc("POST "+one+"/time_travel/restore", s.postRestore)
	s.mux.HandleFunc("GET "+filesPath+"{database}/{file}", s.download)
	s.mux.HandleFunc("PUT "+filesPath+"{database}/{file}", s.upload)
	s.mux.HandleFunc("/", noRoute)
}

// ServeHTTP answers one API request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	prefix := prefixOf(r.URL.Path)
	if !strings.HasPrefix(r.URL.Path[len(prefix):], filesPath) { // files have signed URLs and a limit of their own
		if !s.authenticated(r) {
			writeError(w, errAuthentication)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
	}
	http.StripPrefix(prefix, s.mux).ServeHTTP(w, r)
}

// prefixOf is BasePath when path starts with it.
func prefixOf(path string) string {
	if strings.HasPrefix(path, BasePath+"/") {
		return BasePath
	}
	return ""
}

func (s *Server) authenticated(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return false
	}
	return s.opts.Token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(s.opts.Token)) == 1
}

// Close closes all databases. Requests that are running end with an error. Databases in memory are gone.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	all := s.databases
	s.databases = nil
	s.mu.Unlock()
	var errs []error
	for _, db := range all {
		errs = append(errs, db.close())
	}
	return errors.Join(errs...)
}
