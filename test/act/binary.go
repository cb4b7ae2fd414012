package act

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mainModule is how the repository's root is recognised.
const mainModule = "module github.com/org/cilock-action\n"

// Binary returns the path of the act program, built from tools/act/go.mod into
// the user's cache folder if it is not there yet: one to two minutes when
// nothing is cached.
//
// Under -short the test is skipped. If act cannot be built the test fails where
// the environment variable CI is true, and is skipped elsewhere, so that a
// machine without a network can still run the rest.
func Binary(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("act is not run under -short")
	}
	if why := unsupported(); why != "" {
		t.Skip(why)
	}
	path, err := build(Root(t))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("act is required where CI=true: %v", err)
		}
		t.Skipf("act cannot be had here: %v", err)
	}
	return path
}

// Root returns the repository's root: the folder above the working directory
// that holds the go.mod of the main module.
func Root(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.Contains(string(text), mainModule) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatalf("no go.mod of the main module above %s", start)
		}
	}
}

// build returns act's path and builds it if the cache has none. Tests of
// several packages may want it at once: the first builds, the others wait.
func build(root string) (string, error) {
	name, err := cacheName(filepath.Join(root, "tools", "act"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder for act: %w", err)
	}
	dir := filepath.Join(cache, "cilock-action-tools")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder for act: %w", err)
	}
	path := filepath.Join(dir, name)
	unlock, err := lock(path + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	// Built beside its place and renamed, so that nobody sees half a program.
	part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
	defer os.Remove(part)
	cmd := exec.Command("go", "-C", filepath.Join(root, "tools", "act"), "build", "-trimpath", "-o", part, "github.com/nektos/act")
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build act: %w\n%s", err, out)
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("keep the act that was built: %w", err)
	}
	return path, nil
}

var requireAct = regexp.MustCompile(`(?m)^\s*(?:require )?github\.com/nektos/act (v\S+)`)

// cacheName names the program after its version and after the exact versions
// of everything in it, so that no cache can be stale.
func cacheName(dir string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("find the version of act: %w", err)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("find the versions inside act: %w", err)
	}
	match := requireAct.FindSubmatch(mod)
	if match == nil {
		return "", fmt.Errorf("%s/go.mod requires no act", dir)
	}
	digest := sha256.Sum256(append(mod, sum...))
	return fmt.Sprintf("act-%s-%x", match[1], digest[:6]), nil
}
