package wire

import "io"

// state is the place in the response: the innermost object or array that is open.
type state uint8

const (
	atStart    state = iota
	inEnvelope       // {…}
	inResult         // {"result": […]}, before a comma or the closing bracket
	atElement        // … before an element
	inElement        // {"result": [{…}]}
	inResults        // {"result": [{"results": {…}}]}
	inRows           // {"result": [{"results": {"rows": […]}}]}
	afterElement
)

// event is what a step has come to.
type event uint8

const (
	nothing event = iota
	resultBegan
	rowsBegan
	resultEnded
)

// keySet is a set of the keys the decoder knows. A second one in the same object is an error: which of the two
// counts would be a guess, and rows that were returned can't be taken back.
type keySet uint16

const (
	keyResult keySet = 1 << iota
	keySuccess
	keyErrors
	keyMessages
	keyResults
	keyElementSuccess
	keyElementError
	keyMeta
	keyColumns
	keyRows

	keyNone     keySet = 0 // the object has ended
	keyUnknown  keySet = 1 << 15
	elementKeys        = keyResults | keyElementSuccess | keyElementError | keyMeta | keyColumns | keyRows
)

type knownKey struct {
	name string
	key  keySet
}

var (
	envelopeNames = []knownKey{
		{"result", keyResult}, {"success", keySuccess}, {"errors", keyErrors}, {"messages", keyMessages},
	}
	elementNames = []knownKey{
		{"results", keyResults}, {"success", keyElementSuccess}, {"error", keyElementError}, {"meta", keyMeta},
	}
	resultsNames = []knownKey{{"columns", keyColumns}, {"rows", keyRows}}
)

// step reads one piece of what is around the rows (or the rest of the rows) and looks at what it says: if the
// request failed, the rest is read for its messages, and d.err becomes a *Failure. d.err becomes io.EOF at the end.
func (d *Decoder) step() event {
	ev, err := d.read()
	if (err != nil || ev != nothing) && d.failed() {
		for err == nil {
			_, err = d.read()
		}
		if err == io.EOF {
			err = nil
		}
		err = &Failure{Envelope: d.env, Result: d.failedIndex, Message: d.failedText, Err: err}
	}
	if err != nil {
		d.err = err
		return nothing
	}
	return ev
}

// failed reports whether what has been read so far says that the request failed.
func (d *Decoder) failed() bool {
	return d.failedIndex >= 0 || d.env.SuccessSeen && !d.env.Success || len(d.env.Errors) > 0
}

// endResult reads on until the current result and, if it is the last one, the response have ended.
func (d *Decoder) endResult() error {
	for d.err == nil && d.state != atElement && d.state != atStart {
		d.step()
	}
	if d.err != nil {
		return d.err
	}
	return io.EOF
}

// read is step without looking at failures.
func (d *Decoder) read() (event, error) {
	s := &d.main
	s.keep = -1
	switch d.state {
	case atStart:
		d.open(inEnvelope)
		return nothing, s.expect('{')
	case inEnvelope:
		return nothing, d.readEnvelope()
	case inResult:
		more, err := s.more(']', d.first)
		if more {
			d.state = atElement
		} else {
			d.close(inEnvelope)
		}
		return nothing, err
	case atElement:
		return resultBegan, d.beginElement()
	case inElement:
		return nothing, d.readElement()
	case inResults:
		return d.readResults()
	case inRows:
		return nothing, d.skipRows()
	default: // afterElement
		d.close(inResult)
		return resultEnded, nil
	}
}

func (d *Decoder) open(s state)  { d.state, d.first = s, true }
func (d *Decoder) close(s state) { d.state, d.first = s, false }

// member reads the next key of the object that is open: one of names, keyUnknown, or keyNone at its end.
func (d *Decoder) member(names []knownKey) (keySet, error) {
	more, err := d.main.more('}', d.first)
	if err != nil || !more {
		return keyNone, err
	}
	d.first = false
	name, err := d.main.key()
	if err != nil {
		return keyNone, err
	}
	for _, k := range names {
		if string(name) == k.name {
			if d.seen&k.key != 0 {
				return keyNone, d.main.syntax("another %q in the same object", k.name)
			}
			d.seen |= k.key
			return k.key, nil
		}
	}
	return keyUnknown, nil
}

// readEnvelope reads a member of the envelope, or its end.
func (d *Decoder) readEnvelope() error {
	s := &d.main
	key, err := d.member(envelopeNames)
	if err != nil {
		return err
	}
	switch key {
	case keyNone:
		return d.endEnvelope()
	case keyResult:
		c, err := s.peek()
		switch {
		case err != nil:
			return err
		case c == '[':
			s.pos++
			d.open(inResult)
			return nil
		case c == '{' || c == 'n': // {} and null are what comes with errors
			return s.skip(MaxDepth)
		}
		return s.unexpected("an array of results")
	case keySuccess:
		d.env.Success, err = s.boolean()
		d.env.SuccessSeen = err == nil
		return err
	case keyErrors:
		d.env.Errors, err = s.messages()
		return err
	case keyMessages:
		d.env.Messages, err = s.messages()
		return err
	default:
		return s.skip(MaxDepth)
	}
}

// endEnvelope looks at what follows the envelope: nothing may. Once the envelope is whole, an error of the reader
// takes nothing away from it, so such an error counts as its end.
func (d *Decoder) endEnvelope() error {
	s := &d.main
	if _, err := s.peek(); err == nil {
		return s.unexpected("the end")
	}
	if !d.env.SuccessSeen && !d.failed() {
		return s.syntax(`no "success" in the envelope`)
	}
	return io.EOF
}

// beginElement reads the start of an element of "result": an object or null.
func (d *Decoder) beginElement() error {
	d.index++
	d.columns, d.meta, d.counters = []string{}, nil, Counters{}
	d.bufs.cells = d.bufs.cells[:0]
	d.seen &^= elementKeys
	if null, err := d.main.null(); err != nil || null {
		d.close(afterElement)
		return err
	}
	d.open(inElement)
	return d.main.expect('{')
}

// readElement reads a member of an element of "result", or its end.
func (d *Decoder) readElement() error {
	s := &d.main
	key, err := d.member(elementNames)
	if err != nil {
		return err
	}
	switch key {
	case keyNone:
		d.close(afterElement)
		return nil
	case keyResults:
		if null, err := s.null(); err != nil || null {
			return err
		}
		d.open(inResults)
		return s.expect('{')
	case keyElementSuccess:
		success, err := s.boolean()
		if err == nil && !success {
			d.elementFailed("")
		}
		return err
	case keyElementError:
		return d.readError()
	case keyMeta:
		return d.readMeta()
	default:
		return s.skip(MaxDepth)
	}
}

// readMeta reads "meta". It looks for the counters meanwhile, which every write is asked for.
func (d *Decoder) readMeta() error {
	s := &d.main
	c, err := s.peek()
	if err != nil {
		return err
	}
	s.keep = s.pos
	if c == '{' {
		err = s.members(MaxDepth, &d.cell, d)
	} else {
		err = s.skip(MaxDepth)
	}
	if raw := s.buf[s.keep:s.pos]; err == nil && string(raw) != "null" {
		d.bufs.meta = append(d.bufs.meta[:0], raw...)
		d.meta = d.bufs.meta
	}
	return err
}

// readError reads the "error" of an element. Any but null and "" is one; if it is no string, its JSON is the text.
func (d *Decoder) readError() error {
	s := &d.main
	c, err := s.peek()
	if err != nil {
		return err
	}
	var text string
	switch c {
	case 'n':
		return s.literal("null")
	case '"':
		err = s.stringInto(&text)
		if err == nil && text == "" {
			return nil
		}
	default:
		var raw []byte
		raw, err = s.capture()
		text = string(raw)
	}
	if err == nil {
		d.elementFailed(text)
	}
	return err
}

// elementFailed notes that the current element failed. The first one counts.
func (d *Decoder) elementFailed(text string) {
	if d.failedIndex < 0 {
		d.failedIndex = d.index
	}
	if d.failedIndex == d.index && text != "" {
		d.failedText = text
	}
}

// readResults reads a member of "results", or its end.
func (d *Decoder) readResults() (event, error) {
	s := &d.main
	key, err := d.member(resultsNames)
	if err != nil {
		return nothing, err
	}
	switch key {
	case keyNone:
		d.close(inElement)
		if d.held.buf == nil {
			return nothing, nil
		}
		return nothing, d.heldWithoutColumns()
	case keyColumns:
		if err := d.readColumns(); err != nil || d.held.buf == nil {
			return nothing, err
		}
		d.rows = &d.held
		return rowsBegan, d.beginRows()
	case keyRows:
		if null, err := s.null(); err != nil || null {
			return nothing, err
		}
		if d.seen&keyColumns == 0 {
			return nothing, d.holdRows()
		}
		return rowsBegan, d.beginRows()
	default:
		return nothing, s.skip(MaxDepth)
	}
}
