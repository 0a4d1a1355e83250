package extras

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"hash"
	"io"
	"os"

	"github.com/d1go/d1/internal/api"
)

// source is a dump that can be read again and again.
type source struct {
	r     io.ReadSeeker
	start int64    // where in r the dump begins
	size  int64    // bytes
	md5   string   // hexadecimal; the API's checksum
	temp  *os.File // removed at the end; nil if r is the caller's
}

// openSource reads all of r once.
func openSource(ctx context.Context, r io.Reader, dir string, report reporter) (*source, error) {
	s := &source{}
	sum := md5.New()
	prepare := func(w io.Writer) (err error) {
		s.size, err = io.Copy(w, &preparing{ctx: ctx, r: r, hash: sum, report: report})
		return err
	}
	var err error
	if seeker, ok := r.(io.ReadSeeker); ok {
		if s.start, err = seeker.Seek(0, io.SeekCurrent); err == nil { // a pipe is an *os.File, and fails here
			s.r = seeker
			err = prepare(io.Discard)
		}
	}
	if s.r == nil {
		if s.temp, err = os.CreateTemp(dir, "d1-import-*.sql"); err == nil {
			s.r, s.start = s.temp, 0
			err = prepare(s.temp)
		}
	}
	switch {
	case err == nil:
		s.md5 = hex.EncodeToString(sum.Sum(nil))
		return s, nil
	case ctx.Err() != nil:
		s.close()
		return nil, interrupted(ctx, api.OutcomeNotRun, "while reading the dump")
	}
	s.close()
	return nil, fail(api.KindTransport, api.OutcomeNotRun, err, "the dump could not be read: %v", err)
}

// close removes the copy, if there is one.
func (s *source) close() {
	if s.temp != nil {
		s.temp.Close()
		os.Remove(s.temp.Name())
	}
}

// rewind returns the dump from its beginning.
func (s *source) rewind() (io.Reader, error) {
	if _, err := s.r.Seek(s.start, io.SeekStart); err != nil {
		return nil, err
	}
	return io.LimitReader(s.r, s.size), nil
}

// preparing computes the checksum of what is read through it.
type preparing struct {
	ctx    context.Context
	r      io.Reader
	hash   hash.Hash
	n      int64
	report reporter
}

func (p *preparing) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b)
	p.hash.Write(b[:n])
	p.n += int64(n)
	if n > 0 {
		p.report.report(Progress{Phase: PhasePrepare, Bytes: p.n, Total: -1})
	}
	return n, err
}
