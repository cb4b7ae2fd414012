package ghresolve_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/test/github"
)

// rewrite changes every kept answer.
func rewrite(t *testing.T, dir string, f func([]byte) []byte) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(dir, "answers"), func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(name, f(data), 0o600)
	})
	if err != nil || n == 0 {
		t.Fatalf("%d entries rewritten, %v", n, err)
	}
}

func TestDamagedCache(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	one(t, open(t, o), "owner/repo@"+w.impostor)
	for name, f := range map[string]func([]byte) []byte{
		"lie":     func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("unreachable"), []byte("reachable-default")) },
		"cut off": func(b []byte) []byte { return b[:len(b)/2] },
		"empty":   func([]byte) []byte { return nil },
		"more":    func(b []byte) []byte { return append(b, '}') },
		"html":    func([]byte) []byte { return []byte("<html>") },
		"bit":     func(b []byte) []byte { b[len(b)-3] ^= 1; return b },
	} {
		rewrite(t, o.CacheDir, f)
		w.Reset()
		if a := one(t, open(t, o), "owner/repo@"+w.impostor); a.Verdict != ghresolve.Unreachable {
			t.Errorf("%s: %s", name, a.Verdict)
		}
		if n := w.Requests(); n.Git == 0 || n.REST == 0 {
			t.Errorf("%s: the damaged entries were believed: %+v", name, n)
		}
	}
}

// TestDamagedGitRepository: what git keeps is made anew when git refuses it.
func TestDamagedGitRepository(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	one(t, open(t, o), "owner/repo@"+w.below)
	packs := 0
	err := filepath.WalkDir(filepath.Join(o.CacheDir, "git"), func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(name, "objects") {
			packs++
			os.Chmod(name, 0o600)
			return os.WriteFile(name, []byte("damaged"), 0o600)
		}
		return err
	})
	if err != nil || packs == 0 {
		t.Fatalf("%d files damaged, %v", packs, err)
	}
	if a := one(t, open(t, o), "owner/repo@"+w.tagged); a.Verdict != ghresolve.TagOnly {
		t.Errorf("%s: %s", a.Verdict, a.Reason)
	}
}

func TestUndeterminedIsNotKept(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	w.Intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
		http.Error(rw, "oops", http.StatusBadGateway)
		return true
	})
	if a := one(t, open(t, o), "owner/repo@"+w.below); a.Verdict != ghresolve.Undetermined {
		t.Fatalf("%+v", a)
	}
	w.Intercept(nil)
	if a := one(t, open(t, o), "owner/repo@"+w.below); a.Verdict != ghresolve.ReachableRef {
		t.Errorf("%+v", a)
	}
}

// TestServersAreApart: what one server said of a name is not believed of
// another server's repository of that name.
func TestServersAreApart(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	one(t, open(t, o), "owner/repo@"+w.below)
	other := github.New(t)
	other.Add("owner/repo").Commit("main", map[string]string{"a": "b"})
	o.ServerURL, o.APIURL = other.URL(), other.APIURL()
	if a := one(t, open(t, o), "owner/repo@"+w.below); a.Verdict != ghresolve.Missing {
		t.Errorf("%+v", a)
	}
}

// TestProvedStaysProved: a pin that was reachable once is so for ever, also
// when its branch is gone or the server is; one that was not judged is not.
func TestProvedStaysProved(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	one(t, open(t, o), "owner/repo@"+w.below)
	w.repo.DeleteBranch("releases/v1")
	w.repo.Git("update-ref", "-d", "refs/tags/path/to/v3")
	w.repo.Git("update-ref", "-d", "refs/heads/both")
	if a := one(t, open(t, o), "owner/repo@"+w.below); a.Verdict != ghresolve.ReachableRef {
		t.Errorf("kept: %+v", a)
	}
	if a := one(t, open(t, options(t, w.Server)), "owner/repo@"+w.below); a.Verdict != ghresolve.Unreachable {
		t.Errorf("fresh: %+v", a)
	}
}

func TestReadFile(t *testing.T) {
	w := newWorld(t)
	repo, sha := w.Add("o/files"), ""
	repo.Commit("main", map[string]string{"sub/action.yaml": "yaml", "action.yml": "root", "big": strings.Repeat("x", 2000)})
	link := repo.Git("hash-object", "-w", "--stdin") // empty content is a fine target
	repo.Git("update-index", "--add", "--cacheinfo", "120000,"+link+",link/action.yml")
	sha = repo.Commit("main", map[string]string{"b": "c"})
	withLink := repo.Git("commit-tree", "-m", "link", repo.Git("write-tree"))

	o := options(t, w.Server)
	r := open(t, o)
	read := func(sha string, max int64, names ...string) (string, string, error) {
		name, data, err := r.ReadFile(t.Context(), "o/files", sha, names, max)
		return name, string(data), err
	}
	if name, data, err := read(sha, 100, "sub/action.yml", "sub/action.yaml"); name != "sub/action.yaml" || data != "yaml" || err != nil {
		t.Errorf("%q %q %v", name, data, err)
	}
	if _, _, err := read(sha, 100, "none/action.yml", "sub"); err == nil {
		t.Error("a folder was read")
	}
	if _, _, err := read(sha, 100, "none/action.yml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	if _, _, err := read(sha, 1999, "big"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("too large: %v", err)
	}
	if _, data, err := read(sha, 2000, "big"); len(data) != 2000 || err != nil {
		t.Errorf("just as large as allowed: %v", err)
	}
	if _, _, err := read(withLink, 100, "link/action.yml"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("symbolic link: %v", err)
	}
	if _, _, err := read(w.never, 100, "action.yml"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such commit: %v", err)
	}
	for _, bad := range []string{"--upload-pack=x", "HEAD", ""} {
		if _, _, err := read(bad, 100, "action.yml"); err == nil {
			t.Errorf("commit %q was read", bad)
		}
	}

	w.Reset()
	r = open(t, o)
	if _, data, err := read(sha, 100, "sub/action.yml", "sub/action.yaml"); data != "yaml" || err != nil {
		t.Errorf("again: %q %v", data, err)
	}
	if _, _, err := read(sha, 100, "none/action.yml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("again: %v", err)
	}
	if n := w.Requests(); n.Git != 0 {
		t.Errorf("reading again caused %+v", n)
	}
}
