//go:build amd64 || arm64

package ptrace

import (
	"strconv"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// signalCalls could end or stop the tracer. They are told at the entry: after
// it there may be nobody to tell. Signals to anybody else are not recorded.
func signalCalls() []*call {
	var all []*call
	add := func(name string, signal int, aimed func(*tracer, *thread) bool) {
		all = append(all, &call{name: name, class: classSyscall, when: harmless(signal), enter: func(t *tracer, th *thread) verdict {
			if !aimed(t, th) {
				return ignore
			}
			m := th.message(trace.Syscall)
			m.Op, m.Target = name, "the tracer, signal "+strconv.Itoa(th.int(signal))
			t.tell(classSyscall, m)
			return settled
		}})
	}
	atThread := func(arg int) func(*tracer, *thread) bool {
		return func(t *tracer, th *thread) bool { return t.isUs(th, th.int(arg)) }
	}
	add("kill", 1, (*tracer).killsUs)
	add("tkill", 1, atThread(0))
	add("tgkill", 2, atThread(0))
	add("rt_sigqueueinfo", 1, atThread(0))
	add("rt_tgsigqueueinfo", 2, atThread(0))
	add("pidfd_send_signal", 1, func(t *tracer, th *thread) bool {
		return t.pidOf(th, th.int(0)) == strconv.Itoa(t.self)
	})
	return all
}

// killsUs reads kill's first argument: a process, a group, the own group, or
// everybody.
func (t *tracer) killsUs(th *thread) bool {
	switch target := th.int(0); {
	case target > 0:
		return t.isUs(th, target)
	case target == -1:
		return true
	case target == 0:
		theirs, err := unix.Getpgid(th.proc.pid)
		return err == nil && theirs == unix.Getpgrp()
	default:
		return -target == unix.Getpgrp()
	}
}

// isUs is whether a number is that of one of the tracer's threads, for th: in
// another PID namespace it is somebody else's.
func (t *tracer) isUs(th *thread, tid int) bool {
	return isThreadOf(t.self, tid) && t.linkText(th.tid, "ns/pid") == t.linkText(t.self, "ns/pid")
}
