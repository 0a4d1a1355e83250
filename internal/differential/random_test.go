package differential

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// generator draws statements and their arguments.
type generator struct {
	*rapid.T
	columns []string // that may be read where the generator stands
	args    []any
}

func (g *generator) pick(choices ...string) string {
	return rapid.SampledFrom(choices).Draw(g.T, "pick")
}

// argument is a placeholder for a random value.
func (g *generator) argument() string {
	var v any
	switch rapid.IntRange(0, 9).Draw(g.T, "kind") {
	case 0, 1, 2:
		v = rapid.SampledFrom(values).Draw(g.T, "edge")
	case 3, 4:
		v = rapid.Int64().Draw(g.T, "int")
	case 5:
		v = rapid.Int64Range(-10, 10).Draw(g.T, "small")
	case 6:
		v = math.Float64frombits(rapid.Uint64().Draw(g.T, "bits"))
	case 7:
		v = float64(rapid.IntRange(-2000, 2000).Draw(g.T, "hundredths")) / 100
	case 8:
		v = rapid.String().Draw(g.T, "string")
	default:
		v = rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(g.T, "bytes")
	}
	g.args = append(g.args, v)
	return "?"
}

// expression draws an expression that gives the same in all recent releases of
// SQLite, and no text that is cut inside a character.
func (g *generator) expression(depth int) string {
	if depth == 0 || rapid.IntRange(0, 4).Draw(g.T, "leaf") == 0 {
		if len(g.columns) > 0 && rapid.IntRange(0, 2).Draw(g.T, "column") == 0 {
			return g.pick(g.columns...)
		}
		if rapid.IntRange(0, 5).Draw(g.T, "literal") == 0 {
			return g.pick("5", "'5'", "5.0", "x'35'", "NULL", "-1", "''", "1.5", "9007199254740993")
		}
		return g.argument()
	}
	// Drawn in the order of the text, as arguments are.
	e := func() string { return g.expression(depth - 1) }
	switch rapid.IntRange(0, 9).Draw(g.T, "form") {
	case 0, 1:
		return "(" + e() + g.pick(" + ", " - ", " * ", " / ", " % ", " || ", " & ", " | ", " << ", " >> ") + e() + ")"
	case 2, 3:
		return "(" + e() + g.pick(" = ", " <> ", " < ", " <= ", " > ", " >= ", " IS ", " IS NOT ", " AND ", " OR ") + e() + ")"
	case 4:
		return "(" + e() + g.pick(" IN (", " NOT IN (") + e() + ", " + e() + "))"
	case 5:
		return "(" + e() + g.pick(" BETWEEN ", " NOT BETWEEN ") + e() + " AND " + e() + ")"
	case 6:
		return g.pick("typeof(", "quote(", "length(", "hex(", "coalesce(NULL, ", "NOT (", "-(", "~(", "+(", "abs(0.5 * ", "json_array('a', ") + e() + ")"
	case 7:
		return g.pick("coalesce(", "nullif(", "max(", "min(", "ifnull(") + e() + ", " + e() + ")"
	case 8:
		return "CAST(" + e() + " AS " + g.pick("INTEGER", "TEXT", "REAL", "NUMERIC") + ")"
	default:
		return "CASE " + e() + " WHEN " + e() + " THEN " + e() + " ELSE " + e() + " END"
	}
}

func (g *generator) query() string {
	list := func() string {
		items := make([]string, rapid.IntRange(1, 3).Draw(g.T, "items"))
		for i := range items {
			items[i] = g.expression(3)
		}
		return strings.Join(items, ", ")
	}
	g.columns = nil
	switch rapid.IntRange(0, 5).Draw(g.T, "query") {
	case 0:
		return "SELECT " + list()
	case 1:
		return "WITH c(a) AS (VALUES (" + g.argument() + "), (" + g.argument() + ")) SELECT a, a = " + g.argument() + " FROM c"
	case 2:
		g.columns = []string{"t", "i", "x"}
		return "SELECT " + g.pick("count(", "max(", "min(", "group_concat(") + g.expression(2) + ") FROM aff WHERE " + g.expression(2)
	}
	g.columns = []string{"i", "t", "r", "n", "b", "x", "v"}
	return "SELECT id, " + list() + " FROM aff WHERE " + g.expression(3) + " ORDER BY id"
}

// write draws an INSERT into a table with a column of every affinity.
func (g *generator) write() string {
	g.columns = nil
	items := make([]string, 6)
	for i := range items {
		items[i] = g.expression(2)
	}
	return "INSERT INTO any(i, t, r, n, b, x) VALUES (" + strings.Join(items, ", ") + ")"
}

const lookAny = `SELECT typeof(i), quote(i), typeof(t), quote(t), typeof(r), quote(r), typeof(n), quote(n), typeof(b), quote(b), typeof(x), quote(x), i, t, r, n, b, x FROM any`

// TestRandom runs random statements: many over the emulator, some over the engine.
func TestRandom(t *testing.T) {
	statements := map[string]int{"emulator": 40 / thin, "workerd": 4} // of each of rapid's checks
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			p := newPair(t, e, append(schema, `CREATE TABLE any(i INTEGER, t TEXT, r REAL, n NUMERIC, b BLOB, x)`)...)
			ran, failed := 0, 0
			rapid.Check(t, func(r *rapid.T) {
				for range statements[e.name] {
					g := &generator{T: r}
					writes := rapid.IntRange(0, 5).Draw(r, "writes") == 0
					text := ""
					if writes {
						text = g.write()
					} else {
						text = g.query()
					}
					s := rapid.SampledFrom(styles).Draw(r, "style")
					ran++
					if !p.agree(r, s, text, g.args) {
						failed++
					}
					if writes {
						p.agree(r, styles[0], lookAny, nil)
						for _, db := range []*sql.DB{p.native, p.driver} {
							_, err := db.Exec(`DELETE FROM any`)
							require.NoError(r, err)
						}
					}
				}
			})
			t.Logf("%d statements, of which SQLite refused %d", ran, failed)
			require.Less(t, failed*3, ran, "too many statements are refused to prove much")
		})
	}
}

// agree runs a statement on both sides, and reports whether it succeeded.
func (p pair) agree(t *rapid.T, s style, text string, args []any) bool {
	forNative := make([]any, len(args))
	for i, v := range args {
		forNative[i] = native(v)
	}
	styled, forNative := s.apply(text, forNative)
	_, args = s.apply(text, args)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	want, err := run(ctx, p.native, styled, forNative)
	require.NoError(t, err, styled)
	got, err := run(ctx, p.driver, styled, args)
	require.NoError(t, err, styled)
	want = allowed(want)
	require.True(t, equal(want, got), fmt.Sprintf("%s: %s\n%s\nnative: %s\ndriver: %s", s.name, styled, short(args[:min(len(args), 12)]), short(want), short(got)))
	return want.Code == 0
}
