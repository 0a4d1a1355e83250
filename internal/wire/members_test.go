package wire

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMembers: scalars come as encoding/json sees them, the rest is passed over.
func TestMembers(t *testing.T) {
	for _, object := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":-1.5e3,"b":true,"c":"x\"\u00fc","d":null,"e":{"f":[1,"]"]},"g":[1,2],"h":false}`,
		`{"served_by":"v3-prod","duration":0.1234,"changes":0,"last_row_id":9007199254740992,"\u0061b":1}`,
		``, `1`, `[]`, `null`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{"a":x}`, `{"a":"x`, `{a:1}`, `{"a":1e999}`,
	} {
		kept := object
		got := map[string]any{}
		ok := Members([]byte(object), func(name []byte, value Cell) {
			switch value.Kind() {
			case Int:
				got[string(name)] = float64(value.Int64())
			default:
				got[string(name)] = box(value)
			}
		})
		var want map[string]any
		err := json.Unmarshal([]byte(object), &want)
		require.Equal(t, err == nil && want != nil, ok, object)
		require.Equal(t, kept, object)
		if !ok {
			continue
		}
		for name, v := range want {
			switch v.(type) {
			case nil, []any, map[string]any:
				delete(want, name)
			}
		}
		require.Equal(t, want, got, object)
	}
}
