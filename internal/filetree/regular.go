package filetree

import (
	"fmt"
	"os"
)

// OpenRegular opens a file for reading and refuses everything else: a fifo
// would block and a device may never end. Symlinks are followed. It looks
// before it opens, since opening a device can have an effect, and again after,
// since the name may have been given to something else in between.
func OpenRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
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
