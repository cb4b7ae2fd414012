package refs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDownloadWithoutMark: a step that removes the runner's mark, or puts a link
// in the place of a folder, hides nothing: where the name tells which commit a
// folder is it is looked at, and in any case it is said.
func TestDownloadWithoutMark(t *testing.T) {
	dir := t.TempDir()
	sha := pinnedUse[strings.Index(pinnedUse, "@")+1:]
	name, _, _ := strings.Cut(pinnedUse, "@")
	for _, ref := range []string{sha, "release/1"} {
		file := filepath.Join(dir, name, ref, "action.yml")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("runs: {using: node24, main: x.js}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "astray")); err != nil {
		t.Skip("no symlinks here: ", err)
	}
	r := Report{Rows: []Row{use(6, pinnedUse)}}
	r.Follow(t.Context(), World{Actions: dir})
	for _, want := range []string{name + "@" + sha, name + "@release", `"astray" is a symlink`} {
		if !slices.ContainsFunc(r.Gaps, func(gap string) bool { return strings.Contains(gap, want) }) {
			t.Errorf("no gap about %s: %q", want, r.Gaps)
		}
	}
	if ref := r.References[0]; len(r.References) != 1 || !ref.Followed || ref.Bytes.TreeSHA256 == "" {
		t.Errorf("the commit's folder was not looked at: %+v", r.References)
	}
}
