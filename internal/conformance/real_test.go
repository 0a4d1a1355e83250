package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRealNumbersArrive checks by which ways a double gets into the engine and
// out of it bit by bit. SQLite's own conversions from and to decimal text are
// exact only in the middle of the range of exponents.
func TestRealNumbersArrive(t *testing.T) {
	engine, emulated := targets(t)
	const count = 2000
	tests := []struct {
		name string
		// exponents of two of the numbers sent
		from, to int
		// request sends numbers and asks for one row or one column of them
		request func(numbers []float64) request
		// inexact is true where some number must come back changed
		inexact bool
	}{
		{"JSON number", -1074, 1023, func(n []float64) request {
			return sql("SELECT "+join(n, func(float64) string { return "?" }), texts(n)...)
		}, false},
		{"text near one", -100, 100, func(n []float64) request {
			return sql("SELECT value FROM json_each(?)", quoteJSON("["+strings.Join(texts(n), ",")+"]"))
		}, false},
		{"text far from one", -1074, 1023, func(n []float64) request {
			return sql("SELECT value FROM json_each(?)", quoteJSON("["+strings.Join(texts(n), ",")+"]"))
		}, true},
		{"quote near one", -100, 100, func(n []float64) request {
			return sql("SELECT "+join(n, func(float64) string { return "quote(?)" }), texts(n)...)
		}, false},
		{"fraction and exponent", -1074, 1023, func(n []float64) request {
			pairs := join(n, func(f float64) string {
				fraction, exponent := math.Frexp(f)
				return fmt.Sprintf("[%d,%d]", int64(fraction*(1<<53)), exponent-53)
			})
			// One power alone would underflow.
			return sql("SELECT (value->>0)*pow(2,(value->>1)/2)*pow(2,(value->>1)-(value->>1)/2) FROM json_each(?)", quoteJSON("["+pairs+"]"))
		}, false},
	}
	for _, tt := range tests {
		for side, target := range map[string]target{"engine": engine, "emulator": emulated} {
			t.Run(tt.name+"/"+side, func(t *testing.T) {
				random := rand.New(rand.NewPCG(6, 7))
				url := target.create(t, "real")
				defer target.delete(t, url)
				changed := 0
				for range count / 100 {
					numbers := make([]float64, 100)
					for i := range numbers {
						numbers[i] = math.Ldexp(1+random.Float64(), tt.from+random.IntN(tt.to-tt.from+1))
					}
					got := target.numbers(t, url, tt.request(numbers))
					require.Len(t, got, len(numbers))
					for i := range numbers {
						if got[i] != numbers[i] {
							changed++
							require.True(t, tt.inexact, "sent %v, got %v", numbers[i], got[i])
						}
					}
				}
				require.Equal(t, tt.inexact, changed > 0)
			})
		}
	}
}

// numbers returns all cells of the answer to r, be they numbers or text.
func (g target) numbers(t *testing.T, url string, r request) []float64 {
	t.Helper()
	resp, text := g.post(t, url+"/raw", string(r))
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", text)
	var answer struct {
		Result []struct {
			Results struct{ Rows [][]json.RawMessage }
		}
	}
	require.NoError(t, json.Unmarshal(text, &answer))
	var all []float64
	for _, row := range answer.Result[0].Results.Rows {
		for _, cell := range row {
			f, err := strconv.ParseFloat(strings.Trim(string(cell), `"`), 64)
			require.NoError(t, err)
			all = append(all, f)
		}
	}
	return all
}

// texts are the shortest decimals that mean these doubles.
func texts(numbers []float64) []string {
	all := make([]string, len(numbers))
	for i, f := range numbers {
		all[i] = strconv.FormatFloat(f, 'e', -1, 64)
	}
	return all
}

func join(numbers []float64, text func(f float64) string) string {
	all := make([]string, len(numbers))
	for i, f := range numbers {
		all[i] = text(f)
	}
	return strings.Join(all, ",")
}
