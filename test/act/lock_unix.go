//go:build unix

package act

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// lock waits until no other process holds the lock file. The kernel drops the
// lock when its holder dies, so there is no stale one.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the build of act: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock the build of act: %w", err)
	}
	return func() { f.Close() }, nil
}

// killGroup makes the end of cmd's context end its children too.
func killGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
