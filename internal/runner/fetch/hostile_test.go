package fetch_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/runner/fetch"
	"github.com/org/cilock-action/test/github"
)

// TestHostileTrees: a tree that git itself would not have written is refused,
// and nothing is left of it.
func TestHostileTrees(t *testing.T) {
	r := newRepo(t)
	blob := r.blob("evil")
	below := func(name string) string {
		return r.git(nil, "rev-parse", r.tree([2]string{"100644 " + name, blob})+"^{tree}")
	}
	for _, test := range []struct {
		name, want string
		entries    [][2]string
	}{
		{"git's own folder", "cannot read", [][2]string{{"40000 .git", below("config")}}},
		{"in another case", "cannot read", [][2]string{{"40000 .GiT", below("config")}}},
		{"up", "cannot read", [][2]string{{"40000 ..", below("x")}}},
		{"up in one name", "", [][2]string{{"100644 ../x", blob}}},
		{"absolute", "cannot read", [][2]string{{"100644 /etc/x", blob}}},
		{"two folders in one name", "does not have the tree's id", [][2]string{{"100644 a/b", blob}}},
		{"here", "cannot read", [][2]string{{"100644 .", blob}}},
		{"no name", "", [][2]string{{"100644 ", blob}}},
		{"twice", "does not come after", [][2]string{{"100644 a", blob}, {"100644 a", blob}}},
		{"file and folder", "", [][2]string{{"100644 a", blob}, {"40000 a", below("x")}}},
		{"symlink and folder", "", [][2]string{{"120000 a", r.blob("..")}, {"40000 a", below("x")}}},
		{"a long name", "cannot read", [][2]string{{"100644 " + strings.Repeat("x", 5000), blob}}},
		{"a name for the disk", "file name too long", [][2]string{{"100644 " + strings.Repeat("x", 300), blob}}},
		{"no file", "cannot read", [][2]string{{"100644 x", blob}, {"100644 x/" + strings.Repeat("y", 4100), blob}}},
		{"an empty symlink", "a target that none can have", [][2]string{{"120000 a", r.blob("")}}},
		{"a blob that is not there", "git answers", [][2]string{{"100644 a", strings.Repeat("1", 40)}}},
	} {
		t.Run(test.name, func(t *testing.T) { refused(t, r.dir, r.tree(test.entries...), test.want) })
	}
	long := strings.TrimSuffix(strings.Repeat(strings.Repeat("x", 99)+"/", 50), "/")
	refused(t, r.dir, r.commit(file{"100644", long, "1"}), "cannot read")
	deep := strings.Repeat("d/", 150) + "x"
	refused(t, r.dir, r.commit(file{"100644", deep, "1"}), "deeper than the limit of 100")
}

// TestSymlinksOut: a symlink that leads out is refused, alone or by a chain of
// which no part does.
func TestSymlinksOut(t *testing.T) {
	r := newRepo(t)
	for _, links := range [][]file{
		{{"120000", "a", "/etc/passwd"}},
		{{"120000", "a", "../x"}},
		{{"120000", "a/b/c", "../../.."}},
		{{"120000", "a/b/c/root", "../../.."}, {"120000", "out", "a/b/c/root/.."}},
		{{"120000", "z", "y"}, {"120000", "y", "x"}, {"120000", "x", "a/.."}, {"120000", "a", "d/e/up"}, {"120000", "d/e/up", "../.."}},
	} {
		refused(t, r.dir, r.commit(append(links, file{"100644", "f", "1"})...), "leads out of the repository")
	}
}

// TestTooMuch: each bound is an error that says so.
func TestTooMuch(t *testing.T) {
	r := newRepo(t)
	var tree bytes.Buffer
	id := bytes.Repeat([]byte{0x11}, 20)
	for i := range 1_000_000 {
		fmt.Fprintf(&tree, "100644 f%07d\x00%s", i, id)
	}
	million := r.wrap(r.git(tree.Bytes(), "hash-object", "-t", "tree", "-w", "--literally", "--stdin"))
	refused(t, r.dir, million, "more than the limit of 200000 files")

	// Objects that lie: one has another size than it holds, one another content.
	sparse := strings.Repeat("ab", 20)
	r.loose(sparse, "blob 10737418240\x00"+strings.Repeat("\x00", 100))
	refused(t, r.dir, r.tree([2]string{"100644 sparse", sparse}), "10737418240 bytes: more than the limit")
	other := strings.Repeat("cd", 20)
	r.loose(other, "blob 1\x00x")
	refused(t, r.dir, r.tree([2]string{"100644 a", other}), "another content than its id says")

	sha := r.commit(file{"100644", "a", "12345"}, file{"100644", "b/c", "67890"})
	for _, test := range []struct {
		limits fetch.Limits
		want   string
	}{
		{fetch.Limits{Bytes: 9}, "more than the limit of 9 bytes"},
		{fetch.Limits{Files: 2}, "more than the limit of 2 files"},
		{fetch.Limits{Bytes: 10, Files: 3}, ""},
	} {
		f := fetcher(t, fetch.Options{Dirs: map[string]string{"o/r": r.dir}, Limits: test.limits})
		_, err := f.Fetch(t.Context(), parse("o/r@"+sha))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test.limits, err)
		}
	}
}

// loose stores an object under an id that it need not have.
func (r repo) loose(id, object string) {
	r.t.Helper()
	must(r.t, os.MkdirAll(filepath.Join(r.dir, "objects", id[:2]), 0o755))
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := z.Write([]byte(object))
	must(r.t, errors.Join(err, z.Close(), os.WriteFile(filepath.Join(r.dir, "objects", id[:2], id[2:]), b.Bytes(), 0o644)))
}

// TestHostileRepository: no setting of the directory's repository starts a
// program, and none changes what is extracted.
func TestHostileRepository(t *testing.T) {
	r := newRepo(t)
	sha := r.commit(file{"100644", ".gitattributes", "* filter=evil diff=evil\n"}, file{"100644", "a", "1\n"}, file{"100644", "b", "2\n"})
	r.git(nil, "tag", "v1", sha)
	sprung := filepath.Join(t.TempDir(), "sprung")
	trap := filepath.Join(t.TempDir(), "trap")
	must(t, os.WriteFile(trap, []byte("#!/bin/sh\ntouch '"+sprung+"'\n"), 0o755))
	hooks := t.TempDir()
	for _, name := range []string{"post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"} {
		must(t, os.Symlink(trap, filepath.Join(hooks, name)))
	}
	blob := r.git(nil, "rev-parse", sha+":a")
	must(t, os.WriteFile(filepath.Join(r.dir, "config"), []byte(strings.ReplaceAll(`[core]
	repositoryformatversion = 1
	bare = false
	worktree = /
	autocrlf = true
	fsmonitor = TRAP
	hooksPath = `+hooks+`
	sshCommand = TRAP
	pager = TRAP
	editor = TRAP
	askPass = TRAP
	gitProxy = TRAP
	alternateRefsCommand = TRAP
	attributesFile = TRAP
[extensions]
	partialClone = origin
[remote "origin"]
	promisor = true
	url = ext::TRAP
[protocol]
	allow = always
[filter "evil"]
	smudge = TRAP
	process = TRAP
	required = true
[diff "evil"]
	textconv = TRAP
[credential]
	helper = !TRAP
[include]
	path = TRAP
`, "TRAP", trap)), 0o644))
	must(t, os.MkdirAll(filepath.Join(r.dir, "info"), 0o755))
	must(t, os.WriteFile(filepath.Join(r.dir, "info", "attributes"), []byte("* export-ignore\n"), 0o644))
	for _, ref := range []string{sha, "v1"} {
		got, err := fromDir(t, r.dir, ref)
		must(t, err)
		verified(t, got)
	}
	must(t, os.Remove(filepath.Join(r.dir, "objects", blob[:2], blob[2:]))) // git would fetch it from origin
	refused(t, r.dir, sha, "git answers")
	if _, err := os.Stat(sprung); err == nil {
		t.Error("a program of the repository was run")
	}
}

// TestBorrowedObjects: objects of another repository count, since each has the
// content that its id says. A repository that makes git wait ends with the time.
func TestBorrowedObjects(t *testing.T) {
	lender, r := newRepo(t), newRepo(t)
	sha := lender.commit(file{"100644", "a", "1"})
	must(t, os.MkdirAll(filepath.Join(r.dir, "objects", "info"), 0o755))
	alternates := filepath.Join(r.dir, "objects", "info", "alternates")
	must(t, os.WriteFile(alternates, []byte(filepath.Join(lender.dir, "objects")+"\n/dev/zero\n../../..\n"), 0o644))
	got, err := fromDir(t, r.dir, sha)
	must(t, err)
	verified(t, got)
	must(t, os.Remove(alternates))
	refused(t, r.dir, sha, "does not have the commit")

	if out, err := exec.Command("mkfifo", alternates).CombinedOutput(); err != nil {
		t.Skipf("mkfifo: %v %s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = fetcher(t, fetch.Options{Dirs: map[string]string{"o/r": r.dir}}).Fetch(ctx, parse("o/r@"+sha))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

// TestGitFile: a .git file is followed to a repository and to nothing else.
func TestGitFile(t *testing.T) {
	r := newRepo(t)
	sha := r.commit(file{"100644", "a", "1"})
	dir := t.TempDir()
	name := filepath.Join(dir, ".git")
	for content, want := range map[string]string{
		"gitdir: /etc\n": "which is no git repository", "gitdir: \n": "does not say", "x\n": "does not say", "gitdir: /nowhere\n": "which is no git repository",
		"gitdir: " + strings.Repeat("x", 70_000): "more than 65536 bytes", "gitdir: " + t.TempDir(): "which is no git repository",
	} {
		must(t, os.WriteFile(name, []byte(content), 0o644))
		refused(t, dir, sha, want)
	}
	must(t, os.WriteFile(name, []byte("gitdir: "+r.dir+"\n"), 0o644))
	got, err := fromDir(t, dir, sha)
	must(t, err)
	verified(t, got)
}

// TestRunnerLinks: a symlink in an owner's place is not followed, and what else
// cannot be copied is refused.
func TestRunnerLinks(t *testing.T) {
	newRepo(t) // skips where there is no git
	actions, elsewhere := t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(filepath.Join(elsewhere, "tool", "v1"), 0o755))
	must(t, os.WriteFile(filepath.Join(elsewhere, "tool", "v1.completed"), nil, 0o644))
	must(t, os.Symlink(elsewhere, filepath.Join(actions, "acme")))
	for _, bad := range []string{"git", "fifo", "out"} {
		dir := filepath.Join(actions, "bad", bad, "v1")
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(dir+".completed", nil, 0o644))
	}
	must(t, os.MkdirAll(filepath.Join(actions, "bad", "git", "v1", ".git"), 0o755))
	must(t, os.Symlink("../../../x", filepath.Join(actions, "bad", "out", "v1", "link")))
	if out, err := exec.Command("mkfifo", filepath.Join(actions, "bad", "fifo", "v1", "pipe")).CombinedOutput(); err != nil {
		t.Skipf("mkfifo: %v %s", err, out)
	}
	for ref, want := range map[string]string{
		"acme/tool@v1": `"acme" is a symlink`, "bad/git@v1": "git has no path such as", "bad/fifo@v1": "neither file, folder nor symlink",
		"bad/out@v1": "leads out of the repository",
	} {
		_, err := fetcher(t, fetch.Options{Runner: actions}).Fetch(t.Context(), parse(ref))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", ref, err, want)
		}
	}
}

// TestHostileArchives: what a server sends in place of the archive is refused,
// and nothing is left of it. See also TestUnpack.
func TestHostileArchives(t *testing.T) {
	s := github.New(t)
	sha := s.Add("acme/tool").Commit("main", map[string]string{"a": strings.Repeat("x", 10_000)})
	net := withoutGit{network(t, s)}
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   string
	}{
		"a page": {func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, "unpack the archive"},
		"half": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(archive(t, tar.Header{Name: "top/a", Mode: 0o644, Size: 9})[:20])
		}, "unexpected EOF"},
		"up": {func(w http.ResponseWriter) {
			_, _ = w.Write(archive(t, tar.Header{Name: "top/../../x", Mode: 0o644}))
		}, "git has no path such as"},
		"not there": {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, "answered 404"},
	} {
		s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/codeload/") {
				return false
			}
			test.answer(w)
			return true
		})
		o := fetch.Options{Net: net, Dest: dest(t)}
		_, err := fetcher(t, o).Fetch(t.Context(), parse("acme/tool@"+sha))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if left, _ := os.ReadDir(o.Dest); len(left) > 0 {
			t.Errorf("%s: it left %v", name, left)
		}
	}
}

// archive packs headers with contents of zeros.
func archive(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range headers {
		must(t, w.WriteHeader(&h))
		_, err := w.Write(make([]byte, h.Size))
		must(t, err)
	}
	must(t, errors.Join(w.Close(), z.Close()))
	return b.Bytes()
}
