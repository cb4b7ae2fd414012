//go:build linux || darwin

package filetree

import (
	"syscall"
	"time"
)

// ownCPU is the user and system time of this process so far, or 0.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
