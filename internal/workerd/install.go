package workerd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// What package-lock.json pins, and what that release of workerd contains. All
// measured facts about the engine hold for these.
const (
	MiniflareVersion = "4.20260426.0"
	WorkerdVersion   = "1.20260426.1"
	SQLiteVersion    = "3.47.0"
)

// ErrNotInstalled is reported by Start when Node.js or the npm packages are
// missing; the error's text has the command that installs them.
var ErrNotInstalled = errors.New("workerd: not installed")

// install finds Node.js and the folder with the bridge and its packages.
func install() (node, folder string, err error) {
	folder, err = findFolder()
	if err != nil {
		return "", "", err
	}
	node, err = exec.LookPath("node")
	if err != nil {
		return "", "", fmt.Errorf("%w: no node on the PATH: install Node.js 20 or newer, then run: npm ci --prefix %s", ErrNotInstalled, folder)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "miniflare")); err != nil {
		return "", "", fmt.Errorf("%w: run: npm ci --prefix %s", ErrNotInstalled, folder)
	}
	return node, folder, nil
}

// findFolder walks up from the working directory, which for a test is its
// package's folder: that works in nested modules and with -trimpath too.
func findFolder() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("workerd: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		folder := filepath.Join(dir, "internal", "workerd")
		if _, err := os.Stat(filepath.Join(folder, "bridge.mjs")); err == nil {
			return folder, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%w: no folder internal/workerd in %s or above it", ErrNotInstalled, start)
		}
	}
}
