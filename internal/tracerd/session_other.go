//go:build !unix

package tracerd

import "syscall"

func ownSession() *syscall.SysProcAttr { return nil }
