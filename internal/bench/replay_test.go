package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	accountID  = "0123456789abcdef0123456789abcdef"
	databaseID = "01234567-89ab-cdef-0123-456789abcdef"
	token      = "bench-token"
)

// body is a recorded response: head, times × chunk, tail.
type body struct {
	head, chunk, tail []byte
	times             int
}

func (b body) size() int { return len(b.head) + b.times*len(b.chunk) + len(b.tail) }

// replay is a server that answers every request with the same body. It speaks
// just enough of HTTP/1.1, and allocates only per connection.
type replay struct {
	url  string // base URL of the API
	gate chan struct{}
}

// newReplay starts a server. If gated, it sends the head and the first chunk of
// a response at once, and the rest only after a value from gate.
func newReplay(tb testing.TB, b body, gated bool) *replay {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	r := &replay{url: "http://" + listener.Addr().String() + "/client/v4"}
	if gated {
		r.gate = make(chan struct{})
	}
	var (
		mu    sync.Mutex
		conns = map[net.Conn]bool{}
		wg    sync.WaitGroup
	)
	wg.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				r.serve(c, b)
			})
		}
	})
	tb.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return r
}

func (r *replay) serve(c net.Conn, b body) {
	head := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", b.size())
	head = append(head, b.head...)
	if b.times == 1 { // a small response is one write
		head, b.times, b.chunk = append(head, b.chunk...), 0, nil
	}
	if b.times == 0 {
		head, b.tail = append(head, b.tail...), nil
	}
	in := bufio.NewReaderSize(c, 64<<10)
	for skipRequest(in) == nil {
		c.Write(head)
		for i := range b.times {
			if i == 1 && r.gate != nil {
				<-r.gate
			}
			c.Write(b.chunk)
		}
		c.Write(b.tail)
	}
}

// skipRequest reads one request with a Content-Length.
func skipRequest(in *bufio.Reader) error {
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = textproto.TrimBytes(line)
		if len(line) == 0 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	_, err := in.Discard(length)
	return err
}

// rawURL is the endpoint that the clients without a driver post to.
func (r *replay) rawURL() string {
	return r.url + "/accounts/" + accountID + "/d1/database/" + databaseID + "/raw"
}

// dsn is the driver's, with options such as "prepare=lazy".
func (r *replay) dsn(options ...string) string {
	dsn := "d1://" + accountID + ":" + token + "@" + databaseID + "?endpoint=" + url.QueryEscape(r.url)
	for _, o := range options {
		dsn += "&" + o
	}
	return dsn
}

// discard reads to the end.
func discard(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
