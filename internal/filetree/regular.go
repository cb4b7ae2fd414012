package filetree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrFolder is in the error of OpenRegular where the path is a folder.
var ErrFolder = errors.New("it is a folder")

// OpenRegular opens a file for reading and refuses everything else: a fifo
// would block and a device may never end. Symlinks are followed. It looks
// before it opens, since opening a device can have an effect, and again after,
// since the name may have been given to something else in between.
func OpenRegular(path string) (*os.File, error) {
	return openRegular(path, os.Stat, os.OpenFile)
}

// OpenRegularIn is OpenRegular for a name below root. A symlink is followed as
// long as it stays there.
func OpenRegularIn(root *os.Root, name string) (*os.File, error) {
	return openRegular(name, root.Stat, root.OpenFile)
}

func openRegular(path string, stat func(string) (fs.FileInfo, error), open func(string, int, fs.FileMode) (*os.File, error)) (*os.File, error) {
	info, err := stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is not a regular file: %w", path, ErrFolder)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := open(path, os.O_RDONLY|NonBlock, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadRegular returns the contents of a regular file of at most max bytes.
func ReadRegular(path string, max int64) ([]byte, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > max {
		return nil, fmt.Errorf("read %s: more than %d bytes", path, max)
	}
	return b, nil
}
