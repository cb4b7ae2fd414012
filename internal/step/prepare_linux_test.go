package step

import (
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/internal/frozen"
)

func TestPrepareReachesTheCommand(t *testing.T) {
	var out bytes.Buffer
	p, err := Start(t.Context(), Command{Args: []string{"grep", "NoNewPrivs", "/proc/self/status"}, Env: []string{"PATH=/bin:/usr/bin"}, Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // as often as a tracer likes
		if err := p.Prepare(frozen.Preparation{NoNewPrivs: true}); err != nil {
			t.Error(err)
		}
	}
	if err := p.Prepare(frozen.Preparation{Filter: make([]byte, 8)}); err == nil || !strings.Contains(err.Error(), "install the filter") {
		t.Errorf("a filter that the kernel refuses: %v", err)
	}
	if err := p.Thaw(); err != nil {
		t.Fatal(err)
	}
	if r := p.Wait(t.Context(), nil); r.ExitCode != 0 || out.String() != "NoNewPrivs:\t1\n" {
		t.Errorf("exit code %d, output %q", r.ExitCode, out.String())
	}
	if err := p.Prepare(frozen.Preparation{}); err == nil {
		t.Error("a process that has ended is prepared")
	}
}

// TestLeaveOut: a helper that was started while the command was frozen is no
// survivor of it.
func TestLeaveOut(t *testing.T) {
	p, err := Start(t.Context(), Command{Args: []string{"true"}, Env: []string{"PATH=/bin:/usr/bin"}})
	if err != nil {
		t.Fatal(err)
	}
	helper := exec.Command("sleep", "60")
	helper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { helper.Process.Kill(); helper.Wait() }()
	p.LeaveOut(helper.Process.Pid)
	if err := p.Thaw(); err != nil {
		t.Fatal(err)
	}
	if r := p.Wait(t.Context(), nil); len(r.Survivors) > 0 {
		t.Errorf("survivors %v", r.Survivors)
	}
}
