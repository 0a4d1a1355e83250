package emulator

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// spoolMemory is how much of a file is held in memory, in bytes. Beyond it, all goes to a temporary file.
const spoolMemory = 4 << 20

// spool is a file that is written once and then read by anyone at a time. The zero value is empty.
type spool struct {
	memory []byte
	file   *os.File
	size   int64
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.memory)+len(p) > spoolMemory {
		var err error
		if s.file, err = os.CreateTemp("", "d1-*.sql"); err != nil {
			return 0, err
		}
		if _, err = s.file.Write(s.memory); err != nil {
			return 0, err
		}
		s.memory = nil
	}
	if s.file == nil {
		s.memory = append(s.memory, p...)
		s.size += int64(len(p))
		return len(p), nil
	}
	n, err := s.file.Write(p)
	s.size += int64(n)
	return n, err
}

// reader reads the file from its start; every caller has a reader of their own.
func (s *spool) reader() io.ReadSeeker {
	if s.file == nil {
		return bytes.NewReader(s.memory)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

func (s *spool) Close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
