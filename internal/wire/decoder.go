package wire

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

const (
	bufferSize    = 32 << 10 // of a new buffer
	maxPooledSize = 1 << 20  // larger buffers are left to the garbage collector
)

var errReleased = errors.New("the response has been released")

// buffers is what a Decoder needs again and again.
type buffers struct {
	read  []byte
	cells []rawCell
	meta  []byte
	names []byte // a result's column names, one after the other
	ends  []int  // where in names each of them ends
}

var pool = sync.Pool{New: func() any { return &buffers{read: make([]byte, 0, bufferSize)} }}

// Decoder reads a response of /raw as it arrives: results, and in each result its rows, one after the other. It
// holds one row at a time. It is not safe for concurrent use.
//
// An error of any method is final, but for the io.EOF at the end of a result: from then on it is returned by all of
// them. See the package documentation for the errors there are.
type Decoder struct {
	main scanner // the response
	held scanner // rows that came before their columns
	rows *scanner
	bufs *buffers

	state state
	first bool // nothing has been read yet in the innermost array or object that is open
	seen  keySet
	err   error

	index    int // of the current element of "result"
	columns  []string
	meta     []byte
	counters Counters
	cell     rawCell // a value of "meta"
	env      Envelope

	failedIndex int // the first element of "result" that failed, or -1
	failedText  string
}

// NewDecoder returns a decoder of the response r. Release gives its buffers back.
func NewDecoder(r io.Reader) *Decoder {
	b := pool.Get().(*buffers)
	d := &Decoder{bufs: b, index: -1, failedIndex: -1}
	d.main = scanner{r: r, buf: b.read[:0], keep: -1}
	d.rows = &d.main
	return d
}

// Release makes the decoder's buffers available to others: cells and Meta become invalid, and there is nothing
// left to read. Columns and Envelope stay. It may be called more than once.
func (d *Decoder) Release() {
	if d.bufs == nil {
		return
	}
	d.bufs.read = d.main.buf
	if cap(d.bufs.read) > maxPooledSize {
		d.bufs.read = make([]byte, 0, bufferSize)
	}
	if cap(d.bufs.meta) > maxPooledSize {
		d.bufs.meta = nil
	}
	if cap(d.bufs.names) > maxPooledSize {
		d.bufs.names = nil
	}
	pool.Put(d.bufs)
	d.bufs, d.meta = nil, nil
	d.main, d.held = scanner{keep: -1}, scanner{keep: -1}
	d.rows = &d.main
	if d.err == nil {
		d.err = errReleased
	}
}

// Peek skips white space and returns the byte behind it, without reading past it. It is for the start of a
// response: what does not start with '{' is none, and Rest has it.
func (d *Decoder) Peek() (byte, error) {
	if d.err != nil {
		return 0, d.err
	}
	var c byte
	c, d.err = d.main.peek()
	return c, d.err
}

// Rest is what has not been decoded. It is valid until Release.
func (d *Decoder) Rest() io.Reader {
	return io.MultiReader(bytes.NewReader(d.main.buf[d.main.pos:]), d.main.r)
}

// NextResult advances to the next element of "result", skipping rows not read yet, and reads it up to its first
// row. After the last element it returns io.EOF: the whole response has been read, and says that it succeeded.
func (d *Decoder) NextResult() error {
	began := false
	for d.err == nil {
		switch d.step() {
		case resultBegan:
			began = true
		case rowsBegan, resultEnded:
			if began {
				return nil
			}
		}
	}
	return d.err
}

// Next reads the next row of the current result. At its end it returns io.EOF; then Meta is complete and, if this
// was the last result, the whole response has been read: what is wrong with it Next has returned instead of
// io.EOF. Before the first NextResult there is no row.
func (d *Decoder) Next() error {
	if d.err != nil {
		return d.err
	}
	if d.state == inRows {
		s := d.rows
		s.keep = -1
		more, err := s.more(']', d.first)
		if more && err == nil {
			d.first = false
			err = s.row(d.bufs.cells)
		}
		if err != nil {
			d.err = err
			return err
		}
		if more {
			return nil
		}
		d.rowsEnded()
	}
	return d.endResult()
}

// Finish reads the rest of the response, without decoding rows. It returns nil if the response is whole and says
// that it succeeded.
func (d *Decoder) Finish() error {
	for d.err == nil {
		d.step()
	}
	if d.err == io.EOF {
		return nil
	}
	return d.err
}

// Columns returns the column names of the current result. The slice is new for each result, and never nil once
// NextResult has succeeded.
func (d *Decoder) Columns() []string { return d.columns }

// Cell returns cell i of the row that Next has read; i counts from 0 and must be less than len(Columns()).
func (d *Decoder) Cell(i int) Cell { return Cell{&d.bufs.cells[i], d.rows} }

// Meta returns the JSON of the current result's "meta", nil if it hasn't been seen. Once Next has returned io.EOF
// it has, if there is one. It is valid until the next call of NextResult, Finish or Release.
func (d *Decoder) Meta() []byte { return d.meta }

// Counters are the numbers in a result's "meta" that tell what a write did, as D1's JavaScript has them; 0 without.
type Counters struct{ Changes, LastRowID float64 }

// Counters returns those of the current result, once Meta has been seen.
func (d *Decoder) Counters() Counters { return d.counters }

// visit looks for the counters among the members of "meta".
func (d *Decoder) visit(name []byte, value Cell) {
	switch string(name) {
	case "changes":
		d.counters.Changes = value.Number()
	case "last_row_id":
		d.counters.LastRowID = value.Number()
	}
}

// Envelope returns the envelope as far as it has been read. Its contents change as reading goes on.
func (d *Decoder) Envelope() *Envelope { return &d.env }
