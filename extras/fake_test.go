package extras

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/d1go/d1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	fakeID    = "01234567-89ab-cdef-0123-456789abcdef"
	fakeToken = "secret-token"
)

// fake serves the endpoints of exports and imports by functions, which get the
// number of the call, from 1, and may misbehave; and a store without token.
type fake struct {
	*httptest.Server
	t testing.TB

	export func(n int, r exportRequest) (status int, result any)
	imp    func(n int, r importRequest) (status int, result any)
	get    func(n int, w http.ResponseWriter, r *http.Request)
	put    func(n int, w http.ResponseWriter, r *http.Request)

	over chan struct{} // closed at the end of the test, for handlers that hang

	mu      sync.Mutex
	calls   map[string]int // by name of the function
	actions []string       // export, init, ingest, poll, GET, PUT
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, calls: map[string]int{}, over: make(chan struct{})}
	mux := http.NewServeMux()
	const database = "/accounts/acc/d1/database/" + fakeID
	mux.HandleFunc("POST "+database+"/export", func(w http.ResponseWriter, r *http.Request) {
		var body exportRequest
		f.decode(r, &body)
		status, result := f.export(f.count("export", "export"), body)
		f.answer(w, status, result)
	})
	mux.HandleFunc("POST "+database+"/import", func(w http.ResponseWriter, r *http.Request) {
		var body importRequest
		f.decode(r, &body)
		status, result := f.imp(f.count("import", body.Action), body)
		f.answer(w, status, result)
	})
	store := func(handler *func(int, http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for name, values := range r.Header {
				if strings.Contains(strings.Join(values, " "), fakeToken) {
					t.Errorf("the store got the token in %s", name)
				}
			}
			(*handler)(f.count(r.Method, r.Method), w, r)
		}
	}
	mux.HandleFunc("GET /store/", store(&f.get))
	mux.HandleFunc("PUT /store/", store(&f.put))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { t.Errorf("unexpected %s %s", r.Method, r.URL) })
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	t.Cleanup(func() { close(f.over) })
	return f
}

func (f *fake) decode(r *http.Request, v any) {
	if r.Header.Get("Authorization") != "Bearer "+fakeToken {
		f.t.Errorf("%s without the token", r.URL)
	}
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		f.t.Error(err)
	}
}

func (f *fake) count(function, action string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[function]++
	f.actions = append(f.actions, action)
	return f.calls[function]
}

// log is what was asked for so far.
func (f *fake) log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.actions, " ")
}

func (f *fake) answer(w http.ResponseWriter, status int, result any) {
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	body := map[string]any{"result": result, "success": true, "errors": []any{}, "messages": []any{}}
	if status >= 400 {
		body["success"] = false
		body["errors"] = []any{map[string]any{"code": 7500, "message": fmt.Sprint(result)}}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// client is one of little patience.
func (f *fake) client() *Client {
	f.t.Helper()
	c, err := Open(d1.Config{AccountID: "acc", APIToken: fakeToken, Database: fakeID, Endpoint: f.URL, MaxAttempts: 3})
	require.NoError(f.t, err)
	f.t.Cleanup(func() { require.NoError(f.t, c.Close()) })
	c.timing = timing{
		pollMin: time.Millisecond, pollMax: 2 * time.Millisecond, pollWindow: 300 * time.Millisecond,
		retryMin: time.Millisecond, retryMax: 2 * time.Millisecond, stall: 5 * time.Second,
	}
	return c
}

type object = map[string]any

// exported answers an export that is complete at once, with a URL of the store.
func (f *fake) exported(int, exportRequest) (int, any) {
	return 200, object{"status": "complete", "success": true, "type": "export", "at_bookmark": "b1", "messages": []string{"done"},
		"result": object{"filename": "dump.sql", "signed_url": f.URL + "/store/dump.sql?signature=x"}}
}

// serve answers GET as a store does, ranges included.
func serve(dump, etag string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, r *http.Request) {
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		http.ServeContent(w, r, "dump.sql", time.Time{}, strings.NewReader(dump))
	}
}

// cut breaks the connection after n bytes of what next sends as body.
func cut(n int, next func(int, http.ResponseWriter, *http.Request)) func(int, http.ResponseWriter, *http.Request) {
	return func(i int, w http.ResponseWriter, r *http.Request) {
		next(i, &cutter{ResponseWriter: w, left: n}, r)
		panic(http.ErrAbortHandler)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		c.ResponseWriter.Write(p[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// stored is a store that keeps what is put, and answers with its ETag.
func stored(into *string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		*into = string(body)
		w.Header().Set("ETag", `"`+sum(string(body))+`"`)
	}
}

func sum(text string) string {
	s := md5.Sum([]byte(text))
	return hex.EncodeToString(s[:])
}

// sequence calls its functions one after the other, and the last one again.
func sequence[R any](functions ...func(int, R) (int, any)) func(int, R) (int, any) {
	return func(n int, r R) (int, any) { return functions[min(n, len(functions))-1](n, r) }
}

func responses(handlers ...func(int, http.ResponseWriter, *http.Request)) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, r *http.Request) { handlers[min(n, len(handlers))-1](n, w, r) }
}

func status(code int, body string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}
