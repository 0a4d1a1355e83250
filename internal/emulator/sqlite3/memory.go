package sqlite3

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

var errNoMemory = errors.New("sqlite3: out of memory")

const ptrSize = int32(unsafe.Sizeof(uintptr(0)))

// loadPtr reads a pointer that C code stored at p.
func loadPtr(p uintptr) uintptr { return libc.AtomicLoadNUintptr(p, 0) }

// int64At loads an integer that C code stored at p.
func int64At(p uintptr) int64 { return int64(binary.NativeEndian.Uint64(libc.GoBytes(p, 8))) }

// funcPointer gives a C function pointer for a top-level Go function: what the translated library takes for one is the
// Go function value itself, which is static for a function declaration.
func funcPointer[T any](f T) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f T }{f}))
}

// goFunc is the way back: the Go function behind a C function pointer, whose type is F.
func goFunc[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// buffer is C memory that is used again and again.
type buffer struct {
	p uintptr
	n int
}

// maxKept is the largest size, in bytes, that a buffer keeps for the next use.
const maxKept = 1 << 20

// grow gives memory for n bytes; what it gave before is no longer valid.
func (b *buffer) grow(tls *libc.TLS, n int) (uintptr, error) {
	if b.n >= n && b.n <= maxKept {
		return b.p, nil
	}
	b.free(tls)
	p := lib.Xsqlite3_malloc64(tls, uint64(n))
	if p == 0 && n > 0 {
		return 0, errNoMemory
	}
	b.p, b.n = p, n
	return p, nil
}

func (b *buffer) free(tls *libc.TLS) {
	lib.Xsqlite3_free(tls, b.p)
	*b = buffer{}
}

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
