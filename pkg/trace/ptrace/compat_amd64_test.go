//go:build linux

package ptrace

import (
	"os/exec"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// TestCompat makes i386 calls in an amd64 program: number 5 is open in the one
// table and fstat in the other.
func TestCompat(t *testing.T) {
	calls := program(t, "calls")
	alone := exec.Command(calls, "compat")
	alone.Dir = t.TempDir()
	if err := alone.Run(); err != nil {
		t.Skipf("this kernel has no i386 calls: %v", err)
	}
	r, dir := in(t, calls, "compat")
	r.sound(t)
	if m := r.one(t, trace.Open, onPath(dir+"/compat")); m.Access != trace.Read|trace.Write|trace.Create {
		t.Errorf("open: %+v", m)
	}
	if m := r.one(t, trace.File); m.Op != "rename" || m.Path != dir+"/compat" || m.Target != dir+"/moved" {
		t.Errorf("rename: %+v", m)
	}
	if m := r.one(t, trace.Net); m.Op != "connect" || m.Address != "127.0.0.1" || m.Port != 53 || m.Protocol != "udp" {
		t.Errorf("connect: %+v", m)
	}
}
