package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// Limits bound one repository. A zero field means its default.
type Limits = treecheck.Limits

// The sources.
const (
	FromDir     = "action-dir"
	FromRunner  = "runner"
	FromGit     = "git"
	FromTarball = "tarball"
)

// Options configure a Fetcher.
type Options struct {
	Dest    string            // our _actions folder; must exist and be private
	Dirs    map[string]string // owner/repo in lower case to a local directory
	Runner  string            // the runner's _actions; empty: there is none
	Net     Network           // nil: nothing is fetched over the network
	Limits  Limits            // defaults: treecheck's, but 1 GiB
	Windows bool              // symlinks become files with their target, as the runner's unzip makes them there
	Temp    string            // for git's scratch files; the system's if empty
	Git     string            // path of git for Dirs; empty: the first on PATH that is not inside the directory
	PATH    string            // where that is looked for
}

// Network is where repositories are asked. *ghresolve.Resolver is one.
type Network interface {
	Resolve(ctx context.Context, refs []actionref.Ref) []ghresolve.Answer
	Commit(ctx context.Context, repository, sha string) (ghresolve.Git, error)
	Tarball(ctx context.Context, repository, sha string, max int64) (io.ReadCloser, error)
}

// Fetched is one repository at one commit. Its texts may quote servers and
// repositories: they are untrusted.
type Fetched struct {
	Dir     string            // DEST/OWNER/REPO/REF, the repository's root
	SHA     string            // the commit, if known
	Source  string            // one of the From constants
	Commit  *treecheck.Commit // to compare with; nil if its objects cannot be read
	Reason  string            // why the commit or its tree is not known; empty if Commit is set
	Skipped []string          // the sources that were tried before, and why each failed
}

// Fetcher fetches each repository@ref once. It may be used by several goroutines.
type Fetcher struct {
	o Options

	mu       sync.Mutex
	fetching map[string]*fetching // by owner/repo@ref
	locals   map[string]*local    // by owner/repo
	placing  sync.Mutex           // held while a folder gets its place
}

// fetching makes two calls for one reference fetch once. What failed is tried
// again by the next call.
type fetching struct {
	mu     sync.Mutex
	done   bool
	result Fetched
}

// New returns a Fetcher, which looks at its options when it is used.
func New(o Options) *Fetcher {
	if o.Limits.Files == 0 {
		o.Limits.Files = treecheck.DefaultFiles
	}
	if o.Limits.Bytes == 0 {
		o.Limits.Bytes = 1 << 30
	}
	if o.Limits.Depth == 0 {
		o.Limits.Depth = treecheck.DefaultDepth
	}
	return &Fetcher{o: o, fetching: map[string]*fetching{}, locals: map[string]*local{}}
}

// Close removes scratch files. Commits of Dirs cannot be read after it.
func (f *Fetcher) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for name, l := range f.locals {
		errs = append(errs, os.RemoveAll(l.scratch))
		delete(f.locals, name)
	}
	return errors.Join(errs...)
}

// wanted is what one call asks for and what the network knows of it.
type wanted struct {
	repository, version string // owner/repo and a tag, branch or commit, in the spelling of folders
	source              string // owner/repo where the network has it: another one if it was renamed
	sha                 string // empty: not known
	git                 treecheck.Git
	why                 error // why there is no git
}

// result is what a source found.
func (want wanted) result(source string) Fetched {
	got := Fetched{Source: source, SHA: want.sha}
	if want.git != nil {
		got.Commit = &treecheck.Commit{Git: want.git, SHA: want.sha}
	} else if want.why != nil {
		got.Reason = want.why.Error()
	}
	return got
}

// Fetch puts the repository of a reference into its place.
func (f *Fetcher) Fetch(ctx context.Context, ref actionref.Ref) (Fetched, error) {
	if ref.Kind() != actionref.KindAction {
		return Fetched{}, fmt.Errorf("fetch %.200q: not an action of a repository", ref.Text())
	}
	want := wanted{repository: ref.Repository(), version: ref.Version(), source: ref.Repository(), sha: ref.SHA()}
	if want.sha != "" {
		want.version = want.sha
	}
	name := want.repository + "@" + want.version
	f.mu.Lock()
	if f.fetching[name] == nil {
		f.fetching[name] = new(fetching)
	}
	one := f.fetching[name]
	f.mu.Unlock()

	one.mu.Lock()
	defer one.mu.Unlock()
	if one.done {
		return one.result, nil
	}
	got, err := f.fetch(ctx, ref, want)
	if err != nil {
		return Fetched{}, fmt.Errorf("fetch action %s: %w", name, err)
	}
	one.done, one.result = true, got
	return got, nil
}

// source fills a folder.
type source func(ctx context.Context, want wanted, w *writer) (Fetched, error)

func (f *Fetcher) fetch(ctx context.Context, ref actionref.Ref, want wanted) (Fetched, error) {
	dest, err := f.openDest()
	if err != nil {
		return Fetched{}, err
	}
	defer dest.Close()
	if dir, ok := f.o.Dirs[want.repository]; ok {
		return f.attempt(ctx, dest, want, func(ctx context.Context, want wanted, w *writer) (Fetched, error) {
			return f.fromDir(ctx, dir, want, w)
		})
	}
	if err := f.ask(ctx, ref, &want); err != nil {
		return Fetched{}, err
	}
	var errs []error
	var skipped []string
	for _, s := range []struct {
		name string
		from source
	}{{FromRunner, f.fromRunner}, {FromGit, f.fromGit}, {FromTarball, f.fromTarball}} {
		got, err := f.attempt(ctx, dest, want, s.from)
		if err == nil {
			got.Skipped = skipped
			return got, nil
		}
		errs, skipped = append(errs, fmt.Errorf("%s: %w", s.name, err)), append(skipped, s.name+": "+err.Error())
		if ctx.Err() != nil {
			break
		}
	}
	return Fetched{}, fmt.Errorf("%w; action-dir takes a git repository that has it", errors.Join(errs...))
}

// ask asks the network once which commit a reference names, and opens it. Only a
// commit that is denied is an error.
func (f *Fetcher) ask(ctx context.Context, ref actionref.Ref, want *wanted) error {
	want.why = errors.New("no repository was asked")
	if f.o.Net == nil {
		return nil
	}
	answers := f.o.Net.Resolve(ctx, []actionref.Ref{ref})
	if len(answers) != 1 {
		return errors.New("the resolver gave no answer")
	}
	a := answers[0]
	if a.Denied != "" {
		return fmt.Errorf("its commit is on the deny-list: %s", a.Denied)
	}
	if a.SHA != "" {
		want.sha = a.SHA
	}
	if a.RenamedTo != "" {
		want.source = strings.ToLower(a.RenamedTo)
	}
	if want.sha == "" {
		want.why = fmt.Errorf("the commit is not known: %s", a.Reason)
		return nil
	}
	git, err := f.o.Net.Commit(ctx, want.source, want.sha)
	if want.why = err; err == nil {
		want.git = treecheck.Git(git)
	}
	return nil
}

// attempt lets one source fill a folder beside the others, and puts that in its
// place when it is whole.
func (f *Fetcher) attempt(ctx context.Context, dest *os.Root, want wanted, from source) (got Fetched, err error) {
	var stage string
	err = fs.ErrExist
	for n := 0; errors.Is(err, fs.ErrExist); n++ {
		stage = fmt.Sprintf("_temp_%d", n) // no owner is called so, and the runner names its own alike
		err = dest.Mkdir(stage, 0o700)
	}
	if err != nil {
		return got, fmt.Errorf("make a folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, dest.RemoveAll(stage))
		}
	}()
	root, err := dest.OpenRoot(stage)
	if err != nil {
		return got, fmt.Errorf("make a folder: %w", err)
	}
	defer root.Close()
	w := newWriter(root, f.o.Limits, f.o.Windows)
	if got, err = from(ctx, want, w); err != nil {
		return got, err
	}
	if err = w.finish(); err != nil {
		return got, err
	}
	place := path.Join(want.repository, want.version)
	if err = f.place(dest, stage, want.repository, place); err != nil {
		return got, err
	}
	got.Dir = filepath.Join(f.o.Dest, filepath.FromSlash(place))
	return got, nil
}

// place renames a whole folder to its name and marks it as whole. The tag v1
// cannot lie beside the branch v1/x: one would be a part of the other.
func (f *Fetcher) place(dest *os.Root, stage, repository, place string) error {
	f.placing.Lock()
	defer f.placing.Unlock()
	for outer := path.Dir(place); outer != repository; outer = path.Dir(outer) {
		if _, err := dest.Lstat(filepath.FromSlash(outer + completed)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s lies inside %s, which is there: both cannot be kept", place, outer)
		}
	}
	to, err := filepath.Localize(place)
	if err != nil {
		return fmt.Errorf("%q is no name of a folder here", place)
	}
	for _, name := range []string{to, to + completed} {
		if _, err := dest.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, or a part of another reference", name)
		}
	}
	if err := dest.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := dest.Chmod(stage, 0o755); err != nil { // Dest keeps others out
		return err
	}
	if err := dest.Rename(stage, to); err != nil {
		return err
	}
	mark := []byte(time.Now().UTC().Format(time.RFC3339) + "\n")
	if err := dest.WriteFile(to+completed, mark, 0o600); err != nil {
		return errors.Join(err, dest.RemoveAll(to))
	}
	return nil
}

// completed ends the name of the file that the runner writes beside a folder
// when it is whole.
const completed = ".completed"

// openDest opens our folder, which nobody else may have a way into.
func (f *Fetcher) openDest() (*os.Root, error) {
	info, err := os.Lstat(f.o.Dest)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open the folder for actions: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("open the folder for actions: %s is not a folder", f.o.Dest)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("open the folder for actions: %s is not private, its mode is %v", f.o.Dest, info.Mode().Perm())
	}
	return os.OpenRoot(f.o.Dest)
}
