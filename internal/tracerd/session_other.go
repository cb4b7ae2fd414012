//go:build !unix

package tracerd

import (
	"os"
	"syscall"
)

func ownSession() *syscall.SysProcAttr { return nil }

func killSession(p *os.Process) { p.Kill() }

func wakeSession(*os.Process) {}
