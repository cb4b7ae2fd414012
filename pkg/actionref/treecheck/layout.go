package treecheck

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The runner (actions/runner v2.336.0, ActionManager) unpacks an action into
//
//	_actions/OWNER/REPO/REF
//
// and then writes the file REF.completed beside it. REF is a branch or a tag
// and may hold slashes, each of which makes a folder, so the number of names in
// a path does not tell where the reference ends; the .completed file does.
//
// An action may hold such files itself: a folder "x" with a file "x.completed"
// beside it would look like a reference that ends one level further down, and
// would let the author of "main" pass part of it off as the branch "main/x".
// So the outermost .completed counts: above it there are only folders that the
// runner made. The other error is possible too, when a tag "v1" and a branch
// "v1/x" are both used: the runner unpacks one into the other. What lies in
// v1/x is then taken for a part of v1, and the bytes check finds it to be too
// much there, which is the safe side.
//
// A folder without a .completed, neither beside it nor anywhere below, is half
// downloaded. One with a .completed below and with files that the runner does
// not put between references can be either: a step has put the files there, or
// a half downloaded action holds an imitation. Both readings are listed, so
// nothing that was added can hide a reference.

const (
	completed    = ".completed"
	maxLayout    = 100_000 // entries of all folders that Layout lists
	maxRefDepth  = 32      // names in one reference
	maxNameCount = 256     // names in a path that Locate looks at
)

// Downloaded is an action that the runner has downloaded.
type Downloaded struct {
	Owner, Repo, Ref string // as the folders spell them; Ref with slashes
	Dir              string // the folder OWNER/REPO/REF
	// Target is where Dir leads if it is a symlink: the runner makes one into
	// its cache of archives (ACTIONS_RUNNER_SYMLINK_CACHED_ACTIONS), where the
	// second last name is the commit's SHA. It is what the link says, a hint.
	Target string
	// Complete is false if the runner has not written REF.completed. Where such
	// a reference ends is then not known: it may be only the first name of it.
	Complete bool
}

// Layout lists the actions below the runner's folder _actions, sorted by owner,
// repository and reference. A folder that does not exist holds none. The runner
// makes no symlink in an owner's or a repository's place: one there leads its
// steps elsewhere, so it is an error, beside the list of the others.
func Layout(actionsDir string) ([]Downloaded, error) {
	l := &lister{dir: actionsDir}
	owners, err := l.list(".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list downloaded actions: %w", err)
	}
	var all []Downloaded
	var astray []error
	for _, owner := range owners {
		// While it unpacks the runner keeps folders named _temp_… here, which no
		// owner can be called.
		if strings.HasPrefix(owner.Name(), "_") || isAstray(&astray, owner, owner.Name()) || !owner.IsDir() {
			continue
		}
		repos, err := l.list(owner.Name())
		if err != nil {
			return nil, fmt.Errorf("list downloaded actions: %w", err)
		}
		for _, repo := range repos {
			if isAstray(&astray, repo, owner.Name()+"/"+repo.Name()) || !repo.IsDir() {
				continue
			}
			found, _, err := l.refs(Downloaded{Owner: owner.Name(), Repo: repo.Name()}, 0)
			if err != nil {
				return nil, fmt.Errorf("list downloaded actions: %w", err)
			}
			all = append(all, found...)
		}
	}
	slices.SortFunc(all, func(a, b Downloaded) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Ref, b.Ref))
	})
	return all, errors.Join(astray...)
}

// maxAstray bounds the symlinks that are named.
const maxAstray = 10

// isAstray notes a symlink in an owner's or a repository's place.
func isAstray(all *[]error, d fs.DirEntry, name string) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return false
	}
	if len(*all) < maxAstray {
		*all = append(*all, fmt.Errorf("list downloaded actions: %q is a symlink: what is behind it was not looked at", name))
	}
	return true
}

// lister lists folders and counts what it sees.
type lister struct {
	dir  string
	seen int
}

func (l *lister) list(path string) ([]fs.DirEntry, error) {
	f, err := os.OpenFile(filepath.Join(l.dir, path), folderFlags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []fs.DirEntry
	for {
		some, err := f.ReadDir(listBatch)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if l.seen += len(some); l.seen > maxLayout {
			return nil, fmt.Errorf("more than %d entries in %s", maxLayout, l.dir)
		}
	}
}

// refs lists the references below one folder, whose path at.Ref is so far.
// Foreign says that there is something that the runner does not put between
// references, so that the folder must be (part of) an action itself.
func (l *lister) refs(at Downloaded, depth int) (found []Downloaded, foreign bool, err error) {
	list, err := l.list(filepath.Join(at.Owner, at.Repo, filepath.FromSlash(at.Ref)))
	if err != nil {
		return nil, false, err
	}
	types := map[string]fs.FileMode{}
	for _, d := range list {
		types[d.Name()] = d.Type()
	}
	for name, mode := range types {
		if mode.IsDir() || mode == fs.ModeSymlink {
			some, err := l.ref(at, name, mode, types, depth)
			if err != nil {
				return nil, false, err
			}
			found = append(found, some...)
			continue
		}
		_, beside := types[strings.TrimSuffix(name, completed)]
		foreign = foreign || !beside || !mode.IsRegular() || !strings.HasSuffix(name, completed)
	}
	return found, foreign, nil
}

// ref looks at one folder or symlink: it is a reference, the first names of
// several, or half downloaded.
func (l *lister) ref(at Downloaded, name string, mode fs.FileMode, beside map[string]fs.FileMode, depth int) ([]Downloaded, error) {
	d := at
	d.Ref = strings.TrimPrefix(at.Ref+"/"+name, "/")
	d.Dir = filepath.Join(l.dir, d.Owner, d.Repo, filepath.FromSlash(d.Ref))
	mark, marked := beside[name+completed]
	d.Complete = marked && mark.IsRegular()
	if mode == fs.ModeSymlink {
		return []Downloaded{d.follow()}, nil
	}
	if !d.Complete && depth+1 < maxRefDepth {
		found, foreign, err := l.refs(d, depth+1)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(found, func(d Downloaded) bool { return d.Complete }) {
			if foreign {
				found = append(found, d)
			}
			return found, nil
		}
	}
	return []Downloaded{d}, nil
}

// follow reads the one symlink that is followed, Dir itself. What leads to
// anything but a folder, or to another link, is not complete.
func (d Downloaded) follow() Downloaded {
	target, err := os.Readlink(d.Dir)
	if err != nil {
		d.Complete = false
		return d
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(d.Dir), target)
	}
	d.Target = target
	info, err := os.Lstat(target)
	d.Complete = d.Complete && err == nil && info.IsDir()
	return d
}

// Locate says in which downloaded action a path such as $GITHUB_ACTION_PATH
// lies, and where in it: sub has slashes and is empty at the action's root. The
// path is taken as it is written, and must begin as actionsDir does; one that
// goes back up with ".." is in no action. Sub need not exist.
func Locate(actionsDir, path string) (d Downloaded, sub string, ok bool) {
	if slices.Contains(strings.Split(filepath.ToSlash(path), "/"), "..") {
		return Downloaded{}, "", false
	}
	rel, err := filepath.Rel(actionsDir, path)
	if err != nil {
		return Downloaded{}, "", false
	}
	names := strings.Split(filepath.ToSlash(rel), "/")
	if len(names) < 3 || len(names) > maxNameCount || names[0] == ".." {
		return Downloaded{}, "", false
	}
	at := filepath.Join(actionsDir, names[0], names[1])
	for i := 2; i < len(names) && i-2 < maxRefDepth; i++ {
		at = filepath.Join(at, names[i])
		info, err := os.Lstat(at)
		if err != nil {
			break
		}
		mark, err := os.Lstat(at + completed)
		if err == nil && mark.Mode().IsRegular() {
			d = Downloaded{Owner: names[0], Repo: names[1], Ref: strings.Join(names[2:i+1], "/"), Dir: at, Complete: true}
			if info.Mode().Type() == fs.ModeSymlink {
				d = d.follow()
			} else if !info.IsDir() {
				break
			}
			return d, strings.Join(names[i+1:], "/"), d.Complete
		}
		if !info.IsDir() {
			break
		}
	}
	return Downloaded{}, "", false
}
