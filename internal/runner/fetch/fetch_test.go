package fetch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/runner/fetch"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
	"github.com/org/cilock-action/test/github"
)

// everything is a tree with one of everything that git can hold.
func everything() []file {
	files := []file{
		{"100644", "action.yml", "runs: {using: node24, main: a.js}\n"},
		{"100755", "run.sh", "#!/bin/sh\n"},
		{"100644", "empty", ""},
		{"100644", "with space", "1\n"},
		{"100644", "deep/er/and deeper/x", "2\r\n"},
		{"120000", "link", "deep/er"},
		{"120000", "deep/up", "../run.sh"},
		{"120000", "dangling", "nowhere"},
		{"120000", "loop", "loop"},
		{"100644", ".gitattributes", "*.txt eol=crlf ident\nleft-out export-ignore\nsubst export-subst\n"},
		{"100644", "a.txt", "$Id$\n"},
		{"100644", "left-out", "3\n"},
		{"100644", "subst", "$Format:%H$\n"},
		{"100644", "lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 1\n"},
		{"100644", "large", strings.Repeat("0123456789abcdef", 20<<20/16)},
	}
	if runtime.GOOS == "linux" { // others may refuse or change such names
		files = append(files, file{"100644", "new\nline", "4\n"}, file{"100644", "not-\xff-utf8/\xfe", "5\n"},
			file{"100644", "CASE", "6\n"}, file{"100644", "case", "7\n"})
	}
	return files
}

// TestFromDir: the files are the commit's, not those of the work tree, and are
// proved with no network.
func TestFromDir(t *testing.T) {
	bare := newRepo(t)
	sha := bare.commit(everything()...)
	bare.git(nil, "tag", "v1", sha)
	bare.git(nil, "tag", "-a", "-m", "x", "v2", sha)
	bare.git(nil, "update-ref", "refs/heads/feature/x", sha)
	later := bare.commit(file{"100644", "action.yml", "later"})
	bare.git(nil, "update-ref", "refs/heads/v1", later) // the tag counts
	work := filepath.Join(t.TempDir(), "work")
	bare.git(nil, "clone", "-q", bare.dir, work)
	must(t, os.WriteFile(filepath.Join(work, "action.yml"), []byte("dirty"), 0o644))
	linked := filepath.Join(t.TempDir(), "linked")
	bare.git(nil, "--git-dir="+work+"/.git", "worktree", "add", "-q", linked, sha)
	packed := filepath.Join(t.TempDir(), "packed")
	bare.git(nil, "clone", "-q", "--bare", bare.dir, packed)
	bare.git(nil, "--git-dir="+packed, "pack-refs", "--all")
	for _, test := range []struct{ dir, ref, sha string }{
		{bare.dir, sha, sha},
		{bare.dir, strings.ToUpper(sha), sha},
		{bare.dir, "v1", sha},
		{bare.dir, "v2", sha},
		{bare.dir, "feature/x", sha},
		{bare.dir, "heads/v1", later},
		{bare.dir, "main", later},
		{work, sha, sha},
		{filepath.Join(work, ".github", ".."), later, later},
		{linked, "v1", sha},
		{filepath.Join(linked, "deep"), sha, sha},
		{packed, "v2", sha},
	} {
		got, err := fromDir(t, test.dir, test.ref)
		if err != nil {
			t.Errorf("%s: %v", test.ref, err)
			continue
		}
		if got.SHA != test.sha || got.Source != fetch.FromDir || got.Reason != "" {
			t.Errorf("%s: %+v", test.ref, got)
		}
		verified(t, got)
	}
	refused(t, bare.dir, strings.Repeat("0", 40), "does not have the commit 0000")
	refused(t, work, "v3", "no tag and no branch")
	refused(t, bare.dir, bare.git(nil, "rev-parse", sha+":action.yml"), "does not have the commit")
}

// TestSubmodule: a submodule is an empty folder.
func TestSubmodule(t *testing.T) {
	r := newRepo(t)
	sha := r.commit(file{"100644", "a", "1"}, file{"160000", "sub/module", strings.Repeat("1", 40)})
	got, err := fromDir(t, r.dir, sha)
	must(t, err)
	verified(t, got, "sub/module submodule")
	if list, err := os.ReadDir(filepath.Join(got.Dir, "sub", "module")); err != nil || len(list) > 0 {
		t.Errorf("%v %v", list, err)
	}
}

// TestPlainFolder: what is no git repository is copied, and proves nothing.
func TestPlainFolder(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "sub", ".git"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "sub", "x"), []byte("1"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "sub", ".git", "config"), nil, 0o644))
	must(t, os.Symlink("sub/x", filepath.Join(dir, "link")))
	got, err := fromDir(t, dir, "v1")
	must(t, err)
	tree, err := treecheck.Hash(t.Context(), got.Dir, treecheck.Limits{})
	must(t, err)
	if len(tree.Entries) != 2 || tree.Entries[1].Mode != treecheck.ModeExec && runtime.GOOS != "windows" {
		t.Errorf("%+v", tree.Entries)
	}
	if got.SHA != "" || got.Commit != nil || !strings.Contains(got.Reason, "is no git repository") {
		t.Errorf("%+v", got)
	}
	must(t, os.Symlink("/etc", filepath.Join(dir, "out")))
	refused(t, dir, "v1", "leads out of the repository")
	refused(t, filepath.Join(dir, "sub", "x"), "v1", "not a folder")
	refused(t, filepath.Join(dir, "none"), "v1", "no such file")
}

// TestOneFetch: the blobs that came not along with the trees come all at once.
func TestOneFetch(t *testing.T) {
	s := github.New(t)
	files := map[string]string{}
	for i := range 30 {
		files[fmt.Sprint(i)] = strings.Repeat(fmt.Sprintln(i), 20_000)
	}
	sha := s.Add("acme/tool").Commit("main", files)
	got, err := fetcher(t, fetch.Options{Net: network(t, s)}).Fetch(t.Context(), parse("acme/tool@"+sha))
	must(t, err)
	verified(t, got)
	if n := s.Requests().Git; n > 12 { // three for each of ls-remote and two fetches, at most
		t.Errorf("%d requests to the git server", n)
	}
}

// TestFromGit: the files are the commit's, and a tag is resolved once.
func TestFromGit(t *testing.T) {
	local := newRepo(t)
	sha := local.commit(everything()...)
	s := github.New(t)
	remote := s.Add("Acme/Tool")
	local.git(nil, "push", "-q", remote.Dir(), "main")
	remote.Annotate("v1", sha)
	net := network(t, s)
	f := fetcher(t, fetch.Options{Net: net, Runner: t.TempDir()})
	got, err := f.Fetch(t.Context(), parse("ACME/Tool/deep@v1"))
	must(t, err)
	if got.Source != fetch.FromGit || got.SHA != sha || filepath.Base(filepath.Dir(got.Dir)) != "tool" || len(got.Skipped) != 1 {
		t.Errorf("%+v", got)
	}
	verified(t, got)
	// A tag that moves stays where it was.
	remote.Tag("v1", remote.Commit("main", map[string]string{"action.yml": "evil"}))
	if again, err := f.Fetch(t.Context(), parse("acme/tool@v1")); err != nil || again.SHA != sha {
		t.Errorf("%+v %v", again, err)
	}
	s.Rename("Acme/Tool", "Acme/New")
	got, err = fetcher(t, fetch.Options{Net: network(t, s)}).Fetch(t.Context(), parse("acme/tool@"+sha))
	must(t, err)
	verified(t, got)
	if _, err := f.Fetch(t.Context(), parse("acme/tool@none")); err == nil {
		t.Error("a tag that is not there was fetched")
	}
	if _, err := fetcher(t, fetch.Options{}).Fetch(t.Context(), parse("acme/tool@"+sha)); err == nil || !strings.Contains(err.Error(), "nothing is fetched over the network") {
		t.Errorf("without a network: %v", err)
	}
}

// TestFromTarball: without git the archive is unpacked.
func TestFromTarball(t *testing.T) {
	local := newRepo(t)
	sha := local.commit(everything()...)
	s := github.New(t)
	remote := s.Add("Acme/Tool")
	local.git(nil, "push", "-q", remote.Dir(), "main")
	net := network(t, s)
	got, err := fetcher(t, fetch.Options{Net: withoutGit{net}}).Fetch(t.Context(), parse("acme/tool@"+sha))
	must(t, err)
	if got.Source != fetch.FromTarball || got.SHA != sha || got.Commit != nil || !strings.Contains(got.Reason, "tired") {
		t.Errorf("%+v", got)
	}
	git, err := net.Commit(t.Context(), "acme/tool", sha)
	must(t, err)
	got.Commit = &treecheck.Commit{Git: treecheck.Git(git), SHA: sha}
	verified(t, got, "a.txt ident+eol", "left-out export-ignore", "subst export-subst")
}

// TestWithoutGit: where git is not installed REST says what a tag names.
func TestWithoutGit(t *testing.T) {
	s := github.New(t)
	repo := s.Add("acme/tool")
	sha := repo.Commit("main", map[string]string{"action.yml": "1"})
	repo.Annotate("v1", sha)
	tip := repo.Commit("main", map[string]string{"action.yml": "2"})
	repo.Branch("v1", tip) // the tag counts
	repo.Branch("feature/x", tip)
	net, err := ghresolve.NewArchives(ghresolve.Options{
		ServerURL: s.URL(), APIURL: s.APIURL(), Denied: []ghresolve.Denied{{Repository: "acme/tool", SHA: strings.Repeat("a", 40), Reason: "evil"}},
	})
	must(t, err)
	f := fetcher(t, fetch.Options{Net: net})
	for ref, want := range map[string]string{sha: sha, "v1": sha, "main": tip, "feature/x": tip} {
		got, err := f.Fetch(t.Context(), parse("acme/tool@"+ref))
		must(t, err)
		content := "1"
		if want == tip {
			content = "2"
		}
		data, err := os.ReadFile(filepath.Join(got.Dir, "action.yml"))
		if got.Source != fetch.FromTarball || got.SHA != want || got.Commit != nil || string(data) != content || err != nil {
			t.Errorf("%s: %+v %q %v", ref, got, data, err)
		}
	}
	for ref, want := range map[string]string{
		"acme/tool@v2": "no tag and no branch", "acme/tool@" + strings.Repeat("a", 40): "deny-list: evil", "acme/tool@" + strings.Repeat("b", 40): "answered 404",
	} {
		if _, err := f.Fetch(t.Context(), parse(ref)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if n := s.Requests().Git; n > 6 { // downloads of archives
		t.Errorf("git was asked %d times", n)
	}
}

// TestFromRunner: what the runner has downloaded is copied, links of its cache
// included.
func TestFromRunner(t *testing.T) {
	r := newRepo(t)
	sha := r.commit(everything()...)
	s := github.New(t)
	remote := s.Add("acme/tool")
	r.git(nil, "push", "-q", remote.Dir(), "main:main", "main:feature/x")
	actions, cache := t.TempDir(), t.TempDir()
	unpack := func(dir string) {
		must(t, os.MkdirAll(dir, 0o755))
		r.git(nil, "--work-tree="+dir, "checkout", "-q", "-f", sha, "--", ".")
	}
	unpack(filepath.Join(actions, "Acme", "Tool", "feature", "x"))
	must(t, os.WriteFile(filepath.Join(actions, "Acme", "Tool", "feature", "x.completed"), nil, 0o644))
	unpack(filepath.Join(cache, sha, "nested"))
	must(t, os.Symlink(filepath.Join(cache, sha, "nested"), filepath.Join(actions, "Acme", "Tool", sha)))
	must(t, os.WriteFile(filepath.Join(actions, "Acme", "Tool", sha+".completed"), nil, 0o644))
	unpack(filepath.Join(actions, "Acme", "Tool", "half"))
	f := fetcher(t, fetch.Options{Net: network(t, s), Runner: actions})
	for _, ref := range []string{sha, "feature/x"} {
		got, err := f.Fetch(t.Context(), parse("acme/tool@"+ref))
		must(t, err)
		if got.Source != fetch.FromRunner || got.SHA != sha {
			t.Errorf("%+v", got)
		}
		result := treecheck.Compare(t.Context(), got.Dir, *got.Commit, treecheck.Options{})
		if result.State != treecheck.True {
			t.Errorf("%s: %+v", ref, result)
		}
	}
	offline := fetcher(t, fetch.Options{Runner: actions})
	got, err := offline.Fetch(t.Context(), parse("acme/tool@feature/x"))
	must(t, err)
	if got.Source != fetch.FromRunner || got.SHA != "" || got.Reason != "no repository was asked" {
		t.Errorf("%+v", got)
	}
	if _, err := offline.Fetch(t.Context(), parse("acme/tool@half")); err == nil {
		t.Error("half a download was copied")
	}
}

// TestOnce: a reference is fetched once, by whoever asks first.
func TestOnce(t *testing.T) {
	s := github.New(t)
	sha := s.Add("acme/tool").Commit("main", map[string]string{"action.yml": "1"})
	f := fetcher(t, fetch.Options{Net: network(t, s)})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			got, err := f.Fetch(t.Context(), parse(fmt.Sprintf("Acme/tool/p%d@%s", i, sha)))
			if err != nil || got.SHA != sha {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
	wg.Wait()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Fetch(cancelled, parse("acme/tool@main")); err == nil {
		t.Error("fetched without time")
	}
	if _, err := f.Fetch(t.Context(), parse("acme/tool@main")); err != nil {
		t.Errorf("what failed was not tried again: %v", err)
	}
}

// TestPlaces: one reference cannot be put into the folder of another.
func TestPlaces(t *testing.T) {
	r := newRepo(t)
	sha := r.commit(file{"100644", "action.yml", "1"})
	for _, name := range []string{"v1", "w1/x", "v1.completed"} {
		r.git(nil, "tag", name, sha)
	}
	for _, branch := range []string{"v1/x", "w1"} {
		r.git(nil, "update-ref", "refs/heads/"+branch, sha)
	}
	f := fetcher(t, fetch.Options{Dirs: map[string]string{"o/r": r.dir}})
	for _, test := range []struct{ ref, want string }{
		{"v1", ""}, {"v1/x", "lies inside"}, {"v1.completed", "is there already"}, {"w1/x", ""}, {"w1", "is there already"},
	} {
		_, err := f.Fetch(t.Context(), parse("o/r@"+test.ref))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.ref, err)
		}
	}
	for _, text := range []string{"./local", "docker://x", "o/r/.github/workflows/x.yml"} {
		if _, err := f.Fetch(t.Context(), parse(text)); err == nil {
			t.Errorf("%s was fetched", text)
		}
	}
	open := t.TempDir()
	must(t, os.Chmod(open, 0o755))
	if _, err := fetch.New(fetch.Options{Dest: open}).Fetch(t.Context(), parse("o/r@v1")); err == nil || !strings.Contains(err.Error(), "not private") {
		t.Errorf("error is %v", err)
	}
}

// TestManyFiles: as many files as the largest actions have.
func TestManyFiles(t *testing.T) {
	r := newRepo(t)
	if testing.Short() {
		t.Skip("20,000 files, three times")
	}
	const n = 20_000
	files := make([]file, n)
	for i := range files {
		files[i] = file{"100644", fmt.Sprintf("node_modules/p%d/lib/%d.js", i/40, i), fmt.Sprintf("exports.n = %d\n%s", i, strings.Repeat("// x\n", i%200))}
	}
	sha := r.commit(files...)
	s := github.New(t)
	r.git(nil, "push", "-q", s.Add("acme/tool").Dir(), "main")
	net := network(t, s)
	for _, test := range []struct {
		source string
		o      fetch.Options
	}{
		{fetch.FromDir, fetch.Options{Dirs: map[string]string{"acme/tool": r.dir}}},
		{fetch.FromGit, fetch.Options{Net: net}},
		{fetch.FromTarball, fetch.Options{Net: withoutGit{net}}},
	} {
		start := time.Now()
		got, err := fetcher(t, test.o).Fetch(t.Context(), parse("acme/tool@"+sha))
		must(t, err)
		took := time.Since(start)
		if got.Source != test.source {
			t.Errorf("it is from %s: %q", got.Source, got.Skipped)
		}
		if got.Commit == nil {
			git, err := net.Commit(t.Context(), "acme/tool", sha)
			must(t, err)
			got.Commit = &treecheck.Commit{Git: treecheck.Git(git), SHA: sha}
		}
		verified(t, got)
		t.Logf("%s: %d files in %v", test.source, n, took)
	}
}

// TestWindows: where the runner unpacks no symlinks a file has the target.
func TestWindows(t *testing.T) {
	r := newRepo(t)
	sha := r.commit(file{"100644", "a", "1"}, file{"120000", "link", "../out"})
	got, err := fetcher(t, fetch.Options{Dirs: map[string]string{"o/r": r.dir}, Windows: true}).Fetch(t.Context(), parse("o/r@"+sha))
	must(t, err)
	result := treecheck.Compare(t.Context(), got.Dir, *got.Commit, treecheck.Options{Windows: true, Temp: t.TempDir()})
	if result.State != treecheck.True || len(result.Differences) != 1 || result.Differences[0].Explained != "windows-symlink" {
		t.Errorf("%+v", result)
	}
}
