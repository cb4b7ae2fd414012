//go:build unix

package filetree

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestReplaceable: a pipe, a folder, and a link to either stay what they are; a
// file and a link to one do not.
func TestReplaceable(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"to-pipe": "pipe", "to-folder": ".", "to-file": "file", "to-nothing": "none"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, replaced := range map[string]bool{
		"pipe": false, ".": false, "to-pipe": false, "to-folder": false,
		"to-file": true, "to-nothing": true, "file": true, "new": true,
	} {
		path := filepath.Join(dir, name)
		before, _ := os.Lstat(path)
		err := Replace(path, []byte("new"), 0o600, nil)
		if (err == nil) != replaced {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.Lstat(path); !replaced && after.Mode() != before.Mode() {
			t.Errorf("%s is now %s", name, after.Mode())
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(text) != "new" {
		t.Errorf("file: %q, %v", text, err)
	}
}
