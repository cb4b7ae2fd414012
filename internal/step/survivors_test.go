//go:build linux || darwin

package step

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// end kills a process that a test left running.
func end(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil || n < 2 {
		t.Fatalf("%q is not a PID", pid)
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		t.Errorf("the background process did not live on: %v", err)
	}
	syscall.Wait4(n, nil, 0, nil) // on Linux it is ours now
}

// wantSurvivor checks the record for a process, where there is one.
func wantSurvivor(t *testing.T, r Result, pid, name string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		if len(r.Limits) == 0 || len(r.Survivors) != 0 {
			t.Errorf("nothing is known here, and that is not said: %+v", r)
		}
		return
	}
	for _, s := range r.Survivors {
		if strconv.Itoa(s.PID) == pid && s.Command == name {
			return
		}
	}
	t.Errorf("%s (%s) is not in %+v", pid, name, r.Survivors)
}

func TestBackgroundChildHoldsThePipe(t *testing.T) {
	never := t.TempDir() + "/fifo"
	if err := syscall.Mkfifo(never, 0o600); err != nil {
		t.Fatal(err)
	}
	c := sh("(read x <" + never + ") & echo $!; exit 2")
	c.Timings = short
	r, out, _ := run(t, c)
	pid := strings.TrimSpace(out)
	if r.ExitCode != 2 || r.Outputs[0].Complete || r.Outputs[1].Complete || r.Outputs[0].SHA256 != sum(out) {
		t.Errorf("%+v", r)
	}
	wantSurvivor(t, r, pid, "sh")
	end(t, pid)
}

// One that writes without end is cut at the same time.
func TestChattySurvivor(t *testing.T) {
	c := sh("(exec yes) & echo $! >&2")
	c.Timings = short
	r, _, errs := run(t, c)
	if r.Outputs[0].Complete || r.ExitCode != 0 {
		t.Errorf("%+v", r)
	}
	// It then meets a closed pipe, as it would when the runner has gone on.
	if n, err := strconv.Atoi(strings.TrimSpace(errs)); err != nil {
		t.Error(err)
	} else {
		syscall.Wait4(n, nil, 0, nil)
	}
}

// A child that ends within the drain is waited for and is not a survivor.
func TestBackgroundChildEnds(t *testing.T) {
	r, out, _ := run(t, sh("(read x <&3; echo late) 3<"+fifo(t)+" & exit 0"))
	if out != "late\n" || !r.Outputs[0].Complete || len(r.Survivors) != 0 {
		t.Errorf("%q, %+v", out, r)
	}
}

// fifo is a named pipe that somebody writes a line to as soon as it is read.
func fifo(t *testing.T) string {
	name := t.TempDir() + "/fifo"
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(name, []byte("go\n"), 0)
	return name
}

func TestDaemon(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("needs setsid(1)")
	}
	// It forks twice, leaves session and group, holds nothing open, and has a
	// child. cat waits until it lets go of the pipe.
	script := `setsid sh -c '(sh -c "sleep 61 >/dev/null & echo \$\$; exec >/dev/null; wait" &)' 2>/dev/null | cat`
	r, out, _ := run(t, sh(script))
	pid := strings.TrimSpace(out)
	if !r.Outputs[0].Complete {
		t.Errorf("%+v", r)
	}
	wantSurvivor(t, r, pid, "sh")
	if runtime.GOOS == "linux" && len(r.Survivors) != 2 {
		t.Errorf("not both the daemon and its child: %+v", r.Survivors)
	}
	for _, s := range r.Survivors {
		if strconv.Itoa(s.PID) != pid {
			defer end(t, strconv.Itoa(s.PID))
		}
	}
	end(t, pid)
}

// Children of this program are not the step's, and are ours to wait for.
func TestOwnChildrenAreLeftAlone(t *testing.T) {
	mine := exec.Command("sleep", "60")
	mine.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // told apart by its age alone
	if err := mine.Start(); err != nil {
		t.Fatal(err)
	}
	out := newBuffer()
	c := sh("echo up; read x <" + fifo(t))
	c.Stdout = out
	p := start(t, c)
	p.Thaw()
	later := exec.Command("sleep", "60")
	if err := later.Start(); err != nil {
		t.Fatal(err)
	}
	r := p.Wait(context.Background(), nil)
	if len(r.Survivors) != 0 {
		t.Errorf("%+v", r.Survivors)
	}
	for _, c := range []*exec.Cmd{mine, later} {
		c.Process.Kill()
		if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("its wait status is gone: %v", err)
		}
	}
}

// The promise of Timings, kept by the numbers.
func TestDefaultTimings(t *testing.T) {
	if d := (Command{}).withDefaults().Timings; d.Drain != 2*time.Second || d.Kill+d.Gone+d.CancelDrain+2*d.grace() > 5500*time.Millisecond {
		t.Errorf("%+v does not leave time for the evidence", d)
	}
}
