//go:build unix

package action

import (
	"io/fs"
	"syscall"
)

// sameInode reports whether info is of the file with that device and inode.
func sameInode(info fs.FileInfo, dev, ino uint64) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && uint64(st.Dev) == dev && uint64(st.Ino) == ino
}
