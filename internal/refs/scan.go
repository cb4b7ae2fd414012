package refs

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/pkg/actionref"
)

// maxRows bounds the rows of a report, and its injections. What is beyond is a
// row of its own.
const maxRows = 200_000

// Scan reads the workflows and actions of the paths, several at once, and
// returns every reference in them. See Discover for what a path means.
func Scan(paths []string) Report {
	sources, problems := Discover(paths)
	return scan(sources, problems, actionref.Find, maxRows)
}

// fileResult is what one file gave.
type fileResult struct {
	rows       []Row
	injections []Injection
	read       bool
}

// scan keeps a file for each worker and a few results in memory, and takes the
// results in the order of the sources, so that a limit always cuts at the same
// place.
func scan(sources []Source, problems []Problem, find func([]byte) actionref.File, limit int) Report {
	var r Report
	locked := locksOf(sources)
	for _, p := range append(problems, locked.problems...) {
		r.Rows = append(r.Rows, errorRow(p, true))
	}
	stop := make(chan struct{})
	defer close(stop)
	i := 0
	for result := range readAll(sources, find, stop) {
		got := <-result
		if len(r.Rows)+len(got.rows) > limit || len(r.Injections)+len(got.injections) > limit {
			r.Rows = append(r.Rows, errorRow(Problem{
				File: sources[i].Path, Why: "this and the following files are not judged: there are too many references in all",
			}, true))
			break
		}
		if got.read {
			r.Files++
		}
		locked.apply(sources[i], got.rows)
		r.Rows = append(r.Rows, got.rows...)
		r.Injections = append(r.Injections, got.injections...)
		i++
	}
	r.sort()
	return r
}

// readAll reads the sources with one worker for each processor. The channel
// yields, in their order, a channel that will hold the result.
func readAll(sources []Source, find func([]byte) actionref.File, stop <-chan struct{}) <-chan chan fileResult {
	workers := runtime.GOMAXPROCS(0)
	type job struct {
		source Source
		result chan fileResult
	}
	jobs := make(chan job)
	for range workers {
		go func() {
			for j := range jobs {
				j.result <- readOne(j.source, find)
			}
		}()
	}
	ordered := make(chan chan fileResult, workers)
	go func() {
		defer close(ordered)
		defer close(jobs)
		for _, source := range sources {
			j := job{source, make(chan fileResult, 1)}
			select {
			case ordered <- j.result:
			case <-stop:
				return
			}
			jobs <- j // its worker never waits: the result has room
		}
	}()
	return ordered
}

func readOne(source Source, find func([]byte) actionref.File) fileResult {
	src, err := source.Read()
	if err != nil {
		return fileResult{rows: []Row{errorRow(Problem{File: source.Path, Why: "cannot be read: " + reason(err)}, true)}}
	}
	got := fileResult{}
	if err := guarded(func() { got = judgeFile(source.Path, src, find) }); err != nil {
		return fileResult{rows: []Row{errorRow(Problem{File: source.Path, Why: "cannot be judged: " + err.Error()}, true)}}
	}
	return got
}

// Workflow is a workflow at a commit.
type Workflow struct {
	Path string // from the root of its repository
	Src  []byte
	// Repository is owner/repo if that is another one than the workspace's, and
	// SHA its commit: what the file calls its own is there.
	Repository, SHA string
	Lock            []byte // the lock file beside it; nil: there is none
	LockErr         error  // why it could not be read
}

// Add judges one more workflow. A lock file that cannot be read is a gap.
func (r *Report) Add(w Workflow) {
	name := w.Path
	var from origin
	if w.Repository != "" {
		name, from = w.Repository+"/"+w.Path+"@"+w.SHA, origin{w.Repository, w.SHA}
	}
	got := judgeFile(name, w.Src, actionref.Find)
	for i := range got.rows {
		got.rows[i].from = from
	}
	if lock, err := w.lock(); err != nil {
		r.Gaps = append(r.Gaps, fmt.Sprintf("lock file of %s: %v", name, err))
	} else {
		lockRows(lock, w.Path, got.rows)
	}
	r.Files++
	r.Rows = append(r.Rows, got.rows...)
	r.Injections = append(r.Injections, got.injections...)
}

// Use adds one reference that stands in no file, such as one on a command line:
// name is what it is called in place of the file.
func (r *Report) Use(name string, ref actionref.Ref) {
	r.Rows = append(r.Rows, useRow(name, actionref.Use{Ref: ref, Value: ref.Text(), Place: actionref.InStep, Line: 1, Count: 1}))
}

// lock is the zero Lock, which locks nothing, if there is no lock file.
func (w Workflow) lock() (actionref.Lock, error) {
	if w.LockErr != nil || w.Lock == nil {
		return actionref.Lock{}, w.LockErr
	}
	return actionref.ParseLock(w.Lock)
}

func judgeFile(path string, src []byte, find func([]byte) actionref.File) fileResult {
	got := fileResult{read: true}
	file := find(src)
	name := filetree.RecordedName(path)
	for _, u := range file.Uses {
		got.rows = append(got.rows, useRow(name, u))
	}
	for _, p := range file.Problems {
		got.rows = append(got.rows, errorRow(Problem{path, p.Line, p.Col, p.Why}, false))
	}
	for _, x := range file.Injections {
		got.injections = append(got.injections, Injection{name, x.Line, x.Col, x.Expression, x.Job})
	}
	return got
}

func useRow(file string, u actionref.Use) Row {
	return Row{
		File: file, Line: u.Line, Col: u.Col, Uses: cmp.Or(u.Value, u.Ref.Text()), Kind: u.Ref.Kind(),
		Pinned: u.Ref.Pinned(), Annotate: u.Ref.Annotate(), Why: cmp.Or(u.Why, u.Ref.Why()),
		Count: u.Count, Comment: u.Comment, Canonical: u.Ref.Canonical(),
		Job: u.Job, Locked: u.Locked, LockedSHA: u.LockedSHA, ref: u.Ref, exact: u.Exact,
	}
}

// errorRow is a problem as a row. A problem of the whole file stands in its
// first line: annotations and SARIF have no place for it otherwise.
func errorRow(p Problem, unread bool) Row {
	return Row{
		File: filetree.RecordedName(p.File), Line: max(p.Line, 1), Col: p.Col, Kind: actionref.KindError,
		Annotate: true, Why: p.Why, unread: unread,
	}
}

// joined are those reasons that are there.
func joined(reasons ...string) string {
	var some []string
	for _, r := range reasons {
		if r != "" {
			some = append(some, r)
		}
	}
	return strings.Join(some, "; ")
}
