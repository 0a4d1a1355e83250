package emulator

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// filesPath is where the files of exports and imports are, beside the accounts: signed URLs that know no token.
	filesPath = "/d1-files/"

	// urlLifetime is how long a signed URL works, and how long an uploaded file is there.
	urlLifetime = time.Hour

	// maxUploadBytes is the largest file to import.
	maxUploadBytes = 5 << 30
)

// files are the dumps and uploads of one database. The zero value is ready for use, by several goroutines.
type files struct {
	mu     sync.Mutex
	named  map[string]*file
	closed bool
}

type file struct {
	spool   spool
	md5     string // hexadecimal
	created time.Time
}

// put stores a file, in place of one of the same name, and removes those that nobody can still be reading: a download
// that began with a valid URL gets another hour.
func (f *files) put(name string, new *file) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return errors.Join(errClosed, new.spool.Close())
	}
	var err error
	for name, old := range f.named {
		if new.created.Sub(old.created) > 2*urlLifetime {
			err = errors.Join(err, old.spool.Close())
			delete(f.named, name)
		}
	}
	if old := f.named[name]; old != nil {
		err = errors.Join(err, old.spool.Close())
	}
	if f.named == nil {
		f.named = make(map[string]*file)
	}
	f.named[name] = new
	return err
}

// get finds a file that was stored less than an hour ago.
func (f *files) get(name string, now time.Time) *file {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := f.named[name]
	if found == nil || now.Sub(found.created) >= urlLifetime {
		return nil
	}
	return found
}

func (f *files) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	var err error
	for _, old := range f.named {
		err = errors.Join(err, old.spool.Close())
	}
	f.named = nil
	return err
}

// signedURL gives a URL on this server, as r reached it, that allows one method on one file for an hour.
func (s *Server) signedURL(r *http.Request, method string, db *database, name string) string {
	path := filesPath + db.info.UUID + "/" + name
	expires := strconv.FormatInt(s.opts.Clock.Now().Add(urlLifetime).UnixMilli(), 10)
	u := url.URL{
		Scheme:   "http",
		Host:     r.Host,
		Path:     mountedAt(r) + path,
		RawQuery: url.Values{"expires": {expires}, "signature": {s.sign(method, path, expires)}}.Encode(),
	}
	if r.TLS != nil || r.URL.Scheme == "https" { // the latter when a RoundTripper calls this handler directly
		u.Scheme = "https"
	}
	return u.String()
}

// mountedAt is what stands in a request's path before the route: BasePath, or wherever a handler around this one has
// put it. It is empty for requests that came over no wire.
func mountedAt(r *http.Request) string {
	u, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return ""
	}
	before, _, _ := strings.Cut(u.Path, "/accounts/")
	return before
}

func (s *Server) sign(method, path, expires string) string {
	mac := hmac.New(sha256.New, s.key[:])
	io.WriteString(mac, method+"\n"+path+"\n"+expires)
	return hex.EncodeToString(mac.Sum(nil))
}

// checkSigned refuses what an object store refuses of signed URLs. A token beside the signature is one way too many.
func (s *Server) checkSigned(r *http.Request, method string) *storeError {
	query := r.URL.Query()
	expires := query.Get("expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	switch {
	case r.Header.Get("Authorization") != "":
		return &storeError{http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed"}
	case err != nil || !hmac.Equal([]byte(query.Get("signature")), []byte(s.sign(method, r.URL.Path, expires))):
		return &storeError{http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided"}
	case s.opts.Clock.Now().UnixMilli() >= until:
		return &storeError{http.StatusForbidden, "AccessDenied", "Request has expired"}
	}
	return nil
}

// storeError is a failure as an object store reports it.
type storeError struct {
	status  int
	code    string
	message string
}

func (e *storeError) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.status)
	// Errors here mean that the client is gone.
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName struct{} `xml:"Error"`
		Code    string
		Message string
	}{Code: e.code, Message: e.message})
}

var errNoFile = &storeError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}

// databaseOf finds the database of a signed URL.
func (s *Server) databaseOf(r *http.Request) *database {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.databases[r.PathValue("database")]
}

// download serves a dump, whole or in ranges.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	if e := s.checkSigned(r, http.MethodGet); e != nil {
		e.write(w)
		return
	}
	db := s.databaseOf(r)
	if db == nil {
		errNoFile.write(w)
		return
	}
	f := db.files.get(r.PathValue("file"), s.opts.Clock.Now())
	if f == nil {
		errNoFile.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/sql")
	w.Header().Set("ETag", `"`+f.md5+`"`)
	http.ServeContent(w, r, "", f.created, f.spool.reader())
}

// upload stores a file to import.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	if e := s.checkSigned(r, http.MethodPut); e != nil {
		e.write(w)
		return
	}
	db := s.databaseOf(r)
	if db == nil {
		errNoFile.write(w)
		return
	}
	f := &file{}
	sum := md5.New()
	_, err := io.Copy(io.MultiWriter(&f.spool, sum), http.MaxBytesReader(w, r.Body, maxUploadBytes))
	if err != nil {
		_ = f.spool.Close()
		(&storeError{http.StatusBadRequest, "IncompleteBody", err.Error()}).write(w)
		return
	}
	f.md5 = hex.EncodeToString(sum.Sum(nil))
	f.created = s.opts.Clock.Now()
	if err := db.files.put(r.PathValue("file"), f); err != nil {
		(&storeError{http.StatusInternalServerError, "InternalError", err.Error()}).write(w)
		return
	}
	w.Header().Set("ETag", `"`+f.md5+`"`)
	w.WriteHeader(http.StatusOK)
}
