//go:build amd64 || arm64

package ptrace

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// refused explains why pid cannot be traced. What a machine forbids wraps
// errors.ErrUnsupported.
func (t *tracer) refused(pid int, errno unix.Errno) error {
	if errno != unix.EPERM && errno != unix.ENOSYS && errno != unix.EIO && errno != unix.EACCES {
		return fmt.Errorf("PTRACE_SEIZE: %w", errno)
	}
	reason := ""
	if s, ok := t.readStatus(pid); ok && s.tracer != 0 {
		reason = fmt.Sprintf(": process %d traces it already", s.tracer)
	} else if scope := yamaScope(); scope != "" && scope != "0" {
		reason = ": kernel.yama.ptrace_scope is " + scope
	}
	return fmt.Errorf("PTRACE_SEIZE: %w%s (%w)", errno, reason, errors.ErrUnsupported)
}

// yamaScope is empty where there is no Yama.
func yamaScope() string {
	var raw [8]byte
	return string(bytes.TrimSpace(readFile("/proc/sys/kernel/yama/ptrace_scope", raw[:])))
}
