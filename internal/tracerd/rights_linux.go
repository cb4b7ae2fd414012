package tracerd

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// protect makes the tracer outlive what is meant for the step: the signals of a
// cancelled job, a terminal that hangs up, a machine out of memory. Its end is
// the end of its input. What it may not do is left undone.
func protect() {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0)
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil && files.Max < enoughFiles {
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: enoughFiles, Max: enoughFiles})
	}
}

// enoughFiles is far above the descriptors of a sensor, each of whose programs,
// maps and hooks is one. The step's own limit may be lower; only root can pass
// it.
const enoughFiles = 1024

// The capabilities of an armed tracer: to find and read the files that the step
// executes, to go on tracing with ptrace, and to read its own counters, for
// which kernels before 5.19 ask for CAP_BPF.
const (
	keptLow  = 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_SYS_PTRACE | 1<<unix.CAP_KILL
	keptHigh = 1 << (unix.CAP_BPF - 32)
)

// dropRights gives up every other capability, on all threads, for good. What
// was loaded and attached stays so through its descriptors. A tracer that has
// no capabilities has nothing to give up. Root without CAP_SYS_PTRACE, as in a
// container, keeps what it has: the kernel lets it look at a process only while
// it has every capability that the process has (ptrace(2), access mode
// checking).
func dropRights() {
	_, _, _ = syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&head, &data[0]) != nil || data[0].Permitted&(1<<unix.CAP_SYS_PTRACE) == 0 {
		return
	}
	for i, mask := range [2]uint32{keptLow, keptHigh} {
		data[i].Effective &= mask
		data[i].Permitted &= mask
		data[i].Inheritable = 0
	}
	_, _, _ = syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&data[0])), 0)
}

// sameProcess is an error if pid is not, or not any more, the process that
// started at that time.
func sameProcess(pid int, start uint64) error {
	now, err := startTime(pid)
	if err != nil {
		return fmt.Errorf("find the frozen process: %w", err)
	}
	if now != start {
		return fmt.Errorf("find the frozen process: %d is another one", pid)
	}
	return nil
}

// startTime is field 22 of /proc/PID/stat, in clock ticks since boot
// (proc_pid_stat(5)). The name before it may hold anything, and ends at the last
// parenthesis.
func startTime(pid int) (uint64, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(f) < 20 {
		return 0, fmt.Errorf("parse the status of process %d", pid)
	}
	return strconv.ParseUint(string(f[19]), 10, 64)
}
