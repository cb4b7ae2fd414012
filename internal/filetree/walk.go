package filetree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// listBatch is the number of names read at once, so that a huge directory is
// never held whole.
const listBatch = 512

// walker lists directories. It runs in one goroutine: listing is much faster
// than hashing.
type walker struct {
	s    *Scanner
	ctx  context.Context
	prev *Snapshot
	out  chan<- item
	jobs chan<- job

	entries int
	stack   []dirRef         // listed, not opened yet
	inodes  map[stamp]string // first recorded name of inodes with several links
}

// dirRef is a directory and what was seen when its parent was listed.
type dirRef struct {
	path   string // with slashes; "" is the root
	listed meta
}

// job is a regular file to hash.
type job struct {
	dir      *dir   // held
	base     string // name in dir
	recorded string // path as recorded
	listed   meta
}

// send delivers an item unless the scan is over.
func send(ctx context.Context, out chan<- item, it item) bool {
	select {
	case out <- it:
		return true
	case <-ctx.Done():
		return false
	}
}

func (w *walker) other(path string, kind Kind, detail string) bool {
	return send(w.ctx, w.out, item{other: &Other{RecordedName(path), kind, detail}})
}

func (w *walker) bound(reason string) { send(w.ctx, w.out, item{bound: reason}) }

// walk visits every directory, depth first. It keeps none open but those whose
// files are being hashed.
func (w *walker) walk() {
	w.inodes = map[stamp]string{}
	w.stack = []dirRef{{"", identity(w.s.self)}}
	for len(w.stack) > 0 && w.ctx.Err() == nil {
		ref := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if !w.visit(ref) {
			return
		}
	}
}

// visit lists one directory; false ends the walk.
func (w *walker) visit(ref dirRef) bool {
	f, err := w.openDir(ref)
	switch {
	case err != nil && ref.path == "":
		send(w.ctx, w.out, item{err: fmt.Errorf("list the directory to record: %w", err)})
		return false
	case isChanged(err):
		return w.other(ref.path, Changed, "directory moved or replaced while the tree was walked")
	case err != nil:
		return w.other(ref.path, Unreadable, "directory: "+reason(err))
	}
	d := &dir{root: w.s.root, path: ref.path, file: f}
	d.hold()
	defer d.release()
	for w.ctx.Err() == nil {
		names, err := f.Readdirnames(listBatch)
		for _, name := range names {
			if !w.entry(d, name) {
				return false
			}
		}
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return w.other(orDot(d.path), Unreadable, "directory, listed in part: "+reason(err))
		}
	}
	return false
}

// openDir opens the directory that was listed, and nothing else.
func (w *walker) openDir(ref dirRef) (*os.File, error) {
	w.s.at(beforeOpenDir, ref.path)
	f, err := openDir(w.s.root, orDot(ref.path))
	if err != nil {
		info, lerr := w.s.root.Lstat(orDot(ref.path))
		return nil, swapped(ref.listed, identity(info), lerr, err)
	}
	info, err := f.Stat()
	if now := identity(info); err == nil && (!now.mode.IsDir() || !now.sameInode(ref.listed.stamp)) {
		err = replaced
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// entry deals with one name in a directory; false ends the walk.
func (w *walker) entry(d *dir, name string) bool {
	path := d.join(name)
	if w.s.skip[path] {
		return true
	}
	if w.entries++; w.entries > w.s.maxEntries {
		w.bound(fmt.Sprintf("more than %d files and directories", w.s.maxEntries))
		return false
	}
	if len(path) > w.s.maxPath {
		w.bound(fmt.Sprintf("a path is longer than %d bytes", w.s.maxPath))
		return true
	}
	m, err := d.look(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return w.other(path, Changed, "vanished after it was listed")
	case err != nil:
		return w.other(path, Unreadable, reason(err))
	case m.mode.IsDir():
		w.stack = append(w.stack, dirRef{path, m})
		return true
	case m.mode.IsRegular():
		return w.file(d, name, path, m)
	case m.mode&fs.ModeSymlink != 0:
		return w.symlink(path)
	}
	return w.other(path, kindOf(m.mode), "")
}

// symlink records where a symlink points, as text.
func (w *walker) symlink(path string) bool {
	target, err := w.s.root.Readlink(path)
	if err != nil {
		return w.other(path, Changed, "symlink replaced while the tree was walked")
	}
	return w.other(path, Symlink, RecordedName(target))
}

// file reuses a digest, notes a further link of an inode, or hands the file to
// the workers.
func (w *walker) file(d *dir, base, path string, m meta) bool {
	name := RecordedName(path)
	if old := w.prev.File(name); old != nil && old.settled && old.stamp == m.stamp && old.Size == m.size {
		return send(w.ctx, w.out, item{file: old, read: -1})
	}
	if m.links > 1 {
		if first, ok := w.inodes[m.inode()]; ok {
			return send(w.ctx, w.out, item{link: &link{name, first, m.stamp}})
		}
		w.inodes[m.inode()] = name
	}
	d.hold()
	select {
	case w.jobs <- job{d, base, name, m}:
		return true
	case <-w.ctx.Done():
		d.release()
		return false
	}
}
