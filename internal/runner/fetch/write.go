package fetch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/org/cilock-action/pkg/actionref/treecheck"
)

// maxTarget bounds a symlink's target, as Linux does.
const maxTarget = 4095

// writer fills one folder with what git can hold, whatever it comes from. The
// symlinks are made last, so nothing is ever written through one.
type writer struct {
	root    *os.Root
	lim     Limits
	windows bool

	entries int
	bytes   int64
	folders map[string]bool // those that we made
	links   []link
}

type link struct{ path, target string }

func newWriter(root *os.Root, lim Limits, windows bool) *writer {
	return &writer{root: root, lim: lim, windows: windows, folders: map[string]bool{".": true}}
}

// local counts one entry and returns its path as this system writes it.
func (w *writer) local(name string, size int64) (string, error) {
	if !treecheck.ValidPath(name) {
		return "", fmt.Errorf("git has no path such as %.200q", name)
	}
	if strings.Count(name, "/") > w.lim.Depth {
		return "", fmt.Errorf("%.200q is deeper than the limit of %d folders", name, w.lim.Depth)
	}
	if w.entries++; w.entries > w.lim.Files {
		return "", fmt.Errorf("more than the limit of %d files and folders", w.lim.Files)
	}
	if size < 0 || size > w.lim.Bytes-w.bytes {
		return "", fmt.Errorf("more than the limit of %d bytes", w.lim.Bytes)
	}
	w.bytes += size
	// Not filepath.Localize: names of git need not be UTF-8.
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) || runtime.GOOS == "windows" && strings.ContainsAny(name, "\\:") {
		return "", fmt.Errorf("this system has no path such as %.200q", name)
	}
	return local, nil
}

// folder makes a folder and those above it. It may be there, if we made it.
func (w *writer) folder(name string) error {
	if w.folders[name] {
		return nil
	}
	local, err := w.local(name, 0)
	if err != nil {
		return err
	}
	if err := w.folder(path.Dir(name)); err != nil {
		return err
	}
	if err := w.root.Mkdir(local, 0o755); err != nil {
		return brief("make the folder", name, err)
	}
	if err := w.root.Chmod(local, 0o755); err != nil { // whatever the umask
		return brief("make the folder", name, err)
	}
	w.folders[name] = true
	return nil
}

// file writes a file that is not there, of exactly size bytes.
func (w *writer) file(name string, exec bool, size int64, content io.Reader) (err error) {
	local, err := w.local(name, size)
	if err != nil {
		return err
	}
	if err := w.folder(path.Dir(name)); err != nil {
		return err
	}
	f, err := w.root.OpenFile(local, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return brief("write", name, err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = brief("write", name, err)
		}
	}()
	n, err := io.Copy(f, io.LimitReader(content, size+1))
	if err != nil {
		return err
	}
	if n != size {
		return fmt.Errorf("it does not have the %d bytes that it is said to have", size)
	}
	if exec {
		return f.Chmod(0o755)
	}
	return f.Chmod(0o644)
}

// link notes a symlink; finish makes it.
func (w *writer) link(name, target string) error {
	if w.windows {
		return w.file(name, false, int64(len(target)), strings.NewReader(target))
	}
	if target == "" || len(target) > maxTarget || strings.ContainsRune(target, 0) {
		return fmt.Errorf("the symlink %.200q has a target that none can have", name)
	}
	local, err := w.local(name, int64(len(target)))
	if err != nil {
		return err
	}
	if err := w.folder(path.Dir(name)); err != nil {
		return err
	}
	w.links = append(w.links, link{local, target})
	return nil
}

// finish makes the symlinks, and then looks where each leads, through all the
// others: out of the repository none may. One that leads nowhere is harmless.
func (w *writer) finish() error {
	for _, l := range w.links {
		if err := w.root.Symlink(l.target, l.path); err != nil {
			return brief("make the symlink", l.path, err)
		}
	}
	for _, l := range w.links {
		_, err := w.root.Stat(l.path)
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENOTDIR):
		default:
			return fmt.Errorf("the symlink %.200q leads out of the repository: to %.200q", l.path, l.target)
		}
	}
	return nil
}

// brief says what failed without the whole path, which may be very long.
func brief(doing, name string, err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("%s %.200q: %w", doing, name, err)
}
