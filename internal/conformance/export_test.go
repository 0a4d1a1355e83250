package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The emulator's dump has the lines of the engine's own, in an order of its own: there all tables come before the rows.
// The values are those that JavaScript's numbers hold and print as SQLite does; others the engine's dump bends.
func TestExportHasTheLinesOfTheEngine(t *testing.T) {
	engine, emulated := targets(t)
	setup := batch(
		`CREATE TABLE "q ""n"(id INTEGER PRIMARY KEY AUTOINCREMENT, v, g AS (id+1), "select" DEFAULT 'x')`,
		`CREATE TABLE p(a,b,PRIMARY KEY(a,b)) WITHOUT ROWID`, `CREATE TABLE 'sq'(x)`, `CREATE TABLE "empty"(x REFERENCES p)`,
		`CREATE INDEX i ON p(a)`, `CREATE VIEW v AS SELECT 1`, `CREATE TRIGGER tr AFTER INSERT ON p BEGIN SELECT 1; END`,
		`INSERT INTO "q ""n"(v) VALUES (1),(1.5),(NULL),('it''s'),(x'00ff'),('a'||char(10)||'b'),('a'||char(13,10)||'b'),(char(13)),(1e300),(0.1),(-5),('é😀'),(1e-7),(123456789012),(''),(x'')`,
		`INSERT INTO p VALUES (1,2),('x','y')`, `INSERT INTO sq VALUES (1)`, `ANALYZE`,
	)
	theirs, ours := engine.create(t, "export"), emulated.create(t, "export")
	defer engine.delete(t, theirs)
	defer emulated.delete(t, ours)
	require.Equal(t, engine.ask(t, theirs+"/raw", string(setup)).outcome, emulated.ask(t, ours+"/raw", string(setup)).outcome)
	for _, options := range []struct {
		schema, data bool // to leave out
		tables       []string
	}{
		{}, {schema: true}, {data: true}, {schema: true, data: true},
		{tables: []string{"p", "tr"}}, {tables: []string{"sqlite_sequence", `q "n`}, schema: true}, {tables: []string{"nope"}},
	} {
		t.Run(fmt.Sprintf("%+v", options), func(t *testing.T) {
			params := []string{fmt.Sprint(toInt(options.schema)), fmt.Sprint(toInt(options.data))}
			for _, table := range options.tables {
				params = append(params, quoteJSON(table))
			}
			_, text := engine.post(t, theirs+"/raw", string(sql("PRAGMA miniflare_d1_export(?,?,?);", params...)))
			var dump struct{ Result struct{ Results [][]string } }
			require.NoError(t, json.Unmarshal(text, &dump), "%s", text)
			want := dump.Result.Results[0]

			got := emulated.export(t, ours, map[string]any{"no_schema": options.schema, "no_data": options.data, "tables": options.tables})
			require.Equal(t, want[0], got[0])
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, want, got)
		})
	}
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// export gives the lines of a dump.
func (g target) export(t *testing.T, url string, options map[string]any) []string {
	t.Helper()
	request := map[string]any{"output_format": "polling", "dump_options": options}
	for {
		body, err := json.Marshal(request)
		require.NoError(t, err)
		_, text := g.post(t, url+"/export", string(body))
		var answer struct {
			Result struct {
				Status     string
				AtBookmark string `json:"at_bookmark"`
				Result     struct {
					SignedURL string `json:"signed_url"`
				}
			}
		}
		require.NoError(t, json.Unmarshal(text, &answer), "%s", text)
		if answer.Result.Status == "active" {
			request["current_bookmark"] = answer.Result.AtBookmark
			continue
		}
		require.Equal(t, "complete", answer.Result.Status, "%s", text)
		signed := target{client: g.client}
		resp, dump := signed.do(t, http.MethodGet, answer.Result.Result.SignedURL, "")
		require.Equal(t, http.StatusOK, resp.StatusCode)
		return strings.Split(strings.TrimSuffix(string(dump), "\n"), "\n")
	}
}
