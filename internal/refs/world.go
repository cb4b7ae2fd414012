package refs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// World is where the files behind references are read from. Its zero value
// knows nothing, and then nothing is followed.
type World struct {
	Workspace  string             // the folder that ./ means; empty if there is none
	Repository string             // owner/repo of the workspace, which $/ means there
	Actions    string             // the runner's folder _actions; empty if there is none
	All        bool               // also what was downloaded and nothing leads to
	Resolver   Resolver           // nil: nobody is asked
	Commits    Commits            // nil: all commits are the resolver's
	Known      Known              // nil: what a reference names is the resolver's
	Denied     []ghresolve.Denied // for pins, where there is no resolver that knows them
	Windows    bool               // the actions were unpacked on Windows
	Temp       string             // for scratch files
}

// Resolver proves references against the repositories that they name, and
// reads files and trees of their commits. It bounds its own time and requests.
// *ghresolve.Resolver is one.
type Resolver interface {
	Resolve(ctx context.Context, refs []actionref.Ref) []ghresolve.Answer
	ReadFile(ctx context.Context, repository, sha string, names []string, max int64) (string, []byte, error)
	Commit(ctx context.Context, repository, sha string) (ghresolve.Git, error)
}

// Commits returns git for a commit of a repository that is on this machine, if
// it is there. It is asked before the resolver, and proves as much about bytes:
// an object is what its id says, wherever it comes from.
type Commits func(repository, sha string) (treecheck.Git, bool)

// Known returns the commit that a reference names where its files came from a
// repository on this machine, if they did. The resolver is not asked then: another
// repository may know another commit by that name.
type Known func(repository, version string) (sha string, ok bool)

// Deny is the reason for which the deny-list denies a pinned reference, or empty.
func (w World) Deny(ref actionref.Ref) string {
	return ghresolve.ReasonDenied(w.Denied, ref.SHA(), ref.Repository())
}

// origin is where a file with references comes from: the workspace if it has
// no repository.
type origin struct{ repository, version string }

// target is where a reference leads.
type target struct {
	key        string // equal for all that lead to the same place
	ref        actionref.Ref
	repository string // owner/repo; empty for the workspace and for images
	path       string // of the folder, or of the workflow's file
	version    string
	workflow   bool
	inside     bool // in the workspace
}

// resolve spells a reference out, as seen from a file. What has no file behind
// it is its own key.
func (o origin) resolve(ref actionref.Ref) target {
	t := target{key: ref.Canonical(), ref: ref, path: ref.Path()}
	switch ref.Kind() {
	case actionref.KindAction, actionref.KindWorkflow:
		t.repository, t.version = ref.Repository(), ref.Version()
		t.workflow = ref.Kind() == actionref.KindWorkflow
		if sha := ref.SHA(); sha != "" {
			t.version = sha
		}
	case actionref.KindLocal:
		t.inside = !strings.HasPrefix(path.Clean("./"+ref.Path()), "..")
	case actionref.KindSelf, actionref.KindLocalWorkflow:
		t.workflow = strings.HasPrefix(ref.Path(), ".github/workflows/")
		if o.repository == "" {
			t.inside, t.key = true, ref.Text()
			break
		}
		t.repository, t.version = o.repository, o.version
		place := actionref.InStep
		if t.workflow {
			place = actionref.InJob
		}
		t.ref = actionref.Parse(strings.TrimSuffix(o.repository+"/"+ref.Path(), "/")+"@"+o.version, place)
		t.key = t.ref.Canonical()
	default:
		t.key = string(ref.Kind()) + " " + ref.Canonical()
	}
	return t
}

// from is the origin of the file behind a target.
func (t target) from() origin { return origin{t.repository, t.version} }

// names are the files that hold a target's own references, the first that
// exists counts (ActionManager.cs: action.yml before action.yaml).
func (t target) names() []string {
	if t.workflow {
		return []string{t.path}
	}
	return []string{path.Join(t.path, "action.yml"), path.Join(t.path, "action.yaml")}
}

// hasFile reports whether there is a file behind a target at all.
func (t target) hasFile() bool { return t.repository != "" || t.inside }

// containerFiles make a folder without an action.yml an action, whose image is
// built by them (ActionManager.cs). They name no other action.
func (t target) containerFiles() []string {
	if t.workflow {
		return nil
	}
	return []string{path.Join(t.path, "Dockerfile"), path.Join(t.path, "dockerfile")}
}

// Why the file behind a reference is not read.
var (
	errNotHere  = errors.New("not on this machine, and no repository was asked")
	errNoCommit = errors.New("not on this machine, and its commit is not known")
	errTooDeep  = fmt.Errorf("nested deeper than %d, where the runner stops", maxNesting)
)

// read returns the file behind a reference: from the workspace, from what the
// runner has downloaded, or from the repository. It is nil if a Dockerfile
// stands for it.
func (w World) read(ctx context.Context, ref *Reference) ([]byte, error) {
	open, err := w.opener(ctx, ref)
	if err != nil {
		return nil, err
	}
	t := ref.target
	data, err := open(t.names())
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if files := t.containerFiles(); files != nil {
		if _, containerErr := open(files); containerErr == nil {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("there is no %s", t.names()[0])
}

// opener is how to read the first that exists of some files beside a reference.
func (w World) opener(ctx context.Context, ref *Reference) (func(names []string) ([]byte, error), error) {
	t, sha := ref.target, ref.Commit()
	below := func(dir string) func([]string) ([]byte, error) {
		return func(names []string) ([]byte, error) { return readBelow(dir, names) }
	}
	switch {
	case t.inside && w.Workspace == "":
		return nil, errNotHere
	case t.inside:
		return below(w.Workspace), nil
	case ref.Download.Dir != "" && !t.workflow:
		return below(ref.Download.Dir), nil
	case w.Resolver == nil:
		return nil, errNotHere
	case sha == "":
		return nil, errNoCommit
	}
	return func(names []string) ([]byte, error) {
		_, data, err := w.Resolver.ReadFile(ctx, ref.source(), sha, names, actionref.MaxFile)
		return data, err
	}, nil
}

// readBelow reads the first of names that exists below a folder, and nothing
// outside of it. If none does the error is fs.ErrNotExist.
func readBelow(dir string, names []string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	for _, name := range names {
		f, err := filetree.OpenRegularIn(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", name, err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, actionref.MaxFile+1)) // Find refuses the one byte too many
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		return data, nil
	}
	return nil, fs.ErrNotExist
}

// maxHalf bounds the incomplete downloads that are named.
const maxHalf = 10

// downloads finds downloaded actions by repository and reference. Where the case
// of folders counts there can be several, for as many spellings.
type downloads map[string][]treecheck.Downloaded

// downloaded reads the runner's folder. The runner completes every download
// before it uses one, so a folder that is not complete is a gap: a step that
// removes the mark would else hide what it did to the files. Only where a
// commit ends the name is it known what such a folder holds, and it is looked
// at like the others.
func (w World) downloaded() (found downloads, gaps []string) {
	found = downloads{}
	if w.Actions == "" {
		return found, nil
	}
	all, err := treecheck.Layout(w.Actions)
	if err != nil {
		gaps = append(gaps, err.Error())
	}
	half := 0
	for _, d := range all {
		ref := fold(d.Ref)
		name := strings.ToLower(d.Owner+"/"+d.Repo) + "@" + ref
		if !d.Complete {
			if half++; half <= maxHalf {
				gaps = append(gaps, fmt.Sprintf("downloaded action %q: the runner has not completed it, or somebody removed its mark", name))
			}
		}
		if d.Complete || d.Target == "" && isCommit(ref) {
			found[name] = append(found[name], d)
		}
	}
	if half > maxHalf {
		gaps = append(gaps, fmt.Sprintf("and %d more downloaded actions that are not complete", half-maxHalf))
	}
	return found, gaps
}

// find returns what the runner downloaded for a target.
func (d downloads) find(t target) []treecheck.Downloaded {
	if t.repository == "" {
		return nil
	}
	return d[t.repository+"@"+t.version]
}

// around is the download inside which another one for a target lies, or empty:
// of the tag v1 beside the branch v1/x, or made up by a mark that somebody put
// there.
func (d downloads) around(t target) string {
	for i := range len(t.version) {
		if t.version[i] != '/' {
			continue
		}
		name := t.repository + "@" + t.version[:i]
		for _, outer := range d[name] {
			if _, err := os.Lstat(filepath.Join(outer.Dir, filepath.FromSlash(t.version[i+1:]))); err == nil {
				return name
			}
		}
	}
	return ""
}

// fold lowers the case of a commit; that of a branch or tag counts.
func fold(ref string) string {
	if r := actionref.Parse("o/r@"+ref, actionref.InStep); r.Pinned() {
		return r.SHA()
	}
	return ref
}

func isCommit(ref string) bool { return actionref.Parse("o/r@"+ref, actionref.InStep).Pinned() }
