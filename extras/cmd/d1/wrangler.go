package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"
	"github.com/tidwall/jsonc"
)

// wrangler is what a wrangler file says about D1.
type wrangler struct {
	AccountID string              `json:"account_id" toml:"account_id"`
	Databases []wranglerDatabase  `json:"d1_databases" toml:"d1_databases"`
	Env       map[string]wrangler `json:"env" toml:"env"`
}

type wranglerDatabase struct {
	Binding string `json:"binding" toml:"binding"`
	Name    string `json:"database_name" toml:"database_name"`
	ID      string `json:"database_id" toml:"database_id"`
}

// wranglerFiles are the names in the order in which wrangler looks for them.
var wranglerFiles = []struct {
	name  string
	parse func([]byte, any) error
}{
	{"wrangler.json", parseJSONC}, // wrangler allows comments there, too
	{"wrangler.jsonc", parseJSONC},
	{"wrangler.toml", toml.Unmarshal},
}

func parseJSONC(text []byte, v any) error { return json.Unmarshal(jsonc.ToJSON(text), v) }

// readWrangler reads the first wrangler file in a folder; if there is none, the
// result is empty. Of an environment, databases are its own; the account may be
// inherited.
func readWrangler(dir, env string) (wrangler, error) {
	for _, f := range wranglerFiles {
		text, err := os.ReadFile(filepath.Join(dir, f.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return wrangler{}, err
		}
		var top wrangler
		if err := f.parse(text, &top); err != nil {
			return wrangler{}, fmt.Errorf("%s: %w", f.name, err)
		}
		if env == "" {
			return top, nil
		}
		part, ok := top.Env[env]
		if !ok {
			return wrangler{}, usageError("%s has no environment %q", f.name, env)
		}
		if part.AccountID == "" {
			part.AccountID = top.AccountID
		}
		return part, nil
	}
	if env != "" {
		return wrangler{}, usageError("--env: there is no wrangler file in this folder")
	}
	return wrangler{}, nil
}

// database finds the database that name means: a binding, a name or a UUID. The
// file may not know it. No name means the only database there is.
func (w wrangler) database(name string) string {
	if name == "" && len(w.Databases) == 1 {
		name = w.Databases[0].Binding
	}
	for _, db := range w.Databases {
		if name != "" && (name == db.Binding || name == db.Name) {
			if db.ID == "" { // wrangler will create it
				return db.Name
			}
			return db.ID
		}
	}
	return name
}
