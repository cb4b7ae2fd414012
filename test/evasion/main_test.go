package main

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// built is the folder of the programs: the first test that needs them builds
// them for all.
var built func() (string, error)

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "tricks-")
	if err != nil {
		panic(err)
	}
	built = sync.OnceValues(func() (string, error) { return folder, build(context.Background(), folder) })
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// newSuite is a suite in a folder of its own. Without cilock it runs tricks
// untraced.
func newSuite(t *testing.T, cilock string, backends ...string) *suite {
	t.Helper()
	tricks, err := built()
	if err != nil {
		t.Fatal(err)
	}
	work, err := filepath.EvalSymlinks(openFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	return &suite{cilock: cilock, tricks: tricks, work: work, backends: backends}
}

// openFolder is a folder that every user can enter, unlike t.TempDir's.
func openFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "evasion-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}
