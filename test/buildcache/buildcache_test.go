package buildcache

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// module writes a program that prints one word.
func module(t *testing.T, dir, word string) {
	t.Helper()
	for name, text := range map[string]string{
		"go.mod":  "module m\n\ngo 1.26.0\n",
		"main.go": "package main\n\nfunc main() { print(" + `"` + word + `"` + ") }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBuildOnce: two that want a program at once get the same one, and a change
// of its sources makes another.
func TestBuildOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("LocalAppData", cache)
	t.Setenv("HOME", cache)
	t.Setenv("GOCACHE", goEnv(t, "GOCACHE"))
	dir := t.TempDir()
	module(t, dir, "first")
	p := Program{Name: "speaker", Dir: dir}
	var group sync.WaitGroup
	paths := make([]string, 2)
	for i := range paths {
		group.Go(func() {
			var err error
			if paths[i], err = Build(t.Context(), p); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if paths[0] != paths[1] || said(t, paths[0]) != "first" {
		t.Fatalf("built %q, which says %q", paths, said(t, paths[0]))
	}
	module(t, dir, "second")
	path, err := Build(t.Context(), p)
	if err != nil || path == paths[0] || said(t, path) != "second" {
		t.Errorf("after a change: %q, %v", path, err)
	}
}

// goEnv asks go, since the folders that it finds by itself are moved above.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func said(t *testing.T, program string) string {
	t.Helper()
	out, err := exec.Command(program).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestCacheName: the name follows versions and sources, and no test.
func TestCacheName(t *testing.T) {
	dir := t.TempDir()
	module(t, dir, "a")
	names := map[string]string{}
	for _, change := range []struct {
		name, file string
		other      bool // the change makes another program
	}{
		{"go.sum", "go.sum", true}, {"an embedded file", "a.yaml", true}, {"a test", "a_test.go", false},
	} {
		before, err := Program{Name: "x", Dir: dir}.cacheName()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, change.file), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		after, err := Program{Name: "x", Dir: dir}.cacheName()
		if err != nil {
			t.Fatal(err)
		}
		if (before != after) != change.other {
			t.Errorf("%s: %q, then %q", change.name, before, after)
		}
		names[after] = change.name
	}
	if flagged, err := (Program{Name: "x", Dir: dir, Flags: []string{"-race"}}).cacheName(); err != nil || names[flagged] != "" {
		t.Errorf("with another flag: %q, %v", flagged, err)
	}
}
