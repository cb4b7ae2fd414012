package act

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/buildcache"
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
	if why := unsupported(); why != "" {
		t.Skip(why)
	}
	dir := filepath.Join(Root(t), "tools", "act")
	version, err := version(dir)
	if err != nil {
		t.Fatal(err)
	}
	return buildcache.Require(t, buildcache.Program{
		Name: "act-" + version, Dir: dir, Package: "github.com/nektos/act",
		Flags: []string{"-trimpath"}, Env: []string{"CGO_ENABLED=0"},
	})
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

var requireAct = regexp.MustCompile(`(?m)^\s*(?:require )?github\.com/nektos/act (v\S+)`)

// version returns the version of act that dir's go.mod requires.
func version(dir string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("find the version of act: %w", err)
	}
	match := requireAct.FindSubmatch(mod)
	if match == nil {
		return "", fmt.Errorf("%s/go.mod requires no act", dir)
	}
	return string(match[1]), nil
}
