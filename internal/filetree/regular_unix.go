//go:build unix

package filetree

import "syscall"

// NonBlock keeps the open of a fifo from waiting for a writer.
const NonBlock = syscall.O_NONBLOCK
