package refs

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// TestFixAmbiguous: where a branch and a tag of one name differ, no commit is
// chosen for the author.
func TestFixAmbiguous(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ci.yml")
	const text = "jobs: {a: {steps: [{uses: acme/tool@v1}]}}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	branch, tag := strings.Repeat("1", 40), strings.Repeat("2", 40)
	for _, c := range []struct {
		branch string
		fixed  int
	}{{branch, 0}, {tag, 1}} {
		r := Scan([]string{path})
		r.Follow(t.Context(), World{Resolver: &answers{by: map[string]ghresolve.Answer{"acme/tool@v1": {
			Verdict: ghresolve.ReachableDefault, SHA: tag, Ambiguous: true, BranchSHA: c.branch, TagSHA: tag,
		}}}})
		proposed := 0
		for _, f := range Judge(r) {
			if f.Replace != "" {
				proposed++
			}
		}
		fixed := Fix(r)
		now, err := os.ReadFile(path)
		if err != nil || fixed.Pinned != c.fixed || proposed != c.fixed || len(fixed.Left) != 1-c.fixed || (string(now) == text) != (c.fixed == 0) {
			t.Errorf("%d proposed, %+v, %v:\n%s", proposed, fixed, err, now)
		}
	}
}

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

// TestFixLeavesAlone: a file that is read-only, and one with a second name.
func TestFixLeavesAlone(t *testing.T) {
	const text = "jobs: {a: {steps: [{uses: acme/tool@v1}]}}\n"
	for name, prepare := range map[string]func(path string) error{
		"read-only": func(path string) error { return os.Chmod(path, 0o400) },
		"hard link": func(path string) error {
			if runtime.GOOS == "windows" {
				return os.Chmod(path, 0o400)
			}
			return os.Link(path, path+".second")
		},
	} {
		path := filepath.Join(t.TempDir(), "ci.yml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := prepare(path); err != nil {
			t.Skip("cannot be prepared here: ", err)
		}
		r := Scan([]string{path})
		r.Follow(t.Context(), World{Resolver: &answers{by: map[string]ghresolve.Answer{
			"acme/tool@v1": {Verdict: ghresolve.ReachableDefault, SHA: strings.Repeat("2", 40)},
		}}})
		fixed := Fix(r)
		if now, err := os.ReadFile(path); err != nil || string(now) != text || fixed.Pinned != 0 || len(fixed.Left) != 1 {
			t.Errorf("%s: %+v, %v:\n%s", name, fixed, err, now)
		}
	}
}
