//go:build unix

package treecheck

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// In a clone without blobs the attributes and the contents that are needed, and
// no others, are fetched.
func TestCompareFetchesLazily(t *testing.T) {
	files := tree{".gitattributes": "*.bat eol=crlf\n", "deep/.gitattributes": "gone export-ignore\n", "deep/gone": "g", "a.bat": "1\n2\n"}
	for i := range 20 {
		files[fmt.Sprintf("src/%d", i)] = fmt.Sprint("content ", i)
	}
	origin := newRepo(t, files)
	origin.run("config", "uploadpack.allowFilter", "true")
	origin.run("config", "uploadpack.allowAnySHA1InWant", "true")
	for _, bare := range []bool{true, false} {
		clone := filepath.Join(t.TempDir(), "clone")
		args := []string{"clone", "-q", "--filter=blob:none", "--no-checkout", "file://" + origin.dir, clone}
		if bare {
			args[3] = "--bare"
		}
		origin.run(args...)
		partial := &repo{t, clone, gitIn(t, clone)}
		missing := func() int {
			return strings.Count(partial.run("rev-list", "--objects", "--missing=print", "HEAD")+"\n", "\n?")
		}
		if n := missing(); n < 20 {
			t.Fatalf("only %d blobs are missing in the clone: it is not partial", n)
		}
		before := missing()
		dir, commit := origin.extract(), Commit{partial.git, origin.head().SHA}
		want := []string{"content a.bat eol", "missing deep/gone export-ignore"}
		if got := Compare(context.Background(), dir, commit, Options{}); got.State != True || !slices.Equal(got.show(), want) {
			t.Errorf("bare %v: %s (%s) %q, want true %q", bare, got.State, got.Reason, got.show(), want)
		}
		if n := before - missing(); n != 3 {
			t.Errorf("bare %v: %d blobs were fetched, want the two .gitattributes and a.bat", bare, n)
		}
		if _, err := os.Stat(partial.run("rev-parse", "--path-format=absolute", "--git-path", "index")); err == nil {
			t.Errorf("bare %v: the repository's own index was written", bare)
		}
	}
}

// An equal tree costs one run of git, and one without attributes two.
func TestCompareRunsOfGit(t *testing.T) {
	r := newRepo(t, tree{"a": "1", "b": "2"})
	dir := r.extract()
	runs := 0
	commit := Commit{func(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
		runs++
		return r.git(ctx, stdin, args...)
	}, r.head().SHA}
	if got := Compare(context.Background(), dir, commit, Options{}); got.State != True || runs != 1 {
		t.Errorf("equal: %s after %d runs of git", got.State, runs)
	}
	tree{"a": "evil"}.write(t, dir)
	runs = 0
	if got := Compare(context.Background(), dir, commit, Options{}); got.State != False || runs != 2 {
		t.Errorf("edited: %s after %d runs of git", got.State, runs)
	}
}

// What the machine or the repository itself says about attributes does not
// count, and neither do replaced objects.
func TestCompareIgnoresLocalSettings(t *testing.T) {
	r := newRepo(t, tree{".gitattributes": "A export-ignore\n", "a": "1", "b": "2"})
	dir, commit := r.extract(), r.head()
	must(t, os.Remove(filepath.Join(dir, "a")))
	everything := filepath.Join(t.TempDir(), "attributes")
	must(t, os.WriteFile(everything, []byte("* export-ignore\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(r.dir, ".gitattributes"), []byte("* export-ignore\n"), 0o644))
	if got := Compare(context.Background(), dir, commit, Options{}); got.State != False {
		t.Errorf("with an edited work tree: %+v", got)
	}
	r.run("config", "core.attributesFile", everything)
	if got := Compare(context.Background(), dir, commit, Options{}); got.State != False {
		t.Errorf("with core.attributesFile: %+v", got)
	}
	r.run("config", "core.ignoreCase", "true")
	if got := Compare(context.Background(), dir, commit, Options{}); got.State != False {
		t.Errorf("with core.ignoreCase: %+v", got)
	}
	must(t, os.Remove(filepath.Join(r.dir, "a")))
	r.commit()
	r.run("replace", commit.SHA, "HEAD")
	if got := Compare(context.Background(), dir, commit, Options{}); got.State != False {
		t.Errorf("with a replaced commit: %+v", got)
	}
	must(t, os.MkdirAll(filepath.Join(r.dir, ".git/info"), 0o755))
	must(t, os.WriteFile(filepath.Join(r.dir, ".git/info/attributes"), []byte("* export-ignore\n"), 0o644))
	if got := Compare(context.Background(), dir, commit, Options{}); got.State != Unverified {
		t.Errorf("with info/attributes: %+v", got)
	}
}

// The list of a result ends; its total does not.
func TestCompareManyDifferences(t *testing.T) {
	r := newRepo(t, tree{".gitattributes": "z export-ignore\n", "z": ""})
	dir := r.extract()
	for i := range maxDifferences + 20 {
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("x%03d", i)), nil, 0o644))
	}
	got := Compare(context.Background(), dir, r.head(), Options{})
	if got.State != False || got.Total != maxDifferences+20 || len(got.Differences) != maxDifferences {
		t.Errorf("%s, total %d, %d listed", got.State, got.Total, len(got.Differences))
	}
	if !slices.IsSortedFunc(got.Differences, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) }) {
		t.Errorf("not sorted: %q", got.show())
	}
}
