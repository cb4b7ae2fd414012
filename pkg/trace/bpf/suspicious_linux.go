//go:build amd64 || arm64

package bpf

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/trace"
)

// Sections of a record of kindCall, as src/suspicious.h has them.
const callArgs, callString, callString2, callString3, callPath = 0, 1, 2, 3, 4

// called fills in a record of kindCall.
func (d *decoder) called(m *trace.Message, h head, o *object) error {
	if len(o.section[callArgs]) < 48 {
		return errRecord
	}
	var args [6]uint64
	for i := range args {
		args[i] = binary.NativeEndian.Uint64(o.section[callArgs][8*i:])
	}
	m.Kind, m.Op = trace.Syscall, d.calls[o.call].name
	m.Target = target(m, h, o, args)
	if m.Op == uringHook {
		d.rings.Store(true)
	}
	return nil
}

// target says what a call was aimed at, from its arguments.
func target(m *trace.Message, h head, o *object, args [6]uint64) string {
	str := func(i int) string { return string(o.section[i]) }
	pid := func(i int) string {
		if h.aux&auxInner != 0 {
			return fmt.Sprintf("%d in a PID namespace of its own", int32(args[i]))
		}
		return fmt.Sprint(int32(args[i]))
	}
	switch m.Op {
	case "ptrace":
		return named(ptraceRequests(), args[0]) + " " + pid(1)
	case "process_vm_readv", "process_vm_writev":
		return pid(0)
	case "kill", "tkill", "tgkill":
		return pid(0)
	case "perf_event_open":
		return pid(1)
	case "mount":
		return words(str(callString2), str(callString3), str(callString))
	case "clone", "clone3", "unshare":
		return namespaces(args[0])
	case "setns":
		p, _ := o.place(h, o.section[callPath])
		return words(namespaces(args[1]), p)
	case "finit_module":
		p, _ := o.place(h, o.section[callPath])
		return p
	case "bpf":
		return named(bpfCommands(), args[0])
	case "keyctl":
		return fmt.Sprint("operation ", int32(args[0]))
	case "prctl":
		return fmt.Sprint(named(prctlOptions(), args[0]), " ", int32(args[1]))
	case "io_uring":
		for _, r := range uringRequests() {
			if uint64(r.opcode) == args[0] {
				return r.name
			}
		}
	case "pidfd_send_signal":
		return "the tracer"
	case "pidfd_getfd":
		return fmt.Sprint("descriptor ", int32(args[1]))
	}
	return words(str(callString), str(callString2))
}

// words joins what there is.
func words(s ...string) string { return strings.Join(strings.Fields(strings.Join(s, " ")), " ") }

func named(names map[uint64]string, n uint64) string {
	if s, ok := names[n]; ok {
		return s
	}
	return fmt.Sprint(n)
}

// namespaces are the ones that flags of clone, unshare or setns ask for.
func namespaces(flags uint64) string {
	var names []string
	for _, f := range []struct {
		bit  uint64
		name string
	}{
		{unix.CLONE_NEWNS, "mnt"},
		{unix.CLONE_NEWUTS, "uts"},
		{unix.CLONE_NEWIPC, "ipc"},
		{unix.CLONE_NEWUSER, "user"},
		{unix.CLONE_NEWPID, "pid"},
		{unix.CLONE_NEWNET, "net"},
		{unix.CLONE_NEWCGROUP, "cgroup"},
		{unix.CLONE_NEWTIME, "time"},
	} {
		if flags&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ",")
}

func ptraceRequests() map[uint64]string {
	return map[uint64]string{
		unix.PTRACE_TRACEME: "PTRACE_TRACEME", unix.PTRACE_ATTACH: "PTRACE_ATTACH", unix.PTRACE_SEIZE: "PTRACE_SEIZE",
		unix.PTRACE_PEEKTEXT: "PTRACE_PEEKTEXT", unix.PTRACE_PEEKDATA: "PTRACE_PEEKDATA", unix.PTRACE_POKETEXT: "PTRACE_POKETEXT",
		unix.PTRACE_POKEDATA: "PTRACE_POKEDATA", unix.PTRACE_CONT: "PTRACE_CONT", unix.PTRACE_KILL: "PTRACE_KILL",
		unix.PTRACE_DETACH: "PTRACE_DETACH", unix.PTRACE_SYSCALL: "PTRACE_SYSCALL", unix.PTRACE_SETOPTIONS: "PTRACE_SETOPTIONS",
		unix.PTRACE_GETREGSET: "PTRACE_GETREGSET", unix.PTRACE_SETREGSET: "PTRACE_SETREGSET", unix.PTRACE_INTERRUPT: "PTRACE_INTERRUPT",
	}
}

func bpfCommands() map[uint64]string {
	return map[uint64]string{
		unix.BPF_MAP_CREATE: "BPF_MAP_CREATE", unix.BPF_MAP_UPDATE_ELEM: "BPF_MAP_UPDATE_ELEM", unix.BPF_PROG_LOAD: "BPF_PROG_LOAD",
		unix.BPF_PROG_ATTACH: "BPF_PROG_ATTACH", unix.BPF_PROG_DETACH: "BPF_PROG_DETACH",
		unix.BPF_PROG_GET_FD_BY_ID: "BPF_PROG_GET_FD_BY_ID", unix.BPF_MAP_GET_FD_BY_ID: "BPF_MAP_GET_FD_BY_ID",
		unix.BPF_LINK_CREATE: "BPF_LINK_CREATE", unix.BPF_LINK_GET_FD_BY_ID: "BPF_LINK_GET_FD_BY_ID", unix.BPF_LINK_DETACH: "BPF_LINK_DETACH",
	}
}

func prctlOptions() map[uint64]string {
	return map[uint64]string{
		unix.PR_SET_DUMPABLE: "PR_SET_DUMPABLE", unix.PR_SET_MM: "PR_SET_MM", unix.PR_SET_PTRACER: "PR_SET_PTRACER",
	}
}
