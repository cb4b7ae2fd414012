package filetree

import (
	"io/fs"
	"syscall"
)

// hasChangeTime: the kernel keeps a ctime that programs cannot set.
const hasChangeTime = true

// stampOf returns the stamp and the number of hard links.
func stampOf(info fs.FileInfo) (stamp, uint64) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return stamp{}, 1
	}
	return stamp{
		dev:   uint64(st.Dev),
		ino:   st.Ino,
		mtime: st.Mtim.Nano(),
		ctime: st.Ctim.Nano(),
	}, uint64(st.Nlink)
}
