package main

import (
	"fmt"
	"os/exec"
	"syscall"
)

// nobody is the user without rights: the number is the kernel's own overflow
// ID, so that it needs no /etc/passwd.
const nobody = 65534

// killGroup makes cmd the leader of a process group that dies as a whole when
// time is up.
func killGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// identify is device and inode of a file, as trace.Message has them.
func identify(name string) (fileID, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(name, &st); err != nil {
		return fileID{}, fmt.Errorf("stat %s: %w", name, err)
	}
	return fileID{dev: uint64(st.Dev), ino: st.Ino}, nil //nolint:unconvert // 32 bits on some architectures
}
