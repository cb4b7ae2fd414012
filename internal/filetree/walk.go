package filetree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// listBatch is the number of directory entries read at once, so that a huge
// directory is never held whole.
const listBatch = 512

// walker lists directories. It runs in one goroutine: listing is about ten
// times as fast as hashing small files.
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

// dirRef is a directory and the inode that its parent's listing named.
type dirRef struct {
	path string // with slashes; "" is the root
	id   stamp
}

// job is a regular file to hash.
type job struct {
	path string // with slashes, as it is on disk
	name string // as recorded
	info fs.FileInfo
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

// walk visits every directory, depth first, keeping no directory open.
func (w *walker) walk() {
	w.inodes = map[stamp]string{}
	id, _ := stampOf(w.s.self)
	w.stack = []dirRef{{"", id}}
	for len(w.stack) > 0 && w.ctx.Err() == nil {
		d := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if !w.dir(d) {
			return
		}
	}
}

// dir lists one directory; false ends the walk.
func (w *walker) dir(d dirRef) bool {
	f, err := w.openDir(d)
	if err != nil && d.path == "" {
		send(w.ctx, w.out, item{err: fmt.Errorf("list the directory to record: %w", err)})
		return false
	}
	switch {
	case isChanged(err):
		return w.other(d.path, Changed, "directory moved or replaced while the tree was walked")
	case err != nil:
		return w.other(d.path, Unreadable, "directory: "+reason(err))
	}
	defer f.Close()
	for w.ctx.Err() == nil {
		entries, err := f.ReadDir(listBatch)
		for _, e := range entries {
			if !w.entry(d.path, e) {
				return false
			}
		}
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			return w.other(recordedDir(d.path), Unreadable, "directory, listed in part: "+reason(err))
		}
	}
	return false
}

func recordedDir(path string) string {
	if path == "" {
		return "."
	}
	return path
}

// changed is the error of a file that did not stand still, and says how.
type changed string

func (c changed) Error() string { return string(c) }

func isChanged(err error) bool {
	var c changed
	return errors.As(err, &c)
}

// replaced: the path led to something else than was listed.
const replaced changed = "replaced by something else"

// openDir opens the directory that was listed, and nothing else.
func (w *walker) openDir(d dirRef) (*os.File, error) {
	if w.s.hook != nil {
		w.s.hook(beforeOpenDir, d.path)
	}
	f, err := w.s.root.OpenFile(recordedDir(d.path), os.O_RDONLY|dirFlags, 0)
	if err != nil {
		return nil, swapped(w.s.root, d.path, fs.ModeDir, d.id, err)
	}
	info, err := f.Stat()
	if err == nil {
		if id, _ := stampOf(info); !info.IsDir() || hasChangeTime && !id.sameInode(d.id) {
			err = replaced
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// swapped turns the error of an open into a change if what is there now is
// not what was listed: nothing, a symlink out of the root, another file.
func swapped(root *os.Root, path string, typ fs.FileMode, listed stamp, err error) error {
	now, lerr := root.Lstat(recordedDir(path))
	if lerr != nil {
		return gone(lerr)
	}
	if id, _ := stampOf(now); now.Mode().Type() != typ || hasChangeTime && !id.sameInode(listed) {
		return replaced
	}
	return err
}

// gone is a change for a listed path that can no longer be examined, unless it
// is merely forbidden.
func gone(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return changed("moved or deleted: " + reason(err))
}

// entry deals with one directory entry; false ends the walk.
func (w *walker) entry(dir string, e fs.DirEntry) bool {
	path := e.Name()
	if dir != "" {
		path = dir + "/" + path
	}
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
	// In a directory opened through a Root, the listing has examined the entry
	// already, relative to the open directory.
	info, err := e.Info()
	if err != nil {
		return w.other(path, Changed, "vanished while the tree was walked")
	}
	switch {
	case info.IsDir():
		id, _ := stampOf(info)
		w.stack = append(w.stack, dirRef{path, id})
		return true
	case info.Mode().IsRegular():
		return w.file(path, info)
	case info.Mode()&fs.ModeSymlink != 0:
		return w.symlink(path)
	}
	return w.other(path, kindOf(info.Mode()), "")
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
func (w *walker) file(path string, info fs.FileInfo) bool {
	name := RecordedName(path)
	st, nlink := stampOf(info)
	if old := w.prev.File(name); old != nil && old.settled && old.stamp == st && old.Size == info.Size() {
		return send(w.ctx, w.out, item{file: old, read: -1})
	}
	if nlink > 1 {
		id := stamp{dev: st.dev, ino: st.ino}
		if first, ok := w.inodes[id]; ok {
			return send(w.ctx, w.out, item{link: &link{name, first, id}})
		}
		w.inodes[id] = name
	}
	select {
	case w.jobs <- job{path, name, info}:
		return true
	case <-w.ctx.Done():
		return false
	}
}
