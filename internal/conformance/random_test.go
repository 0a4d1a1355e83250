package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// randomScenarios are made by dice with fixed seeds: expressions, and changes
// of a schema with triggers, cascades and conflicts.
func randomScenarios() []scenario {
	var all []scenario
	for seed := range uint64(4) {
		g := &generator{rand.New(rand.NewPCG(seed, 5))}
		expressions := scenario{name: fmt.Sprintf("random expressions %d", seed)}
		for range 100 {
			expressions.requests = append(expressions.requests,
				sql("SELECT "+g.expression(4)+" AS a, "+g.expression(3)+" AS b, typeof("+g.expression(3)+") AS c"))
		}
		all = append(all, expressions, g.changes(fmt.Sprintf("random changes %d", seed)))
	}
	return all
}

type generator struct{ *rand.Rand }

func (g *generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g *generator) literal() string {
	return g.pick("NULL", "0", "1", "-1", "2", "1.5", "-0.0", "1e100", "4611686018427387905", "-4611686018427387905", "9007199254740993",
		"''", "'a'", "'A'", "'12'", "'1.5x'", "'-1e3'", "'[1,\"x\",null,2.5]'", "'{\"a\":1}'", "'é😀'", "'2024-02-29 12:34:56'", "x''", "x'00ff'", "x'3132'", "TRUE")
}

func (g *generator) expression(depth int) string {
	if depth == 0 || g.IntN(5) == 0 {
		return g.literal()
	}
	a, b, c := g.expression(depth-1), g.expression(depth-1), g.literal()
	switch g.IntN(6) {
	case 0:
		return "(" + a + g.pick("+", "-", "*", "/", "%", "||", "&", "|", "<<", ">>", "<", "<=", "=", "<>", " IS ", " IS NOT ", " AND ", " OR ", "->", "->>") + b + ")"
	case 1:
		return g.pick("-", "~", "NOT ", "+") + a
	case 2:
		return g.pick("abs", "length", "lower", "upper", "hex", "quote", "typeof", "trim", "round", "unicode", "sign", "json_quote", "json_valid", "json_type", "date", "julianday", "unhex", "floor", "ceil", "octet_length", "json_array_length") + "(" + a + ")"
	case 3:
		return g.pick("ifnull", "nullif", "instr", "min", "max", "round", "json_array", "json_extract", "coalesce", "concat", "mod", "pow", "ltrim", "rtrim", "json_patch", "char", "printf") + "(" + a + "," + b + ")"
	case 4:
		return "CAST(" + a + " AS " + g.pick("INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC") + ")"
	default:
		return g.pick("CASE WHEN "+a+" THEN "+b+" ELSE "+c+" END", "("+a+" IN ("+b+","+c+"))", "("+a+" BETWEEN "+b+" AND "+c+")", "("+a+" COLLATE NOCASE = "+c+")",
			"(CAST("+a+" AS TEXT) "+g.pick("LIKE", "GLOB")+" CAST("+b+" AS TEXT))", "(SELECT group_concat("+a+") FROM json_each('[1,2]'))", "replace("+a+","+b+","+c+")")
	}
}

// changes makes a schema and runs many statements that may fail on it.
func (g *generator) changes(name string) scenario {
	s := scenario{name: name, requests: []request{batch(
		`CREATE TABLE p(id INTEGER PRIMARY KEY, u UNIQUE, n INTEGER DEFAULT 7 CHECK (n < 90))`,
		`CREATE TABLE c(id INTEGER PRIMARY KEY AUTOINCREMENT, p INTEGER REFERENCES p(id) ON DELETE CASCADE ON UPDATE CASCADE, t TEXT NOT NULL)`,
		`CREATE TABLE w(k TEXT PRIMARY KEY, v REAL) WITHOUT ROWID`,
		`CREATE TABLE log(what, id)`,
		`CREATE TRIGGER pi AFTER INSERT ON p BEGIN INSERT INTO log VALUES ('pi', NEW.id); END`,
		`CREATE TRIGGER pu AFTER UPDATE ON p WHEN NEW.n > 50 BEGIN INSERT INTO w VALUES (NEW.id, NEW.n) ON CONFLICT DO UPDATE SET v = v + 1; END`,
		`CREATE TRIGGER cd AFTER DELETE ON c BEGIN INSERT INTO log VALUES ('cd', OLD.id); END`,
	)}}
	for range 120 {
		statements := make([]string, 1+g.IntN(3))
		for i := range statements {
			statements[i] = g.change()
		}
		s.requests = append(s.requests, batch(append(statements, `SELECT changes(), total_changes(), last_insert_rowid()`)...))
	}
	s.requests = append(s.requests, sql(`SELECT * FROM p`), sql(`SELECT * FROM c`), sql(`SELECT * FROM w`), sql(`SELECT * FROM log`), sql(`SELECT * FROM sqlite_sequence`))
	return s
}

func (g *generator) change() string {
	id := func() int { return g.IntN(12) }
	conflict := g.pick("", "", "", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ABORT")
	returning := g.pick("", "", " RETURNING *")
	switch g.IntN(8) {
	case 0, 1:
		return fmt.Sprintf(`INSERT%s INTO p(u, n) VALUES (%d, %d), ('%s', %d)%s`, conflict, id(), g.IntN(93), strings.Repeat("x", id()), g.IntN(93), returning)
	case 2:
		return fmt.Sprintf(`INSERT%s INTO c(p, t) VALUES (%d, 't'), (%d, %s)%s`, conflict, id(), id(), g.pick("'t'", "'t'", "NULL"), returning)
	case 3:
		return fmt.Sprintf(`UPDATE%s p SET n = n + %d WHERE id %s %d%s`, conflict, g.IntN(40), g.pick("=", "<", ">"), id(), returning)
	case 4:
		return fmt.Sprintf(`UPDATE%s p SET id = %d WHERE id = %d%s`, conflict, id(), id(), returning)
	case 5:
		return fmt.Sprintf(`DELETE FROM p WHERE id = %d%s`, id(), returning)
	case 6:
		return fmt.Sprintf(`INSERT%s INTO w VALUES ('%d', %d.5) ON CONFLICT(k) DO UPDATE SET v = excluded.v + w.v%s`, conflict, id(), id(), returning)
	default:
		return fmt.Sprintf(`SELECT p.id, count(c.id) FROM p LEFT JOIN c ON c.p = p.id GROUP BY p.id HAVING p.id > %d`, id())
	}
}
