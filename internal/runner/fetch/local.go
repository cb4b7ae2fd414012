package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/gitcmd"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// Bounds of git on a local repository.
const (
	localTimeout = time.Minute
	localOutput  = maxFile + 1<<20 // one file, or a list
)

// local is the repository of a directory that the caller named, as git sees it
// under a configuration of ours. Only objects, refs and packed-refs are the
// repository's own: its configuration, hooks and attributes are never read, so
// nothing in it can name a program. What it borrows from other repositories
// (objects/info/alternates) is used: every object is checked against its id.
type local struct {
	dir     string // as the caller named it
	scratch string
	git     gitcmd.Command
	refsErr error           // why its tags and branches cannot be read
	commits map[string]bool // those that were found in it; guarded by the Fetcher
}

// fromDir extracts the commit from a git repository, or copies what is none.
func (f *Fetcher) fromDir(ctx context.Context, dir string, want wanted, w *writer) (Fetched, error) {
	common, err := repositoryOf(dir)
	if err != nil {
		return Fetched{}, fmt.Errorf("look at %s: %w", dir, err)
	}
	if common == "" {
		want.sha, want.why = "", fmt.Errorf("%s is no git repository, so which commit it is cannot be proved", dir)
		return want.result(FromDir), copyFolder(ctx, dir, w, true)
	}
	l, err := f.openLocal(want.repository, dir, common)
	if err != nil {
		return Fetched{}, fmt.Errorf("open the repository of %s: %w", dir, err)
	}
	if want.sha, err = l.find(ctx, want.sha, want.version); err != nil {
		return Fetched{}, err
	}
	f.mu.Lock()
	l.commits[want.sha] = true
	f.mu.Unlock()
	want.git = l.run
	got := want.result(FromDir)
	return got, extract(ctx, *got.Commit, w)
}

// repositoryOf returns the folder with the objects of the git repository that a
// directory is, or is in; empty if there is none.
func repositoryOf(dir string) (common string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", errors.Join(err, errors.New("not a folder"))
	}
	if isRepository(dir) {
		return dir, nil
	}
	checkout, ok := gitcmd.Checkout(dir)
	if !ok {
		return "", nil
	}
	_, common, err = gitcmd.Locate(checkout)
	if err == nil && !isRepository(common) {
		err = fmt.Errorf("%s leads to %s, which is no git repository", filepath.Join(checkout, ".git"), common)
	}
	return common, err
}

// isRepository looks for what git itself takes for the sign of one.
func isRepository(dir string) bool {
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	_, err := os.Lstat(filepath.Join(dir, "HEAD"))
	return err == nil
}

const localConfig = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tcommitGraph = false\n\tfsmonitor = false\n" +
	"\thooksPath = /dev/null\n\tattributesFile = /dev/null\n[gc]\n\tauto = 0\n[protocol]\n\tallow = never\n"

// openLocal makes a repository of ours with the objects and refs of another.
func (f *Fetcher) openLocal(repository, dir, common string) (*local, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.locals[repository]; l != nil {
		return l, nil
	}
	bin := f.o.Git
	if bin == "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		if bin, err = gitcmd.Find(gitcmd.SearchPath(f.o.PATH, abs)); err != nil {
			return nil, err
		}
	}
	scratch, err := os.MkdirTemp(f.o.Temp, "cilock-fetch-")
	if err != nil {
		return nil, err
	}
	refsErr, err := makeView(scratch, common)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(scratch))
	}
	home := filepath.Join(scratch, "home")
	l := &local{dir: dir, scratch: scratch, refsErr: refsErr, commits: map[string]bool{}, git: gitcmd.Command{
		Bin: bin, Timeout: localTimeout, MaxOutput: localOutput,
		Env: append(gitcmd.Environment([]string{filepath.Dir(bin)}, home),
			"GIT_DIR="+filepath.Join(scratch, "view"), "GIT_OBJECT_DIRECTORY="+filepath.Join(common, "objects")),
	}}
	f.locals[repository] = l
	return l, nil
}

// makeView writes it. Where no symlinks can be made, on Windows, refs are not read.
func makeView(scratch, common string) (refsErr, err error) {
	view := filepath.Join(scratch, "view")
	for _, dir := range []string{filepath.Join(scratch, "home"), view, filepath.Join(view, "objects")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"refs", "packed-refs"} {
		real := filepath.Join(common, name)
		if _, err := os.Lstat(real); err != nil {
			continue
		}
		if err := os.Symlink(real, filepath.Join(view, name)); err != nil {
			refsErr = errors.Join(err, os.MkdirAll(filepath.Join(view, "refs"), 0o700)) // git wants the folder
		}
	}
	return refsErr, errors.Join(
		os.WriteFile(filepath.Join(view, "HEAD"), []byte("ref: refs/heads/-\n"), 0o600),
		os.WriteFile(filepath.Join(view, "config"), []byte(localConfig), 0o600),
	)
}

// run is git for the bytes check.
func (l *local) run(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	return l.git.RunInput(ctx, filepath.Join(l.scratch, "home"), stdin, args...)
}

// find returns the commit that a reference names in this repository: tags before
// branches, as gitrevisions(7) has it.
func (l *local) find(ctx context.Context, sha, version string) (string, error) {
	if sha != "" {
		return l.commit(ctx, sha, "commit "+sha)
	}
	if l.refsErr != nil {
		return "", fmt.Errorf("read the tags and branches of %s: %w", l.dir, l.refsErr)
	}
	for _, name := range []string{"refs/tags/" + version, "refs/heads/" + version, "refs/" + version, version} {
		if !strings.HasPrefix(name, "refs/tags/") && !strings.HasPrefix(name, "refs/heads/") {
			continue
		}
		out, err := l.run(ctx, nil, "show-ref", "--verify", "--hash", "--", name)
		if stopped(ctx, err) {
			return "", err
		}
		if id := strings.TrimSpace(string(out)); err == nil && isCommit(id) {
			return l.commit(ctx, id, "commit that "+name+" names")
		}
	}
	return "", fmt.Errorf("the git repository of %s has no tag and no branch %.200q", l.dir, version)
}

// commit peels an object, which is there or not.
func (l *local) commit(ctx context.Context, id, what string) (string, error) {
	out, err := l.run(ctx, nil, "rev-parse", "--verify", "--quiet", id+"^{commit}")
	if stopped(ctx, err) {
		return "", err
	}
	if sha := strings.TrimSpace(string(out)); err == nil && isCommit(sha) {
		return sha, nil
	}
	return "", fmt.Errorf("the git repository of %s does not have the %s", l.dir, what)
}

// stopped reports whether git gave no answer, rather than the answer no.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, gitcmd.ErrOutputTooLarge)
}

func isCommit(s string) bool {
	ref := actionref.Parse("o/r@"+s, actionref.InStep)
	return ref.Pinned() && ref.SHA() == s
}

// Commits returns git for a commit of a repository that was fetched from a local
// git repository, so that it can be compared without the network.
func (f *Fetcher) Commits(repository, sha string) (treecheck.Git, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.locals[repository]
	if l == nil || !l.commits[sha] {
		return nil, false
	}
	return l.run, true
}
