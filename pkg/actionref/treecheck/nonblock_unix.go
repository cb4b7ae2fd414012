//go:build unix

package treecheck

import "syscall"

// How files and folders are opened. What was a file a moment ago may be a fifo
// now, and opening that would wait for a writer.
const (
	fileFlags   = syscall.O_RDONLY | syscall.O_NONBLOCK
	folderFlags = syscall.O_RDONLY | syscall.O_NONBLOCK | syscall.O_DIRECTORY
)
