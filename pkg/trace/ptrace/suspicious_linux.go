//go:build amd64 || arm64

package ptrace

import (
	"strconv"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// suspiciousCalls are those of Kind Syscall: a build has no reason to make
// them. Each says what it was aimed at, in text, read at its exit.
func suspiciousCalls() []*call {
	all := []*call{
		{name: "ptrace", class: classSyscall, enter: (*tracer).ptrace, leave: (*tracer).noted, when: []clause{
			{0, oneOf, []uint32{unix.PTRACE_TRACEME, unix.PTRACE_ATTACH, unix.PTRACE_SEIZE}},
		}},
		{name: "execveat", class: classSyscall, enter: (*tracer).execveat, leave: (*tracer).noted},
		{name: "seccomp", class: classSyscall, leave: (*tracer).listenerMade, when: []clause{
			{0, oneOf, []uint32{unix.SECCOMP_SET_MODE_FILTER}}, {1, anyBit, []uint32{unix.SECCOMP_FILTER_FLAG_NEW_LISTENER}},
		}},
	}
	add := func(name string, target func(*tracer, *thread) string, when ...clause) {
		all = append(all, &call{name: name, class: classSyscall, when: when, leave: func(t *tracer, th *thread, result int64) {
			m := th.message(trace.Syscall)
			m.Op, m.Errno, m.Target = name, errnoOf(result), target(t, th)
			t.send(classSyscall, m)
		}})
	}
	number := func(what string, arg int) func(*tracer, *thread) string {
		return func(_ *tracer, th *thread) string { return what + strconv.Itoa(th.int(arg)) }
	}
	named := func(arg int) func(*tracer, *thread) string {
		return func(t *tracer, th *thread) string { return t.textAt(th, arg) }
	}
	add("process_vm_readv", number("process ", 0))
	add("process_vm_writev", number("process ", 0))
	add("memfd_create", named(0))
	add("bpf", number("command ", 0))
	add("perf_event_open", number("process ", 1))
	add("init_module", named(2))
	add("finit_module", func(t *tracer, th *thread) string { return t.descriptor(th, th.int(0)) })
	add("delete_module", named(0))
	add("kexec_load", number("segments ", 1))
	add("kexec_file_load", func(t *tracer, th *thread) string { return t.descriptor(th, th.int(0)) })
	add("userfaultfd", number("flags ", 0))
	add("keyctl", number("operation ", 0))
	add("add_key", func(t *tracer, th *thread) string { return join(" ", t.textAt(th, 0), t.textAt(th, 1)) })
	add("prctl", number("PR_SET_DUMPABLE ", 1), clause{0, oneOf, []uint32{unix.PR_SET_DUMPABLE}})
	add("io_uring_setup", number("entries ", 0))
	add("pidfd_getfd", func(t *tracer, th *thread) string {
		return "process " + t.pidOf(th, th.int(0)) + " descriptor " + strconv.Itoa(th.int(1))
	})
	return all
}

// noted tells what was prepared at the entry.
func (t *tracer) noted(th *thread, result int64) {
	m := th.told[0]
	m.Errno = errnoOf(result)
	t.send(classSyscall, m)
}

// execveat is read before it happens: afterwards its memory is another
// program's.
func (t *tracer) execveat(th *thread) verdict {
	m := th.message(trace.Syscall)
	m.Op, m.Target = "execveat", t.textFrom(th, 0, 1)
	th.told = append(th.told[:0], m)
	return await
}

// listenerMade: whoever holds a seccomp listener may let calls pass before they
// come to our filter, since the kernel takes SECCOMP_RET_USER_NOTIF for the
// stronger answer (seccomp(2)).
func (t *tracer) listenerMade(th *thread, result int64) {
	m := th.message(trace.Syscall)
	m.Op, m.Target, m.Errno = "seccomp", "SECCOMP_FILTER_FLAG_NEW_LISTENER", errnoOf(result)
	t.send(classSyscall, m)
	if result >= 0 {
		t.gap("process " + strconv.Itoa(th.proc.pid) + " made a seccomp listener, which can hide calls of its descendants")
	}
}

// ptrace refuses the one request that would not only blind us: who traces the
// tracer stops it, and is stopped by it, for ever.
func (t *tracer) ptrace(th *thread) verdict {
	m := th.message(trace.Syscall)
	m.Op, m.Target = "ptrace", "PTRACE_TRACEME"
	if how := th.int(0); how != unix.PTRACE_TRACEME {
		name := map[int]string{unix.PTRACE_ATTACH: "PTRACE_ATTACH", unix.PTRACE_SEIZE: "PTRACE_SEIZE"}[how]
		m.Target = name + " process " + strconv.Itoa(th.int(1))
		if t.isUs(th, th.int(1)) && th.refuse(unix.EPERM) == 0 {
			m.Errno = int(unix.EPERM)
			t.tell(classSyscall, m)
			return settled
		}
	}
	th.told = append(th.told[:0], m)
	return await
}

// textAt is the string that an argument points to, empty if there is none.
func (t *tracer) textAt(th *thread, arg int) string {
	s, _ := t.given(th, th.args[arg])
	return s
}

// textFrom is a name made absolute.
func (t *tracer) textFrom(th *thread, dir, arg int) string {
	return t.absolute(th, th.int(dir), t.textAt(th, arg))
}

// descriptor is what a descriptor is of.
func (t *tracer) descriptor(th *thread, fd int) string {
	return t.linkText(th.tid, "fd/"+strconv.Itoa(fd))
}

// pidOf is the process that a pidfd is of (proc_pid_fdinfo(5)).
func (t *tracer) pidOf(th *thread, fd int) string {
	text := string(readProc(th.tid, "fdinfo/"+strconv.Itoa(fd), t.text[:]))
	_, after, _ := strings.Cut(text, "\nPid:\t")
	pid, _, _ := strings.Cut(after, "\n")
	return pid
}

func join(by string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, by)
}
