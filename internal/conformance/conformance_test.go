package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// scenario is a list of requests to one new database, sent in order.
type scenario struct {
	name     string
	requests []request
}

// request is the JSON body of a call of /raw or /query.
type request string

// sql is a request with one text and its parameters, each a JSON value.
func sql(text string, params ...string) request {
	return request(statement(text, params...))
}

// batch is a request made of several statement texts or statements.
func batch(statements ...string) request {
	for i, s := range statements {
		if !strings.HasPrefix(s, "{") {
			statements[i] = statement(s)
		}
	}
	return request(`{"batch":[` + strings.Join(statements, ",") + `]}`)
}

// statement is the JSON object of one statement. Parameters are JSON values,
// so that a table can say how a number is written.
func statement(text string, params ...string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	if len(params) == 0 {
		return fmt.Sprintf(`{"sql":%s}`, quoted)
	}
	return fmt.Sprintf(`{"sql":%s,"params":[%s]}`, quoted, strings.Join(params, ","))
}

// each makes a scenario of independent requests.
func each(name string, texts ...string) scenario {
	s := scenario{name: name}
	for _, text := range texts {
		s.requests = append(s.requests, sql(text))
	}
	return s
}

// scenarios are those for an endpoint: /query differs from /raw in the shape of
// rows only, so it gets those that are about rows.
func scenarios(endpoint string) []scenario {
	about := slices.Concat(valueScenarios(), statementScenarios())
	if endpoint == "query" {
		return about
	}
	return slices.Concat(about, expressionScenarios(), refusalScenarios(), errorScenarios(), limitScenarios(),
		dryRunScenarios(), randomScenarios())
}

func TestEmulatorAnswersAsTheEngine(t *testing.T) {
	engine, emulated := targets(t)
	var checks, excepted int
	seen := make(map[string]bool)
	sent := make(map[request]bool)
	for _, endpoint := range []string{"raw", "query"} {
		for _, s := range scenarios(endpoint) {
			name := endpoint + "/" + s.name
			require.False(t, seen[name], "two scenarios are called %s", name)
			seen[name] = true
			for _, r := range s.requests {
				sent[r] = true
			}
			t.Run(name, func(t *testing.T) {
				c := &comparison{engine: engine, emulated: emulated, endpoint: endpoint, scenario: s}
				c.run(t)
				checks += c.agreed
				excepted += c.excepted
			})
		}
	}
	for r, reason := range exceptions {
		require.True(t, sent[r], "no scenario sends the exception %s: %s", r, reason)
	}
	t.Logf("%d checks agreed, %d are exceptions", checks, excepted)
}

// comparison runs one scenario on both sides.
type comparison struct {
	engine, emulated target
	endpoint         string
	scenario         scenario
	agreed, excepted int
}

func (c *comparison) run(t *testing.T) {
	t.Helper()
	want := c.engine.create(t, databaseName(t.Name()))
	got := c.emulated.create(t, databaseName(t.Name()))
	defer c.engine.delete(t, want)
	defer c.emulated.delete(t, got)
	for i, r := range c.scenario.requests {
		c.compare(t, i, r,
			c.engine.ask(t, want+"/"+c.endpoint, string(r)),
			c.emulated.ask(t, got+"/"+c.endpoint, string(r)))
	}
}

func (c *comparison) compare(t *testing.T, i int, r request, want, got answer) {
	t.Helper()
	name := fmt.Sprintf("%s#%d", c.scenario.name, i)
	differences := diff(want, got)
	if reason, ok := exceptions[r]; ok {
		c.excepted++
		if len(differences) == 0 {
			t.Errorf("%s agrees now; take the exception away: %s", name, reason)
		}
		return
	}
	c.agreed += 1 + len(want.results) - len(differences)
	for _, d := range differences {
		t.Errorf("%s\nrequest:  %s\nengine:   %s\nemulator: %s", name, short(string(r)), short(d[0]), short(d[1]))
	}
}

// diff returns the pairs of checked strings that differ.
func diff(want, got answer) [][2]string {
	var pairs [][2]string
	if want.outcome != got.outcome {
		pairs = append(pairs, [2]string{want.outcome, got.outcome})
	}
	for i := range max(len(want.results), len(got.results)) {
		w, g := "nothing", "nothing"
		if i < len(want.results) {
			w = want.results[i]
		}
		if i < len(got.results) {
			g = got.results[i]
		}
		if w != g {
			pairs = append(pairs, [2]string{w, g})
		}
	}
	return pairs
}

// short keeps a report readable.
func short(s string) string {
	const most = 600
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s … %s (%d bytes)", s[:most/2], s[len(s)-most/2:], len(s))
}

// databaseName keeps to what a name may be.
func databaseName(test string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, test)
	return clean[max(0, len(clean)-60):]
}
