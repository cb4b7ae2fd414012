//go:build amd64 || arm64

package ptrace

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// stopped answers one change of state of a tracee. Any request may fail with
// ESRCH, since SIGKILL ends a stop: the thread's end is told next, so nothing
// has to be done about that.
func (t *tracer) stopped(tid int, state unix.WaitStatus) {
	if !state.Stopped() {
		t.gone(tid, state)
		return
	}
	th := t.threads[tid]
	if th == nil {
		if th = t.adopt(tid); th == nil {
			request(unix.PTRACE_CONT, tid, 0, 0)
			return
		}
	}
	sig, event := int(state.StopSignal()), int(state)>>16
	switch {
	case event == unix.PTRACE_EVENT_SECCOMP:
		t.entry(th)
	case sig == syscallStop:
		t.exit(th)
	case event == 0:
		t.resume(th, sig) // a signal on its way to the thread
	case event == unix.PTRACE_EVENT_STOP && sig != int(unix.SIGTRAP):
		// The process was stopped by job control. It stays so, and wakes up
		// by SIGCONT as it would without us.
		request(listen, tid, 0, 0)
	case event == unix.PTRACE_EVENT_FORK, event == unix.PTRACE_EVENT_VFORK, event == unix.PTRACE_EVENT_CLONE:
		t.forked(th)
		t.resume(th, 0)
	case event == unix.PTRACE_EVENT_EXEC:
		t.resume(t.executed(th), 0)
	default:
		t.resume(th, 0)
	}
}

// resume lets a thread run: to the exit of the call underway, or to its next
// stop of any kind.
func (t *tracer) resume(th *thread, sig int) unix.Errno {
	how := unix.PTRACE_CONT
	if th.call != nil {
		how = unix.PTRACE_SYSCALL
	}
	return request(how, th.tid, 0, uintptr(sig))
}

// entry is the seccomp stop before a call.
func (t *tracer) entry(th *thread) {
	t.abandon(th, unix.EINTR) // cannot be: the exit came before
	if t.handler == nil {
		t.resume(th, 0)
		return
	}
	if errno := t.info.get(th.tid); errno != 0 {
		if errno != unix.ESRCH {
			t.gap(fmt.Sprintf("a stopped call could not be read: %v", errno))
		}
		t.resume(th, 0)
		return
	}
	c := t.lookup(th)
	if c == nil { // of a filter that the step has installed itself
		t.resume(th, 0)
		return
	}
	t.enter(th, c)
	if t.resume(th, 0) == unix.ESRCH && th.call != nil {
		t.drop(th.call.class) // killed where it stood: the kernel skips the call
		th.call, th.told = nil, th.told[:0]
	}
}

// enter asks the call what is to be done about it.
func (t *tracer) enter(th *thread, c *call) {
	next := await
	if c.enter != nil {
		next = c.enter(t, th)
	}
	if next == await {
		t.counts[c.class].Attempted++
		th.call = c
	}
}

// lookup finds the call and keeps its arguments.
func (t *tracer) lookup(th *thread) *call {
	nr := t.info.rest[0]
	x32 := t.info.arch == unix.AUDIT_ARCH_X86_64 && nr&x32Bit != 0
	for i := range t.abis {
		if a := &t.abis[i]; a.arch == t.info.arch && a.x32 == x32 {
			th.abi = a
			copy(th.args[:], t.info.rest[1:7])
			if x32 {
				nr &^= x32Bit
			}
			return a.calls[int(nr)]
		}
	}
	return nil
}

// exit is the stop after a call.
func (t *tracer) exit(th *thread) {
	if th.call != nil && t.info.get(th.tid) == 0 && t.info.op == infoExit {
		th.call.leave(t, th, interrupted(t.info.result()))
		th.call, th.told = nil, th.told[:0]
	}
	t.abandon(th, unix.EINTR) // killed where it stood, after the call
	t.resume(th, 0)
}

// interrupted makes EINTR of the kernel's own codes for a call that a signal
// broke off and that may be started again: then it stops here once more.
func interrupted(result int64) int64 {
	switch result {
	case -512, -513, -514, -516: // ERESTARTSYS, NOINTR, NOHAND, RESTARTBLOCK
		return -int64(unix.EINTR)
	}
	return result
}

// abandon settles the call underway of a thread whose exit from it is not going
// to be seen.
func (t *tracer) abandon(th *thread, why unix.Errno) {
	if th.call == nil {
		return
	}
	th.call.leave(t, th, -int64(why))
	th.call, th.told = nil, th.told[:0]
}
