package tracerd

import (
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

func TestDisarmed(t *testing.T) {
	for _, test := range []struct {
		m    trace.Message
		want bool
	}{
		{trace.Message{Kind: trace.Syscall, Op: "bpf", Target: "BPF_LINK_GET_FD_BY_ID"}, true},
		{trace.Message{Kind: trace.Syscall, Op: "bpf", Target: "BPF_MAP_GET_FD_BY_ID", Errno: 1}, false},
		{trace.Message{Kind: trace.Syscall, Op: "bpf", Target: "BPF_PROG_LOAD"}, false},
		{trace.Message{Kind: trace.Syscall, Op: "ptrace", Target: "PTRACE_SEIZE 77"}, true},
		{trace.Message{Kind: trace.Syscall, Op: "ptrace", Target: "PTRACE_SEIZE 177"}, false},
		{trace.Message{Kind: trace.Syscall, Op: "process_vm_writev", Target: "77"}, true},
		{trace.Message{Kind: trace.Open, Path: "/proc/77/mem", Access: trace.Read | trace.Write}, true},
		{trace.Message{Kind: trace.Open, Path: "/proc/77/mem", Access: trace.Read}, false},
		{trace.Message{Kind: trace.Open, Path: "/proc/78/mem", Access: trace.Write}, false},
	} {
		d := disarmed{tracer: 77}
		d.look(test.m)
		if got := len(d.gaps) == 1; got != test.want {
			t.Errorf("%+v: gaps %q", test.m, d.gaps)
		}
	}
	d := disarmed{tracer: 77}
	for range 100 {
		d.look(trace.Message{Kind: trace.Syscall, PID: 5, Op: "bpf", Target: "BPF_PROG_GET_FD_BY_ID"})
	}
	if len(d.gaps) != maxDisarms || !strings.Contains(d.gaps[0], "process 5 may have disarmed the sensor: bpf BPF_PROG_GET_FD_BY_ID") {
		t.Errorf("gaps %q", d.gaps)
	}
}
