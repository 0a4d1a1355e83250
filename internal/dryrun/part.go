package dryrun

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

var (
	// ErrTorn means that an answer did not arrive whole.
	ErrTorn = errors.New("the answer did not arrive whole")
	// ErrTooLarge means that a guard could not compare an answer of this size.
	ErrTooLarge = errors.New("answer of over " + strconv.Itoa(MaxSeen) + " bytes")
)

// Part is what one probe message told: total:columns:table:rows, behind table
// the defaults of the tables that were named.
type Part struct {
	Total   int      // rows in all
	Columns []string // nil if they were not asked for
	Table   string   // fingerprint of the table, of ProbeMany; View or nothing, of ProbeOne
	Rows    []string

	Defaults []Defaults // of the tables in Question.Tables or Returning.Tables, in order
}

// ReadPart reads the answer out of an engine's message. framed is false if the
// message is another error; ErrTorn means that the answer is not whole. nameSQL is
// the text that named the columns.
func ReadPart(message, nonce, nameSQL string) (p Part, framed bool, err error) {
	payload, status := readFrame(message, nonce)
	switch status {
	case notFramed:
		return p, false, nil
	case torn:
		return p, true, ErrTorn
	}
	fields := strings.Split(payload, ":")
	if len(fields) != 4 {
		return p, true, ErrTorn
	}
	if p.Total, err = strconv.Atoi(fields[0]); err != nil {
		return p, true, ErrTorn
	}
	if fields[1] != noNames {
		if p.Columns, err = columnNames(fields[1], nameSQL); err != nil {
			return p, true, ErrTorn
		}
	}
	schema := strings.Split(fields[2], "|")
	p.Table = schema[0]
	for _, d := range schema[1:] {
		p.Defaults = append(p.Defaults, Defaults(d))
	}
	if fields[3] != "" {
		p.Rows = strings.Split(fields[3], ";")
	}
	return p, true, nil
}

// columnNames decodes the names of a view's columns and gives them back what the
// view took: it tells columns of one name apart by a colon and a number. A name
// that stands in the text like that is the user's own. One that * brings, from a
// view that has such columns itself, cannot be told from the view's.
func columnNames(list, nameSQL string) ([]string, error) {
	var out []string
	taken := map[string]bool{} // SQLite compares names without ASCII case
	for field := range strings.SplitSeq(list, ",") {
		raw, err := hex.DecodeString(field)
		if err != nil {
			return nil, err
		}
		name := string(raw)
		if base, ok := cutSuffix(name); ok && taken[strings.ToLower(base)] && !strings.Contains(nameSQL, name) {
			name = base
		}
		taken[strings.ToLower(name)] = true
		out = append(out, name)
	}
	return out, nil
}

// cutSuffix removes a colon and digits from the end of a name.
func cutSuffix(name string) (base string, ok bool) {
	at := strings.LastIndexByte(name, ':')
	if at < 0 || at == len(name)-1 {
		return "", false
	}
	for _, c := range []byte(name[at+1:]) {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	return name[:at], true
}

// WrongColumns reads the number of columns out of the engine's complaint that a
// question has another number than was assumed.
func WrongColumns(message string) (n int, ok bool) {
	rest, ok := strings.CutPrefix(message, "table "+tableRows+" has ")
	if !ok {
		return 0, false
	}
	number, rest, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	return n, err == nil && strings.HasPrefix(rest, "values for ")
}
