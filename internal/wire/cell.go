package wire

import "math"

// CellKind says which JSON value a cell was.
type CellKind uint8

const (
	Null  CellKind = iota
	Int            // a number without fraction and exponent that fits an int64; "-0" is the Int 0
	Float          // any other number, rounded to the nearest float64
	String
	Blob // an array of integers 0 to 255
	Bool
)

// Cell is one value of a row, borrowed: it is valid until the next call of [Decoder.Next]. Its accessors are meant for
// its kind only: called on another kind they return something meaningless, but don't panic.
type Cell struct {
	raw *rawCell // two words travel in registers, where copies of the value would not
	s   *scanner // has the data
}

func (c Cell) Kind() CellKind   { return c.raw.kind }
func (c Cell) Int64() int64     { return int64(c.raw.bits) }
func (c Cell) Float64() float64 { return math.Float64frombits(c.raw.bits) }
func (c Cell) Bool() bool       { return c.raw.bits != 0 }

// Number is an Int or a Float as a float64, and 0 for other kinds.
func (c Cell) Number() float64 {
	switch c.raw.kind {
	case Int:
		return float64(c.Int64())
	case Float:
		return c.Float64()
	}
	return 0
}

// Bytes returns the text of a String, in UTF-8, or the bytes of a Blob. Copy what shall outlive the Cell.
func (c Cell) Bytes() []byte {
	if c.raw.kind != String && c.raw.kind != Blob {
		return nil
	}
	row := c.s.buf[c.s.keep:]
	start, end := c.raw.bits>>32, c.raw.bits&(1<<32-1)
	return row[start:end:end]
}

// rawCell is a cell as the decoder stores it: without pointers, so that the buffer may move.
type rawCell struct {
	bits uint64 // the value, or the range of the data counted from keep: start<<32 | end
	kind CellKind
}

// row reads one row, whose opening bracket comes next, into cells: exactly as many as there are.
func (s *scanner) row(cells []rawCell) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != '[' {
		return s.unexpected("a row")
	}
	s.pos++
	s.keep = s.pos
	for i := s.quick(cells, true); i < len(cells); {
		more, err := s.more(']', i == 0)
		switch {
		case err != nil:
			return err
		case !more:
			return s.syntax("a row of %d cells for %d columns", i, len(cells))
		}
		if cells[i], err = s.cell(); err != nil {
			return err
		}
		i++
		i += s.quick(cells[i:], false)
	}
	more, err := s.more(']', len(cells) == 0)
	if err == nil && more {
		err = s.syntax("a row of more than %d cells, the number of columns", len(cells))
	}
	return err
}

// cell reads one cell.
func (s *scanner) cell() (rawCell, error) {
	c, err := s.peek()
	if err != nil {
		return rawCell{}, err
	}
	switch c {
	case '"':
		start, end, err := s.text()
		return rawCell{kind: String, bits: uint64(start)<<32 | uint64(end)}, err
	case '[':
		start, end, err := s.blob()
		return rawCell{kind: Blob, bits: uint64(start)<<32 | uint64(end)}, err
	case '{':
		return rawCell{}, s.syntax("an object in a cell")
	case 'n':
		return rawCell{kind: Null}, s.literal("null")
	case 't':
		return rawCell{kind: Bool, bits: 1}, s.literal("true")
	case 'f':
		return rawCell{kind: Bool, bits: 0}, s.literal("false")
	}
	d, n, err := s.number()
	if err != nil {
		return rawCell{}, err
	}
	cell, ok := d.convert(s.buf[s.pos : s.pos+n])
	if !ok {
		return rawCell{}, s.syntax("a number beyond float64")
	}
	s.pos += n
	return cell, nil
}
