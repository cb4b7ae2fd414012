package tracerd

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/internal/frozen"
	"github.com/org/cilock-action/pkg/trace/ptrace"
)

// allowPtrace lets the tracer attach where only ancestors may (Yama,
// kernel.yama.ptrace_scope=1, the default of Ubuntu).
func (w *Watch) allowPtrace(o Options) error {
	return o.Prepare(frozen.Preparation{Tracer: w.cmd.Process.Pid})
}

// installFilter has the frozen process install the filter, now that there is
// somebody to answer for it.
func (w *Watch) installFilter(o Options) error {
	p := frozen.Preparation{Filter: filterBytes(ptrace.Filter()), NoNewPrivs: filterNeedsNoNewPrivs()}
	if err := o.Prepare(p); err != nil {
		return err
	}
	if p.NoNewPrivs {
		w.limits = append(w.limits, "setuid and setgid programs and file capabilities have no effect in the step (no_new_privs)")
	}
	return nil
}

func filterBytes(program []unix.SockFilter) []byte {
	if len(program) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&program[0])), len(program)*int(unsafe.Sizeof(program[0])))
}

// filterNeedsNoNewPrivs reports whether the kernel would refuse the filter
// without (seccomp(2)): the frozen process has the rights that we have.
func filterNeedsNoNewPrivs() bool { return !capable(unix.CAP_SYS_ADMIN) }

// privileged reports whether we can load eBPF programs ourselves. The kernel
// has the last word.
func privileged() bool {
	return capable(unix.CAP_SYS_ADMIN) || capable(unix.CAP_BPF) && capable(unix.CAP_PERFMON)
}

func capable(c int) bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return false
	}
	return data[c/32].Effective&(1<<(c%32)) != 0
}
