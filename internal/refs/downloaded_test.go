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

// TestDownloadInsideAnother: a mark above an action, put there by a step, makes
// it a part of another one, and that is said.
func TestDownloadInsideAnother(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "acme", "tool", "release", "2"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"release.completed", "release/2.completed"} {
		if err := os.WriteFile(filepath.Join(dir, "acme", "tool", filepath.FromSlash(mark)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := Report{Rows: []Row{use(6, "acme/tool/sub@release/2"), use(7, "acme/tool@release/3")}}
	r.Follow(t.Context(), World{Actions: dir})
	if len(r.Gaps) != 1 || !strings.Contains(r.Gaps[0], "acme/tool/sub@release/2 was downloaded into acme/tool@release") {
		t.Errorf("%q", r.Gaps)
	}
}

// TestDownloadsOfTwoSpellings: an action that was downloaded under two
// spellings of its name is read in both folders.
func TestDownloadsOfTwoSpellings(t *testing.T) {
	dir := t.TempDir()
	for owner, inner := range map[string]string{"ACME": "a/first@v1", "Acme": "a/second@v1"} {
		file := filepath.Join(dir, owner, "tool", "v1", "action.yml")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); err == nil {
			t.Skip("the case of names does not count here")
		}
		for name, text := range map[string]string{
			file: "runs: {using: composite, steps: [{uses: " + inner + "}]}\n", filepath.Dir(file) + ".completed": "now",
		} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := Report{Rows: []Row{use(6, "acme/tool@v1")}}
	r.Follow(t.Context(), World{Actions: dir})
	var got []string
	for i := range r.References {
		got = append(got, r.References[i].Key)
	}
	if want := []string{"a/first@v1", "a/second@v1", "acme/tool@v1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
