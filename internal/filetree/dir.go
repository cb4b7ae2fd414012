package filetree

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
)

// dir is an open directory. The walker holds it while it lists, and each job
// until its file is hashed.
type dir struct {
	root *os.Root
	path string // relative to the root, with slashes; "" is the root
	file *os.File
	refs atomic.Int32
}

func (d *dir) hold() { d.refs.Add(1) }

func (d *dir) release() {
	if d.refs.Add(-1) == 0 {
		_ = d.file.Close() // nothing was written
	}
}

// join returns the path of a name in the directory.
func (d *dir) join(name string) string {
	if d.path == "" {
		return name
	}
	return d.path + "/" + name
}

// orDot is a path as the system wants it.
func orDot(path string) string {
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

// swapped explains why what was listed could not be opened. It is a change if
// now, the later look at the same name, shows nothing or something else.
func swapped(listed, now meta, lookErr, openErr error) error {
	switch {
	case lookErr != nil:
		return gone(lookErr)
	case now.mode.Type() != listed.mode.Type() || !now.sameInode(listed.stamp):
		return replaced
	}
	return openErr
}

// gone is a change for a listed name that can no longer be examined, unless it
// is merely forbidden.
func gone(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	return changed("moved or deleted: " + reason(err))
}
