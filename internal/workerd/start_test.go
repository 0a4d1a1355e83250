package workerd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/workerd"
)

func TestStartNeedsAnInstallation(t *testing.T) {
	start := func(t *testing.T) error {
		s, err := workerd.Start(t.Context())
		if err == nil {
			s.Close()
		}
		require.ErrorIs(t, err, workerd.ErrNotInstalled)
		return err
	}
	t.Run("no folder", func(t *testing.T) {
		t.Chdir(t.TempDir())
		require.ErrorContains(t, start(t), "no folder internal/workerd")
	})
	folder := filepath.Join(t.TempDir(), "internal", "workerd")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bridge.mjs"), nil, 0o644))
	below := filepath.Join(filepath.Dir(folder), "other")
	require.NoError(t, os.Mkdir(below, 0o755))
	t.Run("no Node.js", func(t *testing.T) {
		t.Chdir(below)
		t.Setenv("PATH", "")
		require.ErrorContains(t, start(t), "npm ci --prefix "+folder)
	})
	t.Run("no packages", func(t *testing.T) {
		node := filepath.Join(t.TempDir(), "node")
		require.NoError(t, os.WriteFile(node, nil, 0o755))
		t.Chdir(below)
		t.Setenv("PATH", filepath.Dir(node))
		require.ErrorContains(t, start(t), "npm ci --prefix "+folder)
	})
}

func TestStartReportsWhatTheBridgeSays(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("uses a shell script as node")
	}
	root := t.TempDir()
	folder := filepath.Join(root, "internal", "workerd")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "node_modules", "miniflare"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bridge.mjs"), nil, 0o644))
	t.Chdir(root)
	tests := []struct {
		name, script, want string
		is                 error
	}{
		{name: "fails", script: "echo broken >&2; exit 3", want: "broken"},
		{name: "other version", script: `echo '{"port":1,"miniflare":"3.0.0","workerd":"1"}'; cat`, want: "found miniflare 3.0.0", is: workerd.ErrNotInstalled},
		{name: "not JSON", script: "echo hello; cat", want: "the bridge did not start"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			node := filepath.Join(t.TempDir(), "node")
			require.NoError(t, os.WriteFile(node, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755))
			t.Setenv("PATH", filepath.Dir(node)+string(os.PathListSeparator)+os.Getenv("PATH"))
			_, err := workerd.Start(t.Context())
			require.ErrorContains(t, err, tt.want)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
	t.Run("canceled", func(t *testing.T) {
		node := filepath.Join(t.TempDir(), "node")
		require.NoError(t, os.WriteFile(node, []byte("#!/bin/sh\ncat\n"), 0o755))
		t.Setenv("PATH", filepath.Dir(node)+string(os.PathListSeparator)+os.Getenv("PATH"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := workerd.Start(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestVersionsAreThoseOfTheLockFile(t *testing.T) {
	text, err := os.ReadFile("package-lock.json")
	require.NoError(t, err)
	var lock struct {
		Packages map[string]struct{ Version, Resolved string }
	}
	require.NoError(t, json.Unmarshal(text, &lock))
	require.Equal(t, workerd.MiniflareVersion, lock.Packages["node_modules/miniflare"].Version)
	require.Equal(t, workerd.WorkerdVersion, lock.Packages["node_modules/workerd"].Version)
	for name, p := range lock.Packages {
		require.Empty(t, p.Resolved, "%s is bound to one registry", name)
	}
}

func TestSQLiteVersionIsThatOfTheBinary(t *testing.T) {
	workerd.Shared(t) // skips where it is not installed
	binaries, err := filepath.Glob("node_modules/@cloudflare/workerd-*/bin/workerd*")
	require.NoError(t, err)
	require.NotEmpty(t, binaries)
	for _, binary := range binaries {
		content, err := os.ReadFile(binary)
		require.NoError(t, err)
		require.True(t, bytes.Contains(content, []byte(workerd.SQLiteVersion+"\x00")), binary)
	}
}

func TestCloseTwice(t *testing.T) {
	workerd.Shared(t) // skips where it is not installed
	s, err := workerd.Start(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	_, err = s.CreateDatabase(t.Context(), "")
	require.Error(t, err)
}
