package value

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/sqltext"
)

// deal deals arguments to statements: named ones go to every placeholder of
// their name, the others fill the rest in order.
type deal struct {
	query      *Query
	args       []driver.NamedValue
	positional []driver.NamedValue // those without name that are not dealt yet
	names      map[string]int      // index in args; nil without named arguments
	used       []bool              // by index in args, of named ones
}

func newDeal(q *Query, args []driver.NamedValue) (deal, error) {
	d := deal{query: q, args: args, positional: args}
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
			return d, &ArgError{Ordinal: a.Ordinal, Name: a.Name, Reason: "given twice"}
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
	var missing []string
	for i := range values {
		switch {
		case filled[i]:
		case len(d.positional) == 0:
			missing = append(missing, s.describe(i+1))
		default:
			values[i], d.positional = d.positional[0], d.positional[1:]
		}
	}
	if len(missing) > 0 {
		return nil, d.missing(missing)
	}
	return values, nil
}

// missing reports placeholders without an argument, and the arguments that may
// have been meant for them.
func (d *deal) missing(placeholders []string) error {
	reason := count(len(d.args), "argument") + " given, and none is left for placeholder" + plural(len(placeholders)) + " " + listed(placeholders)
	if unknown := d.unknown(); len(unknown) > 0 {
		reason += "; no placeholder is named " + listed(unknown)
	}
	return &ArgError{Reason: reason}
}

// unknown are the names, quoted, of arguments that no statement has a placeholder
// for.
func (d *deal) unknown() []string {
	var list []string
	for _, a := range d.args {
		if a.Name != "" && !slices.ContainsFunc(d.query.Statements, func(s *Statement) bool {
			return slices.ContainsFunc(s.Params, func(p sqltext.Param) bool { return p.Name == a.Name })
		}) {
			list = append(list, strconv.Quote(a.Name))
		}
	}
	return list
}

// end reports arguments that no statement took.
func (d *deal) end() error {
	var unknown []string
	for i, a := range d.args {
		if a.Name != "" && !d.used[i] {
			unknown = append(unknown, strconv.Quote(a.Name))
		}
	}
	if len(unknown) == 1 {
		return &ArgError{Reason: "argument " + unknown[0] + ": no placeholder of that name"}
	} else if len(unknown) > 1 {
		return &ArgError{Reason: "arguments " + listed(unknown) + ": no placeholders of these names"}
	}
	if left := len(d.positional); left > 0 {
		return &ArgError{Reason: fmt.Sprintf("%s wanted, %d given", count(len(d.args)-left, "argument"), len(d.args))}
	}
	return nil
}

// count writes 1 argument, 2 arguments.
func count(n int, what string) string { return strconv.Itoa(n) + " " + what + plural(n) }

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// listed writes a, b and c; of many, the first ones.
func listed(list []string) string {
	const most = 5
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	if last := len(list) - 1; last > 0 {
		return strings.Join(list[:last], ", ") + " and " + list[last]
	}
	return list[0]
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
