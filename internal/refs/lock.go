package refs

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// A lock file stands beside the workflows that it names, and names them from
// the root of the repository. It is not followed into other files: reusable
// workflows are not covered by their caller's (docs.github.com, "Locking
// actions"), nor is what is inside an action by what is read here.

// workflowFolder is where GitHub looks for workflows, and for their lock.
const workflowFolder = ".github/workflows"

// locks are the lock files of some sources.
type locks struct {
	byFolder map[string]actionref.Lock // folder of workflows, in full
	problems []Problem
}

// locksOf reads the lock file of each folder of workflows, once.
func locksOf(sources []Source) locks {
	l := locks{byFolder: map[string]actionref.Lock{}}
	done := map[string]bool{}
	for _, s := range sources {
		folder, ok := s.workflowFolder()
		if !ok || done[folder] {
			continue
		}
		done[folder] = true
		beside := s.beside(path.Base(actionref.LockFile))
		src, err := beside.Read()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		lock, why := actionref.Lock{}, ""
		if err != nil {
			why = "cannot be read: " + reason(err)
		} else if lock, err = actionref.ParseLock(src); err != nil {
			why = err.Error()
		}
		if why != "" {
			l.problems = append(l.problems, Problem{File: beside.Path, Why: why})
			continue
		}
		l.byFolder[folder] = lock
	}
	return l
}

// apply marks the rows of a source that its folder's lock file locks.
func (l locks) apply(s Source, rows []Row) {
	folder, ok := s.workflowFolder()
	if lock, known := l.byFolder[folder]; ok && known {
		lockRows(lock, path.Join(workflowFolder, path.Base(s.Path)), rows)
	}
}

// lockRows marks the rows of one workflow. Its own entries go before the file's.
func lockRows(lock actionref.Lock, name string, rows []Row) {
	for i := range rows {
		row := &rows[i]
		if row.Locked || row.Kind != actionref.KindAction {
			continue
		}
		row.LockedSHA, row.Locked = lock.Commit(name, row.ref)
	}
}

// workflowFolder is the full name of the folder of a workflow.
func (s Source) workflowFolder() (folder string, ok bool) {
	full, err := filepath.Abs(filepath.Join(s.folder, filepath.FromSlash(s.name)))
	if err != nil {
		return "", false
	}
	folder = filepath.ToSlash(filepath.Dir(full))
	return folder, strings.HasSuffix(folder, "/"+workflowFolder)
}

// beside is a file in the same folder, opened as the source itself is.
func (s Source) beside(name string) Source {
	s.Path, s.name = path.Join(path.Dir(s.Path), name), filepath.Join(filepath.Dir(s.name), name)
	return s
}

// lockDiffers says if a row is locked to another commit than the one that its
// pin, or its tag as it is now, names. For a pin of a tag's object both are known.
func lockDiffers(row Row) string {
	pin, now := row.ref.SHA(), row.ResolvedSHA
	switch {
	case row.LockedSHA == "" || row.LockedSHA == pin || row.LockedSHA == now:
		return ""
	case pin != "":
		return fmt.Sprintf("locked to %s and pinned to %s", row.LockedSHA, pin)
	case now != "" && row.Reachable != ghresolve.Missing:
		return fmt.Sprintf("locked to %s and names %s now", row.LockedSHA, now)
	}
	return ""
}
