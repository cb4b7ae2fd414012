//go:build amd64 || arm64

package ptrace

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Probe finds out whether this process can trace one of its own here: it makes
// a child, attaches to it, has it install the filter and waits for the stop of
// its first watched call. The error wraps errors.ErrUnsupported and says what
// was refused.
func Probe(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("probe ptrace: %w", err)
	}
	answer := make(chan error, 1)
	go onOwnThread(func() { answer <- probe(ctx) })
	if err := <-answer; err != nil {
		return fmt.Errorf("probe ptrace: %w", err)
	}
	return nil
}

func probe(ctx context.Context) error {
	child, err := startProbed()
	if err != nil {
		return err
	}
	// SIGKILL ends it in whatever stop it is; a probe that takes too long is
	// ended by it too, since the wait then returns.
	stop := context.AfterFunc(ctx, func() { _ = unix.Kill(child.pid, unix.SIGKILL) })
	defer func() {
		stop()
		child.end()
	}()
	if err := child.awaitReady(); err != nil {
		return err
	}
	t := newTracer(nil)
	if errno := request(unix.PTRACE_SEIZE, child.pid, 0, options); errno != 0 {
		return t.refused(child.pid, errno)
	}
	if err := child.release(); err != nil {
		return err
	}
	state, err := child.wait()
	switch {
	case err != nil:
		return err
	case state.Exited():
		return fmt.Errorf("install a seccomp filter: %w (%w)", unix.Errno(state.ExitStatus()), errors.ErrUnsupported)
	case state.Signaled() && ctx.Err() != nil:
		return ctx.Err()
	case !state.Stopped() || int(state)>>16 != unix.PTRACE_EVENT_SECCOMP:
		return fmt.Errorf("a filtered call did not stop, but 0x%x (%w)", int(state), errors.ErrUnsupported)
	}
	if errno := t.info.get(child.pid); errno != 0 {
		return fmt.Errorf("PTRACE_GET_SYSCALL_INFO: %w (%w)", errno, errors.ErrUnsupported)
	}
	return nil
}

// probed is a child that says when it can be traced, waits at its socket,
// installs the filter and opens nothing.
type probed struct {
	pid, socket int
}

func (p probed) awaitReady() error {
	var b [1]byte
	n, err := 0, error(unix.EINTR)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Read(p.socket, b[:])
	}
	if n != 1 {
		return fmt.Errorf("wait for the probed process to be ready: read %d bytes, %w", n, err)
	}
	return nil
}

func (p probed) release() error {
	if _, err := unix.Write(p.socket, []byte{1}); err != nil {
		return fmt.Errorf("release the probed process: %w", err)
	}
	return nil
}

func (p probed) wait() (state unix.WaitStatus, err error) {
	for {
		if _, err = unix.Wait4(p.pid, &state, unix.WALL, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		err = fmt.Errorf("wait for the probed process: %w", err)
	}
	return state, err
}

// end kills the child and waits until it is gone.
func (p probed) end() {
	unix.Close(p.socket)
	for unix.Kill(p.pid, unix.SIGKILL) == nil {
		if state, err := p.wait(); err != nil || state.Exited() || state.Signaled() {
			return
		}
	}
}

// startProbed forks without exec, so that the probe depends on no program. The
// child shares nothing and does nothing but system calls.
func startProbed() (probed, error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return probed{}, fmt.Errorf("make a socket pair: %w", err)
	}
	filter := Filter()
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// A signal must not find the child in Go's handlers.
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before); err != nil {
		unix.Close(ends[0])
		unix.Close(ends[1])
		return probed{}, fmt.Errorf("block signals: %w", err)
	}
	pid, errno := forkProbed(ends[0], ends[1], &prog)
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) // as it was
	unix.Close(ends[0])
	if errno != 0 {
		unix.Close(ends[1])
		return probed{}, fmt.Errorf("fork: %w", errno)
	}
	return probed{pid, ends[1]}, nil
}

// forkProbed returns in the parent. In the child nothing may allocate, grow the
// stack or be preempted, as in syscall.forkAndExecInChild. The child is made
// dumpable, which we may not be: without rights it could not be traced, and it
// is gone before it could tell anything.
//
//go:nosplit
//go:norace
func forkProbed(own, other int, prog *unix.SockFprog) (int, syscall.Errno) {
	var b byte
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return int(pid), errno
	}
	_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE, uintptr(other), 0, 0)
	_, _, _ = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1, 0, 0, 0, 0)
	_, _, _ = syscall.RawSyscall(unix.SYS_WRITE, uintptr(own), uintptr(unsafe.Pointer(&b)), 1)
	n, _, _ := syscall.RawSyscall(unix.SYS_READ, uintptr(own), uintptr(unsafe.Pointer(&b)), 1)
	if n != 1 {
		_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(unix.ECANCELED), 0, 0)
	}
	_, _, _ = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	_, _, errno = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(prog)), 0, 0, 0)
	if errno == 0 {
		_, _, errno = syscall.RawSyscall6(unix.SYS_OPENAT, 0, 0, 0, 0, 0, 0) // fails, if it gets that far
	}
	for {
		_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(errno), 0, 0)
	}
}
