//go:build amd64 || arm64

package bpf

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// links remembers names that lead to an object of another name, over symbolic
// links. At the end of an open the object is found through the descriptor, and
// where threads share descriptors another one may have put a different object
// there. A name that leads elsewhere, or nowhere, tells.
type links map[[2]string]bool

// resolveCached is RESOLVE_CACHED of linux/openat2.h.
const resolveCached = 0x20

// maxLinks bounds what is remembered.
const maxLinks = 4096

// lead reports whether a name leads to the object at path, or did when it was
// last asked. Names below /proc always do: they mean something else to us.
func (l links) lead(name, path string) bool {
	if name == path || strings.HasPrefix(name, "/proc/") || strings.HasPrefix(name, "/dev/") {
		return true
	}
	key := [2]string{name, path}
	if l[key] {
		return true
	}
	if resolve(name) != path {
		return false
	}
	if len(l) >= maxLinks {
		clear(l)
	}
	l[key] = true
	return true
}

// resolve is the object that a name leads to now, empty if that is not known. It
// looks at what the kernel remembers alone (RESOLVE_CACHED, 5.12), so that no
// file system of the traced program's making can keep us waiting.
func resolve(name string) string {
	fd, err := unix.Openat2(unix.AT_FDCWD, name, &unix.OpenHow{
		Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: resolveCached | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return ""
	}
	return path
}
