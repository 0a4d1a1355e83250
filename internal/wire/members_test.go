package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var objects = []string{
	`{}`, ` { } `, `{"a":1}`, `{"a":-1.5e3,"b":true,"c":"x\"\u00fc","d":null,"e":{"f":[1,"]"]},"g":[1,2],"h":false}`,
	`{"served_by":"v3-prod","duration":0.1234,"changes":0,"last_row_id":9007199254740992,"\u0061b":1}`,
	``, `1`, `[]`, `null`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{"a":x}`, `{"a":"x`, `{a:1}`, `{"a":1e999}`, `{}0`, `{"a":1}}`, "{} \n",
	`{"a":"\u00e4","b" : "\n", "c":1.5 }`, `{"a":01}`, `{"a":"` + "\xff" + `"}`,
}

// TestMembers: scalars come as encoding/json sees them, the rest is passed over.
func TestMembers(t *testing.T) {
	for _, object := range objects {
		checkMembers(t, object)
	}
}

// FuzzMembers: the same, of anything.
func FuzzMembers(f *testing.F) {
	for _, object := range objects {
		f.Add(object)
	}
	f.Fuzz(func(t *testing.T, object string) {
		if strings.Count(object, "[")+strings.Count(object, "{") <= MaxDepth {
			checkMembers(t, object)
		}
	})
}

func checkMembers(t *testing.T, object string) {
	t.Helper()
	text := []byte(object)
	got := map[string]any{}
	ok := Members(text, func(name []byte, value Cell) {
		if value.Kind() == Int {
			got[string(name)] = float64(value.Int64())
		} else {
			got[string(name)] = box(value)
		}
	})
	require.Equal(t, object, string(text), "changed")
	require.Equal(t, json.Valid(text) && strings.HasPrefix(strings.TrimLeft(object, " \t\r\n"), "{"), ok, "%q", object)
	if !ok {
		return
	}
	var want map[string]any
	decoder := json.NewDecoder(strings.NewReader(object))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&want))
	for name, v := range want {
		if n, ok := v.(json.Number); ok {
			f, err := n.Float64()
			want[name] = f
			if err == nil {
				continue
			}
			v = nil // beyond float64
		}
		switch v.(type) {
		case nil, []any, map[string]any:
			delete(want, name)
			delete(got, name) // an earlier member of that name may be a scalar
		}
	}
	require.Equal(t, want, got, "%q", object)
}
