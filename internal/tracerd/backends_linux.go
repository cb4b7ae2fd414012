package tracerd

import (
	"github.com/org/cilock-action/pkg/trace/bpf"
	"github.com/org/cilock-action/pkg/trace/ptrace"
)

// Backends are the sensors of this system.
func Backends() []Backend {
	return []Backend{{EBPF, bpf.Arm}, {Ptrace, ptrace.Arm}}
}
