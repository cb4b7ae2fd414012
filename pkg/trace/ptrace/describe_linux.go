//go:build amd64 || arm64

package ptrace

import "github.com/org/cilock-action/pkg/trace"

// Describe implements [trace.Sensor].
func (s *Sensor) Describe() trace.Description {
	const exit = "seccomp RET_TRACE, and PTRACE_SYSCALL to the exit"
	return trace.Description{
		Backend: "ptrace",
		Hooks: []trace.Hook{
			{Name: "process", How: "PTRACE_EVENT_FORK, VFORK, CLONE and EXEC, and wait4"},
			{Name: "open", How: exit + ", /proc/TID/fd"},
			{Name: "map", How: "seccomp RET_TRACE, /proc/TID/fd"},
			{Name: "change", How: exit},
			{Name: "network", How: exit + ", pidfd_getfd"},
			{Name: "syscall", How: exit},
		},
		Limits: limits(),
	}
}

// limits are true of this sensor on every machine.
func limits() []string {
	return []string{
		"files that io_uring opens and destinations that it connects to are not seen; that a ring was made is",
		"names that are changed, and destinations, are read from the program's memory, where another of its threads can change them meanwhile",
		"between an open and the look at its descriptor another thread can put another file behind that",
		"without CAP_SYS_ADMIN the step has no_new_privs: setuid programs such as sudo have no effect in it",
		"a traced process cannot be traced by another: strace, gdb and leak sanitizers fail in the step",
		"host names on the wire are not seen",
		"whoever asks to trace the tracer is refused, and who asks for a child that is not traced (CLONE_UNTRACED) gets one that is",
		"a process that is not for the tracer to read (not dumpable, without CAP_SYS_PTRACE) is named by its calls alone",
		"if the tracer is killed, the watched calls of the step fail with ENOSYS",
		"a process that job control has stopped shows state t in /proc, not T",
		"a failed exec is not recorded",
		"memory that is made executable after it was mapped (mprotect) is not seen",
		"a descriptor that the step did not open itself (from a daemon that hands it over, from an event of fanotify) is not seen as an open",
	}
}
