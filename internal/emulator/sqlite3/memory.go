package sqlite3

import (
	"unsafe"

	"modernc.org/libc"
)

const ptrSize = int32(unsafe.Sizeof(uintptr(0)))

// loadPtr reads a pointer that C code stored at p.
func loadPtr(p uintptr) uintptr { return libc.AtomicLoadNUintptr(p, 0) }

// funcPointer gives a C function pointer for a top-level Go function: what the translated library takes for one is the
// Go function value itself, which is static for a function declaration.
func funcPointer[T any](f T) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f T }{f}))
}

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
