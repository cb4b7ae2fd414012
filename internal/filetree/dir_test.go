package filetree

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestOpenFolder: what is listed has its type, and nothing leads out.
func TestOpenFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/file", "x")
	must(t, os.Mkdir(filepath.Join(dir, "a", "folder"), 0o700))
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	f, err := OpenFolder(root, "a")
	must(t, err)
	defer f.Close()
	entries, err := f.ReadDir(-1)
	must(t, err)
	found := map[string]bool{}
	for _, e := range entries {
		found[e.Name()] = e.IsDir()
	}
	if len(found) != 2 || found["file"] || !found["folder"] {
		t.Errorf("found %v", found)
	}
	if runtime.GOOS == "windows" {
		return // making a symlink needs a right there
	}
	must(t, os.Symlink("..", filepath.Join(dir, "out")))
	for _, name := range []string{"out", "a/file", "../" + filepath.Base(dir)} {
		if f, err := OpenFolder(root, name); err == nil {
			f.Close()
			t.Errorf("%s was opened as a folder", name)
		}
	}
}
