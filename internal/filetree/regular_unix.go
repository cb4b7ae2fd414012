//go:build unix

package filetree

import "syscall"

// nonblock keeps the open of a fifo from waiting for a writer.
const nonblock = syscall.O_NONBLOCK
