//go:build unix

package tracerd

import (
	"os"
	"syscall"
)

// ownSession keeps signals of our group and terminal from the tracer.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// killSession ends a process with a session of its own, and what it started
// there. It must not have been waited for yet.
func killSession(p *os.Process) { syscall.Kill(-p.Pid, syscall.SIGKILL) }

// wakeSession lets a session go on that was stopped. The same holds.
func wakeSession(p *os.Process) { syscall.Kill(-p.Pid, syscall.SIGCONT) }
