package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// nobody is the user without rights: the number is the kernel's own overflow
// ID, so that it needs no /etc/passwd.
const nobody = 65534

// killTree makes cmd die with all its descendants when time is up. Its process
// group is not enough: steps and tracers have their own, and a trick that has
// attached itself to the tracer keeps that from being waited for.
func killTree(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		for _, pid := range descendants(cmd.Process.Pid) {
			syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}

// descendants are the processes below root, as /proc has them now. Orphans are
// not among them.
func descendants(root int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		// After the name, which may hold anything: state and parent, proc(5).
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) < 2 {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		parent, _ := strconv.Atoi(string(fields[1]))
		children[parent] = append(children[parent], pid)
	}
	found := children[root]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

// identify is device and inode of a file, as trace.Message has them.
func identify(name string) (fileID, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(name, &st); err != nil {
		return fileID{}, fmt.Errorf("stat %s: %w", name, err)
	}
	return fileID{dev: uint64(st.Dev), ino: st.Ino}, nil
}
