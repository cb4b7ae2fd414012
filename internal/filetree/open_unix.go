//go:build unix

package filetree

import "syscall"

// Flags that keep an open from blocking (a fifo), from following a symlink and
// from taking a terminal. O_DIRECTORY also keeps what is no directory from
// being opened at all.
const (
	fileFlags = syscall.O_NONBLOCK | syscall.O_NOFOLLOW | syscall.O_NOCTTY
	dirFlags  = fileFlags | syscall.O_DIRECTORY
)
