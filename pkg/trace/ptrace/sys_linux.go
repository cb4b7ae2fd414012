//go:build amd64 || arm64

package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests and events that golang.org/x/sys has no function for
// (include/uapi/linux/ptrace.h).
const (
	listen = 0x4208 // PTRACE_LISTEN

	infoExit = 2 // PTRACE_SYSCALL_INFO_EXIT

	syscallStop = int(unix.SIGTRAP) | 0x80 // with PTRACE_O_TRACESYSGOOD
)

// options of every tracee. PTRACE_O_TRACEEXIT is not there: the wait status
// has the exit code of a process as well, also after SIGKILL, for a stop less
// in each thread. Nor is EXITKILL: the step must outlive its tracer.
const options = unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK |
	unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACESYSGOOD

// request is ptrace(2). It never blocks, and is called a few times for each
// stop, so the scheduler is not told about it.
func request(req, tid int, addr, data uintptr) unix.Errno {
	_, _, errno := syscall.RawSyscall6(unix.SYS_PTRACE, uintptr(req), uintptr(tid), addr, data, 0, 0)
	return errno
}

// callInfo is struct ptrace_syscall_info (Linux 5.3). At an entry and at a
// seccomp stop rest is the number and the six arguments; at an exit it is the
// result and whether that is an error.
type callInfo struct {
	op   uint8
	_    [3]byte
	arch uint32
	ip   uint64
	sp   uint64
	rest [8]uint64
}

// result is the return value at an exit stop: a negated errno if it failed.
func (i *callInfo) result() int64 { return int64(i.rest[0]) }

// info asks what the stopped thread is doing.
func (i *callInfo) get(tid int) unix.Errno {
	_, _, errno := syscall.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid),
		unsafe.Sizeof(*i), uintptr(unsafe.Pointer(i)), 0, 0)
	return errno
}

// eventMessage is what came with a ptrace event: the new thread's ID, or the
// former one of a thread that did an exec.
func eventMessage(tid int) (int, unix.Errno) {
	var value uint
	_, _, errno := syscall.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETEVENTMSG, uintptr(tid), 0,
		uintptr(unsafe.Pointer(&value)), 0, 0)
	return int(value), errno
}

// pollStop is wait4(2) for any tracee or child of this thread, and does not
// wait: then tid is 0.
func pollStop() (tid int, state unix.WaitStatus, err error) {
	every := -1
	pid, _, errno := syscall.RawSyscall6(unix.SYS_WAIT4, uintptr(every), uintptr(unsafe.Pointer(&state)),
		unix.WALL|unix.WNOTHREAD|unix.WNOHANG, 0, 0, 0)
	if errno != 0 {
		return 0, 0, errno
	}
	return int(pid), state, nil
}

// pollThread is wait4(2) for one tracee, and does not wait. It is not ok if the
// thread has nothing to tell, or is none of ours any more.
func pollThread(tid int) (state unix.WaitStatus, ok bool) {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_WAIT4, uintptr(tid), uintptr(unsafe.Pointer(&state)),
		unix.WALL|unix.WNOTHREAD|unix.WNOHANG, 0, 0, 0)
	return state, errno == 0 && int(pid) == tid
}

// yield lets others of the same processor run.
func yield() { _, _, _ = syscall.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }

// muteStops keeps the kernel from sending this process a SIGCHLD with each stop
// of a tracee, for which Go has a handler: SA_NOCLDSTOP (sigaction(2)). That of
// a child's end still comes. Only the flags are changed, in place.
func muteStops() {
	const noChildStop = 1
	var action [4]uintptr // struct sigaction of the kernel: the flags are second
	_, _, errno := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), 0, uintptr(unsafe.Pointer(&action)), 8, 0, 0)
	if errno == 0 {
		action[1] |= noChildStop
		// Without it all is the same, and slower.
		_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	}
}

// readlink reads a link of procfs into buf, without allocating. name ends in a
// NUL byte.
func readlink(name, buf []byte) (int, unix.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_READLINKAT, atCwd(), uintptr(unsafe.Pointer(&name[0])),
		uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0)
	return int(n), errno
}

// cachedStat reads what the kernel knows about the object that the link name
// leads to, and asks no file system to refresh it: a FUSE server can be one of
// our own tracees, stopped, and waiting for it would be forever. name ends in a
// NUL byte.
func cachedStat(name []byte, st *unix.Statx_t) unix.Errno {
	_, _, errno := syscall.Syscall6(unix.SYS_STATX, atCwd(), uintptr(unsafe.Pointer(&name[0])),
		unix.AT_STATX_DONT_SYNC, 0, uintptr(unsafe.Pointer(st)), 0)
	return errno
}

func atCwd() uintptr {
	cwd := unix.AT_FDCWD
	return uintptr(cwd)
}

// device is the number as in stat(2).
func device(st *unix.Statx_t) uint64 { return unix.Mkdev(st.Dev_major, st.Dev_minor) }
