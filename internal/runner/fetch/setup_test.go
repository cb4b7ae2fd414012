package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/runner/fetch"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
	"github.com/org/cilock-action/test/github"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// file is one entry of a tree. Its mode is git's.
type file struct{ mode, path, content string }

// repo is a bare repository on this machine.
type repo struct {
	t   testing.TB
	dir string
}

func newRepo(t testing.TB) repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the trees of these tests have modes and symlinks")
	}
	r := repo{t, t.TempDir()}
	r.git(nil, "init", "-q", "--bare", "-b", "main", "--template=", ".")
	return r
}

func (r repo) git(stdin []byte, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = r.dir, bytes.NewReader(stdin)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.test", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.test",
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out))
}

// commit stores files as one commit on main, with any names that git takes.
func (r repo) commit(files ...file) string {
	r.t.Helper()
	var in bytes.Buffer
	in.WriteString("commit refs/heads/main\nmark :1\ncommitter A <a@example.test> 1700000000 +0000\ndata 1\nc\ndeleteall\n")
	for _, f := range files {
		if f.mode == "160000" {
			fmt.Fprintf(&in, "M 160000 %s %s\n", f.content, quoted(f.path))
			continue
		}
		fmt.Fprintf(&in, "M %s inline %s\ndata %d\n%s\n", f.mode, quoted(f.path), len(f.content), f.content)
	}
	in.WriteString("\nget-mark :1\n")
	return r.git(in.Bytes(), "fast-import", "--quiet", "--force")
}

// quoted is a path as git-fast-import(1) reads it.
func quoted(p string) string {
	var b strings.Builder
	for _, c := range []byte(p) {
		fmt.Fprintf(&b, "\\%03o", c)
	}
	return `"` + b.String() + `"`
}

// tree stores a tree object as it is, whatever its names, and a commit with it.
// Entries are "MODE NAME" to the id of an object.
func (r repo) tree(entries ...[2]string) string {
	r.t.Helper()
	var content bytes.Buffer
	for _, e := range entries {
		content.WriteString(e[0] + "\x00")
		for i := 0; i < len(e[1]); i += 2 {
			var b byte
			_, err := fmt.Sscanf(e[1][i:i+2], "%02x", &b)
			must(r.t, err)
			content.WriteByte(b)
		}
	}
	id := r.git(content.Bytes(), "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
	return r.wrap(id)
}

// wrap makes a commit of a tree.
func (r repo) wrap(tree string) string {
	return r.git([]byte("tree "+tree+"\nauthor A <a@example.test> 1 +0000\ncommitter A <a@example.test> 1 +0000\n\nc\n"),
		"hash-object", "-t", "commit", "-w", "--literally", "--stdin")
}

func (r repo) blob(content string) string {
	return r.git([]byte(content), "hash-object", "-w", "--stdin")
}

// dest is a private folder.
func dest(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "_actions")
	must(t, os.Mkdir(dir, 0o700))
	return dir
}

func fetcher(t testing.TB, o fetch.Options) *fetch.Fetcher {
	t.Helper()
	if o.Dest == "" {
		o.Dest = dest(t)
	}
	o.Temp, o.PATH = t.TempDir(), os.Getenv("PATH")
	f := fetch.New(o)
	t.Cleanup(func() {
		must(t, f.Close())
		if left, err := os.ReadDir(o.Temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
		entries, err := os.ReadDir(o.Dest)
		must(t, err)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "_") {
				t.Errorf("half a folder is left: %s", e.Name())
			}
		}
	})
	return f
}

func parse(text string) actionref.Ref { return actionref.Parse(text, actionref.InStep) }

// fromDir fetches o/r@REF from a local directory.
func fromDir(t testing.TB, dir, ref string) (fetch.Fetched, error) {
	t.Helper()
	f := fetcher(t, fetch.Options{Dirs: map[string]string{"o/r": dir}})
	return f.Fetch(t.Context(), parse("o/r@"+ref))
}

// refused fetches and expects an error with a text in it, and no folder.
func refused(t testing.TB, dir, ref, want string) {
	t.Helper()
	o := fetch.Options{Dest: dest(t), Dirs: map[string]string{"o/r": dir}}
	_, err := fetcher(t, o).Fetch(t.Context(), parse("o/r@"+ref))
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %q", err, want)
	}
	if err != nil && len(err.Error()) > 2000 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
	if found, _ := treecheck.Layout(o.Dest); len(found) > 0 {
		t.Errorf("it left %+v", found)
	}
}

// verified compares a folder with its commit, in full: no difference, explained
// or not, but those of want.
func verified(t testing.TB, got fetch.Fetched, want ...string) {
	t.Helper()
	if got.Commit == nil {
		t.Fatalf("no commit to compare with: %s", got.Reason)
	}
	result := treecheck.Compare(t.Context(), got.Dir, *got.Commit, treecheck.Options{Temp: t.TempDir()})
	var explained []string
	for _, d := range result.Differences {
		explained = append(explained, d.Path+" "+d.Explained)
	}
	if result.State != treecheck.True || !slices.Equal(explained, want) {
		t.Errorf("%s: %s %s %+v", got.Source, result.State, result.Reason, result.Differences)
	}
	mark, err := os.Lstat(got.Dir + ".completed")
	if err != nil || !mark.Mode().IsRegular() {
		t.Errorf("no mark: %v", err)
	}
}

// network is a resolver that asks a stand-in for GitHub.
func network(t testing.TB, s *github.Server) *ghresolve.Resolver {
	t.Helper()
	r, err := ghresolve.New(ghresolve.Options{ServerURL: s.URL(), APIURL: s.APIURL(), CacheDir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

// withoutGit is a network whose git server has failed.
type withoutGit struct{ *ghresolve.Resolver }

func (withoutGit) Commit(context.Context, string, string) (ghresolve.Git, error) {
	return nil, fmt.Errorf("the git server is tired")
}
