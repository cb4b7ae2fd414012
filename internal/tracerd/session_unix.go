//go:build unix

package tracerd

import "syscall"

// ownSession keeps signals of our group and terminal from the tracer.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
