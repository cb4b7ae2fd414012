//go:build linux && (amd64 || arm64)

package ptrace

import (
	"context"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/test/nobody"
)

// TestProbe: it works for a user without rights, also from a process that
// nobody may trace, as the real one is.
func TestProbeOfTheUntraceable(t *testing.T) {
	if nobody.Rerun(t) {
		return
	}
	for _, dumpable := range []uintptr{1, 0} {
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, dumpable, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		if err := Probe(t.Context()); err != nil {
			t.Errorf("dumpable %d: %v", dumpable, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if Probe(ctx) == nil {
		t.Error("a cancelled probe says yes")
	}
}
