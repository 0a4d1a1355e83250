package wire

import (
	"io"
	"slices"
)

// readColumns reads the array "columns". All names of a result share one string.
func (d *Decoder) readColumns() error {
	s, b := &d.main, d.bufs
	if err := s.expect('['); err != nil {
		return err
	}
	b.names, b.ends = b.names[:0], b.ends[:0]
	for {
		more, err := s.more(']', len(b.ends) == 0)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if len(b.ends) == MaxColumns {
			return &LimitError{Offset: s.offset(), What: "columns", Limit: MaxColumns}
		}
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c != '"' {
			return s.unexpected("a column name")
		}
		s.keep = s.pos
		start, end, err := s.text()
		if err != nil {
			return err
		}
		b.names = append(b.names, s.buf[s.keep+start:s.keep+end]...)
		b.ends = append(b.ends, len(b.names))
		s.keep = -1
		if len(b.names) > MaxRow {
			return &LimitError{Offset: s.offset(), What: "bytes held at once", Limit: MaxRow}
		}
	}
	if len(b.ends) == 0 {
		return nil
	}
	d.columns = make([]string, len(b.ends))
	names, start := string(b.names), 0
	for i, end := range b.ends {
		d.columns[i] = names[start:end]
		start = end
	}
	b.cells = slices.Grow(b.cells[:0], len(d.columns))[:len(d.columns)]
	return nil
}

// beginRows reads the opening bracket of "rows".
func (d *Decoder) beginRows() error {
	d.open(inRows)
	return d.rows.expect('[')
}

// rowsEnded goes on behind "rows".
func (d *Decoder) rowsEnded() {
	d.rows, d.held = &d.main, scanner{}
	d.close(inResults)
}

// skipRows reads the rest of "rows".
func (d *Decoder) skipRows() error {
	s := d.rows
	s.keep = -1
	for {
		more, err := s.more(']', d.first)
		if err != nil {
			return err
		}
		if !more {
			d.rowsEnded()
			return nil
		}
		d.first = false
		if err := s.skip(MaxDepth); err != nil {
			return err
		}
	}
}

// holdRows keeps "rows" that come before "columns", for a row can't be understood without them.
func (d *Decoder) holdRows() error {
	offset := d.main.offset()
	raw, err := d.main.capture()
	if err != nil {
		return err
	}
	// The copy is what is decoded, in place. Nothing follows it: its end is io.EOF, which its brackets hide.
	d.held = scanner{buf: append([]byte(nil), raw...), keep: -1, base: offset, err: io.EOF}
	return nil
}

// heldWithoutColumns accepts rows without "columns" if there are none.
func (d *Decoder) heldWithoutColumns() error {
	held := &d.held
	if err := held.expect('['); err != nil {
		return err
	}
	more, err := held.more(']', true)
	if err == nil && more {
		err = held.syntax(`"rows" without "columns"`)
	}
	d.held = scanner{}
	return err
}
