package actionref

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds adds every case file.
func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/cases/*.yml")
	if err != nil || len(files) == 0 {
		f.Fatal("no case files", err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
}

// FuzzParse: what is pinned is a commit or a digest, spelled in the one way.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"acme/tool@" + testSHA, "A/b/C@v1", "./a", `.\a`, "./../a", "$/a", "docker://a:1@" + testDigest, "DOCKER://a",
		"a/b/.github/workflows/w.yml@main", "./.github/workflows/w.yml", "${{ x }}", "a/b@v1@" + testSHA, "a/b@\u00a0", " a/b@" + testSHA + "\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, at := range []Place{InStep, InJob, InContainer, InRunsImage} {
			r := Parse(text, at)
			checkRef(t, r, at)
			lower := strings.ToLower(r.Text())
			commit := strings.HasSuffix(lower, "@"+r.SHA()) && r.SHA() != ""
			digest := strings.HasSuffix(lower, "@"+r.Digest()) && r.Digest() != ""
			own := r.Kind() == KindSelf || r.Kind() == KindLocalWorkflow
			if r.Pinned() && !commit && !digest && !own {
				t.Errorf("Parse(%q, %s) is pinned to nothing", text, at)
			}
		}
	})
}

// FuzzFind: positions are inside the file, spans are literal, bounds hold; and
// a model of the runner's reader finds the same references.
func FuzzFind(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		kept := bytes.Clone(src)
		file := Find(src)
		if !bytes.Equal(kept, src) {
			t.Fatal("Find changed the file")
		}
		checkFile(t, src, file)
		again := Find(src)
		if fmt.Sprint(file) != fmt.Sprint(again) {
			t.Errorf("two answers for one file:\n%v\n%v", file, again)
		}
		checkModel(t, src, file)
	})
}

func checkFile(t *testing.T, src []byte, file File) {
	t.Helper()
	checkSpans(t, src, file)
	lines := 1 + bytes.Count(src, []byte("\n")) + bytes.Count(src, []byte("\r"))
	inside := func(what string, line, col int) {
		if line < 1 || line > lines || col < 0 || col > 1+len(src) {
			t.Errorf("%s at %d:%d of %d lines", what, line, col, lines)
		}
	}
	for _, s := range file.Steps {
		inside("step", s.Line, 0)
	}
	for _, u := range file.Uses {
		inside(u.Ref.Text(), u.Line, u.Col)
		checkRef(t, u.Ref, u.Place)
		if u.Count < 1 || u.Col < 1 || u.Ref.Kind() == "" || u.Ref.Kind() == KindError {
			t.Errorf("use %+v", u)
		}
		if u.Comment != "" && (!looksLikeVersion(u.Comment) || string(src[u.version.Start:u.version.End]) != u.Comment) {
			t.Errorf("comment %q", u.Comment)
		}
	}
	for _, p := range file.Problems {
		inside(p.Why, p.Line, p.Col)
	}
	for _, i := range file.Injections {
		inside(i.Expression, i.Line, i.Col)
	}
	if len(file.Problems) > maxProblems+1 || len(file.Injections) > maxInjections || len(file.Uses) > len(src) {
		t.Errorf("%d problems, %d injections, %d uses of %d bytes", len(file.Problems), len(file.Injections), len(file.Uses), len(src))
	}
	if len(file.Problems) == 0 && file.Kind == Unknown {
		t.Error("neither a workflow nor an action, and no problem")
	}
}

// FuzzPin pins everything, or every other reference.
func FuzzPin(f *testing.F) {
	files, err := filepath.Glob("testdata/cases/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for i, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src, i%2 == 0, "v1.2.3")
	}
	f.Fuzz(func(t *testing.T, src []byte, all bool, version string) {
		if len(src) > 64<<10 {
			return
		}
		var pins []Pinning
		for i, u := range Find(src).Uses {
			if all || i%2 == 0 {
				pins = append(pins, Pinning{u, toFor(u), version})
			}
		}
		kept := bytes.Clone(src)
		got, refused := Pin(src, pins)
		if !bytes.Equal(kept, src) {
			t.Fatal("Pin changed its argument")
		}
		if err := checkPinned(src, got, pins, refused); err != nil {
			t.Error(err)
		}
	})
}

// FuzzParseLock: an answer is a commit, and an error answers nothing.
func FuzzParseLock(f *testing.F) {
	f.Add([]byte("version: v0.0.3\nworkflows:\n  .github/workflows/a.yml: [acme/tool@v1]\ndependencies:\n  acme/tool@v1: {ref: refs/tags/v1, commit: sha1-" + testSHA + "}\n"))
	f.Add([]byte("version: v0.0.2\ndependencies: {a/b@v1: {commit: sha1-" + testSHA + "}, A/B@v1: {commit: sha1-" + testSHA + "}}\n"))
	f.Add([]byte("version: v9\n"))
	f.Add([]byte("a: &a [*a]\n---\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		l, err := ParseLock(src)
		if err != nil && (l.commits != nil || l.workflows != nil) {
			t.Error("an error and an answer")
		}
		for key, sha := range l.commits {
			if !isHex(sha, 40) || strings.ToLower(sha) != sha || !utf8.ValidString(key) {
				t.Errorf("%q is locked to %q", key, sha)
			}
			r := Parse(key, InStep)
			if r.Kind() != KindAction || r.Repository()+"@"+r.Version() != key {
				t.Errorf("%q is no reference", key)
			}
			if got, ok := l.Commit("no such file", r); ok {
				t.Errorf("%q is locked to %q in a file that the lock does not name", key, got)
			}
		}
	})
}
