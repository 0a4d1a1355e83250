package dryrun

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/wire"
)

// NewNonce returns what frames the answers of one transaction, so that no text
// of the user's can pass for one.
func NewNonce() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails: it would crash the program instead
	return "d1-" + hex.EncodeToString(b[:])
}

// A framed answer in an error message is
//
//	bad JSON path: 'NONCE:LENGTH:PAYLOAD:NONCE': SQLITE_ERROR
//
// with the payload's length in bytes, all ASCII.

// writeFrame writes the expression that fails with the payload: source yields a
// column p. It takes one parameter, the nonce, behind those of source.
func writeFrame(b *strings.Builder, source func()) {
	b.WriteString("json_extract('null',(SELECT n||':'||length(p)||':'||p||':'||n FROM(")
	source()
	b.WriteString("),(SELECT ? AS n)))")
}

// frameStatus is what reading a message found.
type frameStatus int

const (
	notFramed frameStatus = iota // another message: a real error
	torn                         // a frame that is not whole
	whole
)

// readFrame finds the payload in an engine's message.
func readFrame(message, nonce string) (payload string, status frameStatus) {
	at := strings.Index(message, nonce)
	if at < 0 {
		// A message cut inside the nonce: half of it is no accident either.
		if strings.Contains(message, nonce[:len(nonce)/2]) {
			return "", torn
		}
		return "", notFramed
	}
	rest, ok := strings.CutPrefix(message[at+len(nonce):], ":")
	if !ok {
		return "", torn
	}
	length, rest, ok := strings.Cut(rest, ":")
	n, err := strconv.Atoi(length)
	if !ok || err != nil || n < 0 || len(rest) < n {
		return "", torn
	}
	if !strings.HasPrefix(rest[n:], ":"+nonce+"'") {
		return "", torn
	}
	return rest[:n], whole
}

// params joins the encoded parameters of a statement with more of them.
func params(first []byte, more ...any) []byte {
	p := append([]byte(nil), first...)
	for _, v := range more {
		if len(p) > 0 {
			p = append(p, ',')
		}
		switch v := v.(type) {
		case string:
			p = wire.AppendString(p, v)
		case int64:
			p = append(p, '"')
			p = strconv.AppendInt(p, v, 10)
			p = append(p, '"')
		}
	}
	return p
}
