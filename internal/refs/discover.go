package refs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref"
)

// limits bound one search. Reaching one is a Problem.
type limits struct {
	files   int   // workflows and actions
	entries int   // names looked at while searching for them
	depth   int   // folders below a PATH
	bytes   int64 // of all files together

	problems int // that are listed; the search ends there
}

// defaultLimits are far above what repositories have.
func defaultLimits() limits {
	return limits{files: 20_000, entries: 500_000, depth: 128, bytes: 512 << 20, problems: 1000}
}

// maxFile is the size of the largest file that is read, in bytes.
const maxFile = actionref.MaxFile

// Source is one file to read. It comes only from Discover.
type Source struct {
	Path string // for people: as the caller named it, or below the folder that he named
	// A file that was found is opened inside the folder that was searched, so
	// that no symlink leads out of it; one that was named is opened as named.
	folder, name string
	size         int64
}

// Problem is a file or a place in it that could not be judged.
type Problem struct {
	File string
	Line int // from 1; 0 if the file as a whole is meant
	Col  int // from 1, in characters; 0 if not known
	Why  string
}

// Discover lists the files to read, sorted by path. A file is taken whatever
// its name is. A folder stands for
//
//   - the .yml and .yaml files directly in its .github/workflows, where alone
//     GitHub looks for workflows, and
//   - every action.yml and action.yaml below it, except in .git and
//     node_modules.
//
// A PATH that is itself a .github or .github/workflows folder stands for the
// workflows in it. No path means the current folder.
//
// Symlinks: a PATH is followed. Below it, a symlink to a folder is never
// followed, so there are no loops; a symlink to a file is read, as the runner
// does, if it is relative and stays inside the folder, and is a Problem if not.
func Discover(paths []string) ([]Source, []Problem) {
	return discover(paths, defaultLimits())
}

func discover(paths []string, l limits) ([]Source, []Problem) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	s := search{limits: l, seen: map[string]bool{}}
	for _, p := range paths {
		s.path(filepath.Clean(p))
	}
	slices.SortFunc(s.sources, func(a, b Source) int { return strings.Compare(a.Path, b.Path) })
	return s.withinBytes(), s.problems
}

// search is the state of one Discover.
type search struct {
	limits   limits
	sources  []Source
	problems []Problem
	seen     map[string]bool // paths that are among the sources
	entries  int
	full     bool // a limit is reached: said once
}

// problem adds one, or, where the list is full, one that says so.
func (s *search) problem(file, format string, args ...any) {
	switch n := len(s.problems); {
	case n > s.limits.problems:
		return
	case n == s.limits.problems:
		s.full = true
		format, args = "more than %d files or folders cannot be read: the search ended here", []any{n}
	}
	s.problems = append(s.problems, Problem{File: file, Why: fmt.Sprintf(format, args...)})
}

func (s *search) path(p string) {
	info, err := os.Stat(p)
	switch {
	case err != nil:
		s.problem(p, "cannot be read: %s", reason(err))
	case info.IsDir():
		s.folder(p)
	case !info.Mode().IsRegular():
		s.problem(p, "is not a regular file")
	default:
		s.add(Source{Path: filepath.ToSlash(p), name: p, size: info.Size()})
	}
}

func (s *search) add(src Source) {
	switch {
	case s.seen[src.Path]:
	case len(s.sources) == s.limits.files:
		s.stop(src.Path, "more than %d workflows and actions: this and the following are not read", s.limits.files)
	default:
		s.seen[src.Path] = true
		s.sources = append(s.sources, src)
	}
}

// stop ends the search, and says so once.
func (s *search) stop(file, format string, args ...any) {
	if !s.full {
		s.problem(file, format, args...)
	}
	s.full = true
}

// folder searches a folder that the caller named.
func (s *search) folder(p string) {
	root, err := os.OpenRoot(p)
	if err != nil {
		s.problem(p, "cannot be searched: %s", reason(err))
		return
	}
	defer root.Close()
	w := walk{search: s, root: root, folder: p, workflows: workflowsOf(p)}
	w.linked()
	w.dir(".", 0)
}

// workflowsOf is where, relative to a folder, its workflows are. The folder's
// full name decides: "." may be the folder of workflows.
func workflowsOf(folder string) string {
	full, err := filepath.Abs(folder)
	if err != nil {
		full = folder
	}
	switch full = filepath.ToSlash(full); {
	case strings.HasSuffix(full, "/.github/workflows"):
		return "."
	case strings.HasSuffix(full, "/.github"):
		return "workflows"
	}
	return ".github/workflows"
}

// walk is the search of one folder.
type walk struct {
	*search
	root      *os.Root
	folder    string // as it was named
	workflows string // the folder of workflows, relative to root
}

// shown is the path for people of a name below the folder.
func (w walk) shown(name string) string {
	return filepath.ToSlash(filepath.Join(w.folder, filepath.FromSlash(name)))
}

// linked tells of workflows behind a symlinked folder. GitHub reads them from
// the commit, where a symlink has no children; whoever made the link thinks
// otherwise.
func (w walk) linked() {
	for name := w.workflows; name != "."; name = path.Dir(name) {
		info, err := w.root.Lstat(name)
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			w.problem(w.shown(name), "is a symlink: workflows behind it are not read")
		}
	}
}

// dir searches a folder and those below it, in the order of their names, so
// that a limit always leaves out the same files.
func (w walk) dir(name string, depth int) {
	if depth > w.limits.depth {
		w.problem(w.shown(name), "is not searched: more than %d folders deep", w.limits.depth)
		return
	}
	entries, err := w.list(name)
	if err != nil {
		w.problem(w.shown(name), "cannot be searched: %s", reason(err))
	}
	for _, e := range entries {
		if w.full {
			return
		}
		child := path.Join(name, e.Name())
		switch {
		case !e.IsDir():
			if w.wanted(name, e.Name()) {
				w.file(child)
			}
		case e.Name() != ".git" && e.Name() != "node_modules":
			w.dir(child, depth+1)
		}
	}
}

// list reads the names in a folder, as many as the limit leaves.
func (w walk) list(name string) ([]fs.DirEntry, error) {
	f, err := w.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []fs.DirEntry
	for {
		some, err := f.ReadDir(1024)
		all = append(all, some...)
		if w.entries += len(some); w.entries > w.limits.entries {
			w.stop(w.shown(name), "more than %d files to look at: this folder and the following are not searched", w.limits.entries)
			return nil, nil
		}
		if err != nil {
			slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
			if err == io.EOF {
				err = nil
			}
			return all, err
		}
	}
}

// wanted reports whether a file is a workflow or an action by its place. The
// case of an action's name does not count: on some runners it does not.
func (w walk) wanted(dir, name string) bool {
	if strings.EqualFold(name, "action.yml") || strings.EqualFold(name, "action.yaml") {
		return true
	}
	ext := path.Ext(name)
	return dir == w.workflows && (ext == ".yml" || ext == ".yaml")
}

func (w walk) file(name string) {
	info, err := w.root.Stat(name)
	switch {
	case err != nil:
		w.problem(w.shown(name), "cannot be read: %s", reason(err))
	case info.IsDir(): // a symlink to a folder
	case !info.Mode().IsRegular():
		w.problem(w.shown(name), "is not a regular file")
	default:
		w.add(Source{Path: w.shown(name), folder: w.folder, name: name, size: info.Size()})
	}
}

// withinBytes are the sources that fit into the limit.
func (s *search) withinBytes() []Source {
	left := s.limits.bytes
	for i, src := range s.sources {
		if left -= min(src.size, maxFile); left < 0 {
			s.problem(src.Path, "this and %d more files are not read: more than %d MiB in all", len(s.sources)-i-1, s.limits.bytes>>20)
			return s.sources[:i]
		}
	}
	return s.sources
}

// Read returns the bytes of a source.
func (s Source) Read() ([]byte, error) {
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	return data, err
}

func (s Source) open() (*os.File, error) {
	if s.folder == "" {
		return filetree.OpenRegular(s.name)
	}
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return filetree.OpenRegularIn(root, s.name)
}

// reason is an error without the path, which is said beside it.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	if strings.Contains(err.Error(), "escapes from parent") { // os.Root has no error value for it
		return "it is a symlink that leaves the folder"
	}
	return err.Error()
}
