package tracerd

import (
	"github.com/org/cilock-action/pkg/trace/bpf"
	"github.com/org/cilock-action/pkg/trace/ptrace"
)

// Backends are the sensors of this system. A sandbox may allow ptrace and no
// filter, and by the time that shows the frozen process has no_new_privs, which
// nothing takes back: so ptrace is tried on a process of its own first.
func Backends() []Backend {
	return []Backend{{Name: EBPF, Arm: bpf.Arm}, {Name: Ptrace, Probe: ptrace.Probe, Arm: ptrace.Arm}}
}
