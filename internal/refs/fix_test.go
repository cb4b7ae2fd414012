package refs

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReplaceLeavesOthersChanges: what somebody saved between our reading and
// our writing stays, and nothing of ours is left beside it.
func TestReplaceLeavesOthersChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ci.yml")
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replace(path, []byte("as it was read"), []byte("ours"), 0o600); err == nil {
		t.Error("it was written over")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "theirs" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("the folder holds %v, %v", all, err)
	}
	if err := replace(path, []byte("theirs"), []byte("ours"), 0o600); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "ours" {
		t.Errorf("the file holds %q, %v", text, err)
	}
}
