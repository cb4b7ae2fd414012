package filetree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Replaceable is an error if there is something else than a regular file at path,
// or where a link there leads to. That nothing is there is none.
func Replaceable(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("it is not a regular file")}
	}
	return nil
}

// Replace puts data under a name at once, with the given permissions: whoever
// looks finds the old file or the whole new one. last, if not nil, is called
// with the new file before it gets its name; if it fails the old one stays. What
// is no regular file is never replaced: root has destroyed a /dev/null so.
func Replace(path string, data []byte, mode fs.FileMode, last func(tmp *os.File) error) (err error) {
	if err := Replaceable(path); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".cilock-*")
	if _, gone := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) && gone != nil {
		return fmt.Errorf("%s: %w: make its folder first", path, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	if _, err = tmp.Write(data); err != nil {
		return err
	}
	if err = tmp.Chmod(mode); err != nil {
		return err
	}
	if last != nil {
		if err = last(tmp); err != nil {
			return err
		}
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
