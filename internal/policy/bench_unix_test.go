//go:build unix

package policy

import (
	"os"
	"syscall"
)

// peak is the most memory that an ended process had, in kB on Linux.
func peak(state *os.ProcessState) int64 {
	if state == nil {
		return 0
	}
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Maxrss)
}
