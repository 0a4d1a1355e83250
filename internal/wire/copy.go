package wire

import "io"

// AppendResult appends to dst the current result, as far as it has not been read, as a response of its own, which
// another Decoder reads: columns, rows and "meta". It reads the result to its end: like Next, it has returned what is
// wrong with the response when there is no result behind this one.
//
// If its rows make the response longer than limit bytes, the error is [io.ErrShortBuffer], which is not final:
// NextResult skips what is left of the result.
func (d *Decoder) AppendResult(dst []byte, limit int) ([]byte, error) {
	if d.err != nil {
		return dst, d.err
	}
	limit += len(dst)
	dst = append(dst, `{"result":[{"results":{"columns":[`...)
	for i, name := range d.columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, name)
	}
	dst = append(dst, `],"rows":[`...)
	if d.state == inRows {
		s := d.rows
		for first := true; ; first = false {
			s.keep = -1
			more, err := s.more(']', d.first)
			var row []byte
			if more && err == nil {
				d.first = false
				row, err = s.capture()
			}
			if err != nil {
				d.err = err
				return dst, err
			}
			if !more {
				break
			}
			if len(dst)+len(row) > limit {
				return dst, io.ErrShortBuffer
			}
			if !first {
				dst = append(dst, ',')
			}
			dst = append(dst, row...)
		}
		d.rowsEnded()
	}
	if err := d.endResult(); err != io.EOF {
		return dst, err
	}
	dst = append(dst, `]},"success":true`...)
	if d.meta != nil {
		dst = append(dst, `,"meta":`...)
		dst = append(dst, d.meta...)
	}
	return append(dst, `}],"success":true}`...), nil
}
