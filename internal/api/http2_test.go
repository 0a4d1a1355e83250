package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

// Frames of HTTP/2, as far as they are needed here.
const (
	frameHeaders   = 1
	frameRSTStream = 3
	frameSettings  = 4
	frameGoAway    = 7

	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

func frame(kind byte, flags byte, stream uint32, payload ...uint32) []byte {
	b := []byte{0, 0, byte(4 * len(payload)), kind, flags}
	b = binary.BigEndian.AppendUint32(b, stream)
	for _, word := range payload {
		b = binary.BigEndian.AppendUint32(b, word)
	}
	return b
}

// An HTTP/2 server can say that it did not act on a request. Other resets
// leave that open, and net/http must not send a write again after any of them.
func TestHTTP2Reset(t *testing.T) {
	const (
		noError       = 0
		protocolError = 1
		internal      = 2
		refused       = 7
	)
	for _, test := range []struct {
		name    string
		frames  func(stream uint32) []byte
		outcome Outcome
	}{
		{"REFUSED_STREAM", func(s uint32) []byte { return frame(frameRSTStream, 0, s, refused) }, OutcomeNotRun},
		{"GOAWAY before the request", func(uint32) []byte { return frame(frameGoAway, 0, 0, 0, noError) }, OutcomeNotRun},
		{"PROTOCOL_ERROR", func(s uint32) []byte { return frame(frameRSTStream, 0, s, protocolError) }, OutcomeUnknown},
		{"INTERNAL_ERROR", func(s uint32) []byte { return frame(frameRSTStream, 0, s, internal) }, OutcomeUnknown},
		{"GOAWAY after the request", func(s uint32) []byte { return frame(frameGoAway, 0, 0, s, noError) }, OutcomeUnknown},
	} {
		for _, idempotent := range []bool{true, false} {
			t.Run(map[bool]string{true: "read/", false: "write/"}[idempotent]+test.name, func(t *testing.T) {
				endpoint, seen := http2Server(t, test.frames)
				protocols := new(http.Protocols)
				protocols.SetUnencryptedHTTP2(true)
				transport := &http.Transport{Protocols: protocols}
				defer transport.CloseIdleConnections()
				c, _ := newClient(t, endpoint, func(o *Options) { o.Transport = transport })
				err := send(c, t.Context(), idempotent)
				e := failed(t, err)
				require.Equal(t, KindTransport, e.Kind, err)
				require.Equal(t, test.outcome, e.Outcome, err)
				want := 1
				if idempotent || test.outcome == OutcomeNotRun {
					want = DefaultMaxAttempts
				}
				require.EqualValues(t, want, seen.Load(), err)
			})
		}
	}
}

// So it is of requests that have no body, and are not the same twice.
func TestHTTP2ResetWithoutBody(t *testing.T) {
	const protocolError = 1
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		endpoint, seen := http2Server(t, func(s uint32) []byte { return frame(frameRSTStream, 0, s, protocolError) })
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		transport := &http.Transport{Protocols: protocols}
		c, _ := newClient(t, endpoint, func(o *Options) { o.Transport = transport })
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, err := c.Call(ctx, Request{Method: method, Path: "/d1/database/x"}, nil)
		cancel()
		require.Equal(t, OutcomeUnknown, failed(t, err).Outcome)
		require.EqualValues(t, 1, seen.Load(), method)
		transport.CloseIdleConnections()
	}
}

// http2Server counts requests, and answers each with the frames.
func http2Server(t *testing.T, frames func(stream uint32) []byte) (endpoint string, seen *atomic.Int64) {
	t.Helper()
	seen = new(atomic.Int64)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				serveHTTP2(conn, func(stream uint32) {
					seen.Add(1)
					answer := frames(stream)
					conn.Write(answer)
					if answer[3] == frameGoAway { // nothing follows
						conn.(*net.TCPConn).CloseWrite()
					}
				})
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
	})
	return "http://" + listener.Addr().String(), seen
}

// serveHTTP2 calls request at the end of each request on conn.
func serveHTTP2(conn net.Conn, request func(stream uint32)) {
	const endStream = 1
	if _, err := io.ReadFull(conn, make([]byte, len(preface))); err != nil {
		return
	}
	conn.Write(frame(frameSettings, 0, 0))
	for {
		var head [9]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		if kind := head[3]; kind <= frameHeaders && head[4]&endStream != 0 {
			request(binary.BigEndian.Uint32(head[5:]))
		}
	}
}
