package action

import (
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/pkg/attest"
)

// TestTraceFactAdvice: who named a backend that does not work is told of the
// way out, and nobody else.
func TestTraceFactAdvice(t *testing.T) {
	failed := Row{Name: "trace", State: attest.StateFailed, Reason: "no tracer: sudo: a password is required"}
	for mode, advised := range map[string]bool{tracerd.EBPF: true, tracerd.Ptrace: true, tracerd.Auto: false} {
		said := Report{Plan: Plan{Trace: mode}, Trace: failed}.traceFact()
		if strings.HasSuffix(said, "a password is required; `cilock doctor` says how to mend it, or use --trace=auto") != advised {
			t.Errorf("%s: %s", mode, said)
		}
	}
}
