package value

import (
	"database/sql/driver"
	"fmt"
	"strconv"
)

// deal deals arguments to statements: named ones go to every placeholder of
// their name, the others fill the rest in order.
type deal struct {
	args       []driver.NamedValue
	positional []driver.NamedValue // those without name that are not dealt yet
	names      map[string]int      // index in args; nil without named arguments
	used       []bool              // by index in args, of named ones
}

func newDeal(args []driver.NamedValue) (*deal, error) {
	d := &deal{args: args, positional: args}
	named := false
	for _, a := range args {
		named = named || a.Name != ""
	}
	if !named {
		return d, nil
	}
	d.positional = make([]driver.NamedValue, 0, len(args))
	d.names = make(map[string]int, len(args))
	d.used = make([]bool, len(args))
	for i, a := range args {
		if a.Name == "" {
			d.positional = append(d.positional, a)
			continue
		}
		if _, ok := d.names[a.Name]; ok {
			return nil, &ArgError{Ordinal: a.Ordinal, Name: a.Name, Reason: "given twice"}
		}
		d.names[a.Name] = i
	}
	return d, nil
}

// to gives the argument of every parameter number of s, 1-based at index n-1.
// Appending to the result does not touch the arguments.
func (d *deal) to(s *Statement) ([]driver.NamedValue, error) {
	n := s.NumParams
	if d.names == nil && n <= len(d.positional) {
		values := d.positional[:n:n]
		d.positional = d.positional[n:]
		return values, nil
	}
	values := make([]driver.NamedValue, n)
	filled := make([]bool, n)
	for _, p := range s.Params {
		if i, ok := d.names[p.Name]; ok && p.Name != "" {
			values[p.Number-1], filled[p.Number-1], d.used[i] = d.args[i], true, true
		}
	}
	for i := range values {
		if filled[i] {
			continue
		}
		if len(d.positional) == 0 {
			return nil, &ArgError{Reason: fmt.Sprintf("%d arguments given, and none is left for placeholder %s", len(d.args), s.describe(i+1))}
		}
		values[i], d.positional = d.positional[0], d.positional[1:]
	}
	return values, nil
}

// end reports arguments that no statement took.
func (d *deal) end() error {
	for i, a := range d.args {
		if a.Name != "" && !d.used[i] {
			return &ArgError{Ordinal: a.Ordinal, Name: a.Name, Reason: "no placeholder of that name"}
		}
	}
	if left := len(d.positional); left > 0 {
		return &ArgError{Reason: fmt.Sprintf("%d arguments wanted, %d given", len(d.args)-left, len(d.args))}
	}
	return nil
}

// describe names parameter number n as the statement writes it.
func (s *Statement) describe(n int) string {
	for _, p := range s.Params {
		if p.Number == n && p.Name != "" {
			return s.SQL[p.Pos:p.End]
		}
	}
	return "?" + strconv.Itoa(n)
}
