//go:build !linux && !darwin

package filetree

import "io/fs"

// hasChangeTime is false: Go shows no time here that a program cannot set, so
// every file is hashed in every scan.
const hasChangeTime = false

// stampOf returns what there is: without inodes, a file that is replaced is
// only noticed by its modification time and size.
func stampOf(info fs.FileInfo) (stamp, uint64) {
	return stamp{mtime: info.ModTime().UnixNano()}, 1
}
