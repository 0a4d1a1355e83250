package sqltext

import (
	"fmt"
	"strconv"
)

// MaxParam is the largest parameter number that SQLite's tokenizer accepts
// (SQLITE_MAX_VARIABLE_NUMBER). D1 accepts 100 per statement.
const MaxParam = 32766

// Param is a placeholder.
type Param struct {
	Pos, End int // in Statement.SQL, in bytes
	// Number is the parameter's number, from 1, as SQLite numbers: ? is one more
	// than the largest so far, and so is the first appearance of a name.
	// Names are told apart with their prefix: :a and @a are two parameters.
	// It is 0 when the number is out of range.
	Number   int
	Name     string // without its prefix; empty for ? and ?NNN
	Explicit bool   // ?NNN
}

func (s *Statement) numberParams() {
	// The arguments of a virtual table are not SQL.
	if s.virtual {
		return
	}
	count := 0
	for _, l := range s.lexemes {
		if l.kind == Placeholder {
			count++
		}
	}
	if count == 0 {
		return
	}
	s.Params = make([]Param, 0, count)
	var numbers map[string]int // by name with prefix
	for i, l := range s.lexemes {
		if l.kind != Placeholder {
			continue
		}
		text := s.text(i)
		p := Param{Pos: l.pos, End: l.end}
		switch {
		case text == "?":
			p.Number = s.NumParams + 1
		case text[0] == '?':
			p.Explicit = true
			n, err := strconv.Atoi(text[1:])
			if err != nil || n < 1 || n > MaxParam {
				s.fail(l.pos, fmt.Sprintf("variable number must be between ?1 and ?%d", MaxParam))
				n = 0
			}
			p.Number = n
		default:
			p.Name = text[1:]
			if p.Number = numbers[text]; p.Number == 0 {
				p.Number = s.NumParams + 1
				if numbers == nil {
					numbers = make(map[string]int)
				}
				numbers[text] = p.Number
			}
		}
		if p.Number > MaxParam {
			s.fail(l.pos, "too many SQL variables")
			p.Number = 0
		}
		s.NumParams = max(s.NumParams, p.Number)
		s.Params = append(s.Params, p)
	}
}
