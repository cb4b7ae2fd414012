package filetree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Options for NewScanner. The zero value walks everything on all cores.
type Options struct {
	// Skip lists files and directories that are left out, with all below
	// them: paths relative to the root, with slashes, compared exactly.
	Skip []string
	// Workers is the number of files hashed at once; 0 is GOMAXPROCS.
	Workers int
	// Now is the clock that time stamps of files are compared with; nil is
	// time.Now.
	Now func() time.Time
}

// Bounds of one snapshot. Whatever is beyond them makes it incomplete.
const (
	maxEntries = 5_000_000 // files, directories and others; about 1 GB of memory
	maxOthers  = 100_000
	maxPath    = 4096 // bytes; PATH_MAX of Linux: the longest path that a program can pass to the kernel
)

// Scanner takes snapshots of one directory.
type Scanner struct {
	dir     string
	root    *os.Root
	self    fs.FileInfo // the root directory when the scanner was made
	skip    map[string]bool
	workers int
	now     func() time.Time

	maxEntries, maxOthers, maxPath int

	mu      sync.Mutex // one scan at a time
	last    *Snapshot  // what digests may be reused from
	inspect Inspect    // may be nil

	// hook, when a test sets it, is called at each point where the tree could
	// change under the walk. It must be safe for concurrent use.
	hook func(point hookPoint, path string)
}

// hookPoint names a moment between two looks at the file system.
type hookPoint int

const (
	beforeOpenDir  hookPoint = iota // listed in its parent, not opened
	beforeOpenFile                  // listed, not opened
	beforeRead                      // opened and examined, not read
	beforeCheck                     // read, not examined again
)

// at tells a test where the walk is.
func (s *Scanner) at(p hookPoint, path string) {
	if s.hook != nil {
		s.hook(p, path)
	}
}

// NewScanner returns a scanner of the given directory, which is opened now and
// stays open until Close: a directory that later takes its place is not
// scanned, but noticed. If dir itself is a symlink it is followed, once, here.
func NewScanner(dir string, o Options) (*Scanner, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the directory to record: %w", err)
	}
	self, err := root.Stat(".")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("examine the directory to record: %w", err), root.Close())
	}
	s := &Scanner{
		dir: dir, root: root, self: self,
		skip: make(map[string]bool, len(o.Skip)), workers: o.Workers, now: o.Now,
		maxEntries: maxEntries, maxOthers: maxOthers, maxPath: maxPath,
	}
	for _, p := range o.Skip {
		s.skip[path.Clean(filepath.ToSlash(p))] = true
	}
	if s.workers <= 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Close releases the directory.
func (s *Scanner) Close() error { return s.root.Close() }

// Scan walks the tree and hashes its files. A file whose size, mtime, ctime,
// inode and device are those of an earlier scan is not read again.
//
// When ctx ends, Scan returns at once with what it has and Incomplete set,
// even if a read hangs in the kernel (a dead network mount): the goroutine that
// is stuck there is left behind. The only error is that the root directory
// cannot be listed.
func (s *Scanner) Scan(ctx context.Context) (*Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inner, cancel := context.WithCancel(ctx)
	defer cancel()

	snap := &Snapshot{}
	if s.last != nil {
		snap.Files = make([]File, 0, len(s.last.Files)+len(s.last.Files)/16)
	}
	s.checkSelf(snap)
	links, err := s.collect(ctx, snap, s.start(inner))
	if err != nil {
		return nil, err
	}
	snap.sort()
	s.resolveLinks(snap, links)
	if s.last == nil || snap.Incomplete == "" {
		s.last = snap
	}
	return snap, nil
}

// checkSelf notes when the path no longer leads to the directory that is open.
func (s *Scanner) checkSelf(snap *Snapshot) {
	switch now, err := os.Stat(s.dir); {
	case err != nil:
		snap.addOther(Other{".", Changed, "the directory itself is gone: " + reason(err)}, s.maxOthers)
	case !os.SameFile(now, s.self):
		snap.addOther(Other{".", Changed, "the directory itself was replaced; the one from before the step was read"}, s.maxOthers)
	}
}

// start runs the walk and the workers. The returned channel is closed when all
// of them have ended.
func (s *Scanner) start(ctx context.Context) <-chan item {
	out := make(chan item, 1024)
	jobs := make(chan job, 256) // each may hold a directory open
	var wg sync.WaitGroup
	w := &walker{s: s, ctx: ctx, prev: s.last, out: out, jobs: jobs}
	wg.Go(func() {
		defer close(jobs)
		w.walk()
	})
	for range s.workers {
		h := &hasher{s: s, ctx: ctx, out: out}
		wg.Go(func() { h.run(jobs) })
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	return out
}

// item is one finding on its way to the snapshot: exactly one part is set.
type item struct {
	file  *File
	read  int64 // bytes read for file, -1 if its digest was reused
	other *Other
	link  *link
	bound string // why the walk left something out
	err   error  // the root could not be listed
}

// link is another name of an inode that is hashed under the name first.
type link struct {
	path, first string
	inode       stamp
}

// collect gathers items until the walk has ended or ctx has.
func (s *Scanner) collect(ctx context.Context, snap *Snapshot, in <-chan item) ([]link, error) {
	var links []link
	for {
		var it item
		ok := false
		select {
		case it, ok = <-in:
		case <-ctx.Done():
		}
		if !ok {
			if err := context.Cause(ctx); err != nil {
				snap.incomplete("stopped early: " + err.Error())
			}
			return links, nil
		}
		switch {
		case it.err != nil:
			return nil, it.err
		case it.file != nil:
			snap.addFile(it.file, it.read)
		case it.other != nil:
			snap.addOther(*it.other, s.maxOthers)
		case it.link != nil:
			links = append(links, *it.link)
		default:
			snap.incomplete(it.bound)
		}
	}
}

// addFile counts and keeps a file.
func (s *Snapshot) addFile(f *File, read int64) {
	s.Files = append(s.Files, *f)
	if read < 0 {
		s.Reused++
		return
	}
	s.Hashed++
	s.Bytes += read
}

// resolveLinks gives the further names of an inode the digest of the first.
func (s *Scanner) resolveLinks(snap *Snapshot, links []link) {
	if len(links) == 0 {
		return
	}
	files := make([]File, 0, len(links))
	for _, l := range links {
		// The first name may have been given to another inode since.
		if first := snap.File(l.first); first != nil && first.stamp.sameInode(l.inode) {
			f := *first
			f.Path = l.path
			files = append(files, f)
			continue
		}
		if snap.Incomplete == "" { // otherwise the first name was perhaps not reached
			snap.addOther(Other{l.path, Changed, "hard link to a file that could not be hashed"}, s.maxOthers)
		}
	}
	snap.Files = append(snap.Files, files...)
	snap.sort()
}

// reason is the error without the paths of this machine.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}
