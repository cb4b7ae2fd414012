//go:build !linux && !darwin

package filetree

import (
	"io/fs"
	"os"
)

// hasChangeTime is false: Go shows no time here that a program cannot set, so
// every file is hashed in every scan.
const hasChangeTime = false

// openDir opens a directory below the root; "." is the root itself.
func openDir(root *os.Root, path string) (*os.File, error) { return root.Open(path) }

// look examines one name in a directory and follows nothing.
func (d *dir) look(name string) (meta, error) {
	info, err := d.root.Lstat(d.join(name))
	if err != nil {
		return meta{}, err
	}
	return metaOf(info), nil
}

// open opens one name in a directory for reading.
func (d *dir) open(name string) (openFile, error) {
	f, err := d.root.Open(d.join(name))
	return openFile{f}, err
}

type openFile struct{ *os.File }

func (f openFile) look() (meta, error) {
	info, err := f.Stat()
	if err != nil {
		return meta{}, err
	}
	return metaOf(info), nil
}

func (f openFile) close() { _ = f.Close() }

// identity is the meta of a directory, without times. info may be nil.
func identity(info fs.FileInfo) meta {
	if info == nil {
		return meta{}
	}
	return meta{mode: info.Mode()}
}

// metaOf returns what there is: without inodes, a file that is replaced is
// only noticed by its modification time and size.
func metaOf(info fs.FileInfo) meta {
	m := meta{size: info.Size(), links: 1, mode: info.Mode()}
	m.mtime = info.ModTime().UnixNano()
	return m
}

// OpenFolder opens a folder below root for listing. A symlink is followed as long
// as it stays there.
func OpenFolder(root *os.Root, path string) (*os.File, error) { return openDir(root, path) }
