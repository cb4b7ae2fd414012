//go:build unix

package refs

import (
	"io/fs"
	"syscall"
)

// linked reports whether a file has more than one name. Replacing it would
// change what one of them leads to, and leave the others behind.
func linked(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Nlink > 1
}
