package value

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/wire"
)

const (
	// MaxParams is how many bound parameters D1 takes in one statement. More
	// arguments than that are packed into as many JSON arrays.
	MaxParams = 100
	// MaxSQL is the longest statement D1 takes, in bytes, after rewriting.
	MaxSQL = 100_000
	// maxForms bounds the rewritten texts kept for one statement; past it they
	// are rebuilt each time.
	maxForms = 16
	// maxFormSQL bounds each of them, in bytes: a longer one is rebuilt in less
	// time than it takes to send.
	maxFormSQL = 16 << 10
)

// Query is a parsed SQL text: one statement, or several that travel as a batch.
// It is immutable but for its cache and safe for concurrent use.
type Query struct {
	Text       string
	Statements []*Statement
}

// Parse splits text into statements. A syntax error the tokenizer can see (an
// unterminated string, say) is left to the engine, which words it best.
func Parse(text string) *Query {
	parts := sqltext.Split(text)
	q := &Query{Text: text, Statements: make([]*Statement, len(parts))}
	for i, p := range parts {
		q.Statements[i] = &Statement{Statement: p, ReadOnly: p.ReadOnly()}
		for _, param := range p.Params {
			q.Statements[i].numbered = q.Statements[i].numbered || param.Explicit || param.Name != ""
		}
	}
	return q
}

// Statement is one statement with the texts it was rewritten to.
type Statement struct {
	*sqltext.Statement
	ReadOnly bool // surely changes nothing
	numbered bool // has placeholders other than ?

	mu     sync.RWMutex
	forms  map[string]*form
	pins   []pin // set once looked for
	looked bool  // for pins
}

// Bound is a statement with its arguments, ready to travel.
type Bound struct {
	wire.Statement
	Source *Statement
	form   *form
}

// Sent is the statement as it travels by itself: with the comments around it, by
// which programs and libraries name their queries. It is without them where a part
// of it is put elsewhere, and where it would get too long. A definition goes without
// the comment behind it, which the engine would keep as a part of the schema.
func (b Bound) Sent() wire.Statement {
	s := b.Statement
	lead, trail := b.Source.Lead, b.Source.Trail
	switch b.Source.Verb {
	case sqltext.Create, sqltext.Alter:
		trail = ""
	}
	if lead != "" || trail != "" {
		if commented := lead + s.SQL + trail; len(commented) <= MaxSQL {
			s.SQL = commented
		}
	}
	return s
}

// Options says how to bind.
type Options struct {
	// MaxParams is how many parameters may be used, at most MaxParams; the
	// driver asks for fewer where it adds parameters of its own.
	MaxParams int
	// Now, if it is not zero, is what the statements take for the current time.
	Now time.Time
}

// Bind binds args, dealt to the statements in order: named arguments go to every
// placeholder of their name, the others fill the rest by position. Arguments are
// encoded at once, so nothing of the caller's is kept.
func (q *Query) Bind(args []driver.NamedValue, opts Options) ([]Bound, error) {
	out := make([]Bound, len(q.Statements))
	deal, err := newDeal(q, args)
	if err != nil {
		return nil, err
	}
	for i, s := range q.Statements {
		values, err := deal.to(s)
		if err == nil {
			out[i], err = s.bind(values, opts)
		}
		if err != nil {
			if e := (*ArgError)(nil); errors.As(err, &e) {
				e.Statement = i + 1
			}
			return nil, err
		}
	}
	if err := deal.end(); err != nil {
		return nil, err
	}
	return out, nil
}

// bind rewrites and encodes one statement.
func (s *Statement) bind(values []driver.NamedValue, opts Options) (Bound, error) {
	pinned := false
	if !opts.Now.IsZero() {
		for _, p := range s.pinned() {
			pinned = true
			values = append(values, driver.NamedValue{Value: p.kind.text(opts.Now)})
		}
	}
	kinds := make([]byte, len(values), len(values)+1)
	wireParams := len(values)
	for i, v := range values {
		k, err := classify(v.Value)
		if err != nil {
			return Bound{}, &ArgError{Ordinal: v.Ordinal, Name: v.Name, Reason: err.Error()}
		}
		if k == kindBlobBig {
			wireParams++
		}
		kinds[i] = byte(k)
	}
	arrays := 0
	if wireParams > opts.MaxParams {
		arrays = opts.MaxParams
	}
	f, err := s.form(kinds, arrays, pinned)
	if err != nil {
		return Bound{}, err
	}
	b := Bound{Source: s, form: f}
	b.SQL = f.sql
	if arrays > 0 {
		b.Params, err = appendPacked(nil, values, kinds, f.perArray)
	} else {
		b.Params = appendParams(make([]byte, 0, paramsSize(values)), values, kinds)
	}
	return b, err
}

// form returns the rewritten text for arguments of these kinds, packed into
// arrays unless that is 0. It depends on nothing else.
func (s *Statement) form(kinds []byte, arrays int, pinned bool) (*form, error) {
	key := kinds // a pinned statement has more kinds than another
	if arrays > 0 {
		key = append(kinds, byte(arrays)) // at most MaxParams, where kinds are letters
	}
	s.mu.RLock()
	f := s.forms[string(key)]
	s.mu.RUnlock()
	if f != nil {
		return f, nil
	}
	f = s.rewrite(slices.Clone(kinds), arrays, pinned)
	if len(f.sql) > MaxSQL {
		why := ""
		if arrays > 0 {
			why = fmt.Sprintf(" with its %d arguments packed", s.NumParams)
		}
		return nil, &ArgError{Reason: fmt.Sprintf("statement of %d bytes%s; D1 takes at most %d", len(f.sql), why, MaxSQL)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forms == nil {
		s.forms = make(map[string]*form)
	}
	if len(s.forms) < maxForms && len(f.sql) <= maxFormSQL {
		s.forms[string(key)] = f
	}
	return f, nil
}

// Adopt says that the text is not the program's, so that nothing in it has a place
// there.
func (q *Query) Adopt() {
	for _, s := range q.Statements {
		s.Pos = -1
	}
}

// Describe shortens the statement for an error message.
func (s *Statement) Describe() string {
	const limit = 60
	text := strings.Join(strings.Fields(s.SQL), " ")
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && text[cut]&0xC0 == 0x80 { // not inside a UTF-8 sequence
		cut--
	}
	return text[:cut] + "…"
}
