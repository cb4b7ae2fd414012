package treecheck

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// Limits bound what Hash reads. A zero field means its default.
type Limits struct {
	Files int   // entries, folders included
	Bytes int64 // of all files together
	Depth int   // folders below each other
}

// The default limits. The largest actions known hold some 20,000 files of
// node_modules, about 500 MB, 15 folders deep.
const (
	DefaultFiles = 200_000
	DefaultBytes = 4 << 30
	DefaultDepth = 100
)

const (
	listBatch  = 512      // names read at once, so that no folder is held whole
	maxWorkers = 8        // files hashed at the same time
	bufferSize = 64 << 10 // bytes read at once
	attempts   = 3        // for a file that changes while it is read
)

// SpecialError says that a folder holds something that no git tree can: a fifo,
// a socket, a device.
type SpecialError struct {
	Path string      // from the folder that was hashed, with slashes
	Mode fs.FileMode // its type bits
}

func (e *SpecialError) Error() string {
	return fmt.Sprintf("%q is neither file, folder nor symlink but %v", e.Path, e.Mode.Type())
}

// errChanged: a file did not stand still.
var errChanged = errors.New("changed while it was read")

// Hash computes the tree of what lies in a folder, as "git add -A" and "git
// write-tree" would with no conversion and no ignored files: regular files,
// executable if their owner may execute them, and symlinks. Folders without
// files do not exist for git. What is named .git, which git would leave out, is
// listed: the files like any others, the folder as [ModeFolder].
//
// The folder itself may be a symlink; nothing below it is followed. A file
// that keeps changing, one that cannot be read, a special file
// ([SpecialError]) and a tree beyond the limits are errors.
func Hash(ctx context.Context, dir string, lim Limits) (Tree, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = errors.New("not a folder")
	}
	if err != nil {
		return Tree{}, fmt.Errorf("hash folder %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Tree{}, fmt.Errorf("hash folder %s: %w", dir, err)
	}
	defer root.Close()
	entries, err := readAll(ctx, root, lim.orDefault())
	if err != nil {
		return Tree{}, fmt.Errorf("hash folder %s: %w", dir, err)
	}
	return newTree(entries), nil
}

func (l Limits) orDefault() Limits {
	if l.Files == 0 {
		l.Files = DefaultFiles
	}
	if l.Bytes == 0 {
		l.Bytes = DefaultBytes
	}
	if l.Depth == 0 {
		l.Depth = DefaultDepth
	}
	return l
}

// reader reads a folder: one goroutine lists, several hash.
type reader struct {
	ctx  context.Context
	root *os.Root
	lim  Limits
	seen int // entries listed so far
	jobs chan string

	mu      sync.Mutex
	entries []Entry
	bytes   int64 // read so far, or being read
}

// readAll returns the entries below root in no particular order, or the first
// error.
func readAll(ctx context.Context, root *os.Root, lim Limits) ([]Entry, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &reader{ctx: ctx, root: root, lim: lim, jobs: make(chan string, listBatch)}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), maxWorkers) {
		workers.Go(func() {
			buf := make([]byte, bufferSize)
			for path := range r.jobs {
				if err := r.file(path, buf); err != nil {
					stop(err)
				}
			}
		})
	}
	if err := r.folder(".", 0); err != nil {
		stop(err)
	}
	close(r.jobs)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return r.entries, nil
}

func (r *reader) add(e Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = append(r.entries, e)
}

// folder lists one folder and what is below it.
func (r *reader) folder(path string, depth int) error {
	if depth > r.lim.Depth {
		return fmt.Errorf("folder %q is deeper than the limit of %d", path, r.lim.Depth)
	}
	if err := context.Cause(r.ctx); err != nil {
		return err
	}
	f, err := r.openFolder(path)
	if err != nil {
		return fmt.Errorf("list folder %q: %w", path, err)
	}
	if strings.EqualFold(filepath.Base(path), ".git") {
		r.add(Entry{Path: path, Mode: ModeFolder, ID: gitID("tree", nil), sum: sha256.Sum256(nil)})
	}
	defer f.Close()
	var folders []string
	for {
		list, err := f.ReadDir(listBatch)
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("list folder %q: %w", path, err)
		}
		if r.seen += len(list); r.seen > r.lim.Files {
			return fmt.Errorf("more than the limit of %d files and folders", r.lim.Files)
		}
		for _, d := range list {
			name := d.Name()
			if path != "." {
				name = path + "/" + name
			}
			if d.IsDir() {
				folders = append(folders, name)
			} else if err := r.leaf(name, d.Type()); err != nil {
				return err
			}
		}
	}
	f.Close() // so that depth costs no descriptors
	for _, name := range folders {
		if err := r.folder(name, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// openFolder opens a folder that no symlink has taken the place of.
func (r *reader) openFolder(path string) (*os.File, error) {
	before, err := r.root.Lstat(path)
	if err != nil {
		return nil, err
	}
	f, err := r.root.OpenFile(path, folderFlags, 0)
	if err != nil {
		return nil, err
	}
	after, err := f.Stat()
	if err == nil && !(after.IsDir() && os.SameFile(before, after)) {
		err = errChanged
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// leaf takes what is not a folder: a file is for the workers, a symlink is read
// here.
func (r *reader) leaf(path string, mode fs.FileMode) error {
	switch mode.Type() {
	case 0:
		select {
		case r.jobs <- path:
			return nil
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		}
	case fs.ModeSymlink:
		target, err := r.root.Readlink(path)
		if err != nil {
			return fmt.Errorf("read symlink %q: %w", path, err)
		}
		content := []byte(filepath.ToSlash(target)) // changes nothing but on Windows
		r.add(Entry{path, ModeSymlink, gitID("blob", content), int64(len(content)), sha256.Sum256(content)})
		return nil
	}
	return &SpecialError{path, mode}
}

// file hashes one file, several times if it changes meanwhile.
func (r *reader) file(path string, buf []byte) (err error) {
	for range attempts {
		var e Entry
		if e, err = r.hashFile(path, buf); err == nil {
			r.add(e)
			return nil
		}
		if !errors.Is(err, errChanged) {
			break
		}
	}
	return fmt.Errorf("hash file %q: %w", path, err)
}

func (r *reader) hashFile(path string, buf []byte) (Entry, error) {
	f, info, err := openFile(r.root, path)
	if err != nil {
		return Entry{}, err
	}
	defer f.Close()
	size := info.Size()
	if err := r.reserve(size); err != nil {
		return Entry{}, err
	}
	blob, sum := newObject("blob", size), sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(blob, sum), untilDone{r.ctx, io.LimitReader(f, size+1)}, buf)
	if err != nil {
		return Entry{}, err
	}
	if after, err := f.Stat(); err != nil || n != size || after.Size() != size || !after.ModTime().Equal(info.ModTime()) {
		return Entry{}, errors.Join(errChanged, err)
	}
	e := Entry{Path: path, Mode: ModeFile, ID: blob.id(), size: size}
	if info.Mode()&0o100 != 0 {
		e.Mode = ModeExec
	}
	sum.Sum(e.sum[:0])
	return e, nil
}

// reserve counts bytes before they are read.
func (r *reader) reserve(size int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if size > r.lim.Bytes-r.bytes {
		return fmt.Errorf("more than the limit of %d bytes", r.lim.Bytes)
	}
	r.bytes += size
	return nil
}

// openFile opens a regular file that no symlink or special file has taken the
// place of.
func openFile(root *os.Root, path string) (*os.File, fs.FileInfo, error) {
	before, err := root.Lstat(path)
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, errChanged
	}
	f, err := root.OpenFile(path, fileFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !(info.Mode().IsRegular() && os.SameFile(before, info)) {
		err = errChanged
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// untilDone is a reader that ends with its context.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := context.Cause(u.ctx); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
