//go:build linux || darwin

package step

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// short makes the escalation quick, in the order of the real one.
var short = Timings{Term: 50 * time.Millisecond, Kill: 100 * time.Millisecond, Drain: 50 * time.Millisecond, CancelDrain: 50 * time.Millisecond}

// cancelWhen sends sigs, each when the command has written the word before it.
func cancelWhen(t *testing.T, c Command, script ...any) (Result, string) {
	t.Helper()
	out := newBuffer()
	c.Stdout = out
	p := start(t, c)
	p.Thaw()
	signals := make(chan os.Signal, len(script))
	go func() {
		for i := 0; i < len(script); i += 2 {
			out.await(t, script[i].(string))
			signals <- script[i+1].(os.Signal)
		}
	}()
	r := p.Wait(context.Background(), signals)
	return r, out.String()
}

const loop = "; while :; do sleep 0.01; done"

func TestCancel(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		r, _ := cancelWhen(t, sh("echo up"+loop), "up", s)
		if r.ExitCode != 128+int(s) || r.Signal != signalName(s) || r.Cancelled != signalName(s) || !r.Started {
			t.Errorf("%v: %+v", s, r)
		}
	}
}

// A command that cleans up and exits keeps its exit code.
func TestCancelTrapped(t *testing.T) {
	r, out := cancelWhen(t, sh("trap 'echo cleanup; exit 0' INT; echo up"+loop), "up", syscall.SIGINT)
	if r.ExitCode != 0 || r.Signal != "" || r.Cancelled != "SIGINT" || !strings.Contains(out, "cleanup") {
		t.Errorf("%+v, %q", r, out)
	}
}

func TestCancelEscalates(t *testing.T) {
	c := sh("trap 'echo int' INT; trap 'echo term; exit 9' TERM; echo up" + loop)
	c.Timings = short
	c.Timings.Kill = time.Minute
	if r, out := cancelWhen(t, c, "up", syscall.SIGINT); r.ExitCode != 9 || out != "up\nint\nterm\n" {
		t.Errorf("%+v, %q", r, out)
	}
}

func TestCancelKillsTheGroup(t *testing.T) {
	c := sh("trap '' INT TERM HUP; (while :; do sleep 0.01; done) & echo up" + loop)
	c.Timings = short
	c.Timings.CancelDrain = time.Minute // not reached
	r, _ := cancelWhen(t, c, "up", syscall.SIGINT)
	// Complete: the child that held the pipe is dead too.
	if r.ExitCode != 137 || r.Signal != "SIGKILL" || r.Cancelled != "SIGINT" || !r.Outputs[0].Complete || len(r.Survivors) != 0 {
		t.Errorf("%+v", r)
	}
}

// A second signal is not held back by the waiting for the first.
func TestSecondSignal(t *testing.T) {
	c := sh("trap 'echo int' INT; trap 'echo term; exit 9' TERM; echo up" + loop)
	c.Timings.Term, c.Timings.Kill = time.Minute, time.Minute
	r, _ := cancelWhen(t, c, "up", syscall.SIGINT, "int", syscall.SIGTERM)
	if r.ExitCode != 9 || r.Cancelled != "SIGINT" {
		t.Errorf("%+v", r)
	}
}

func TestOtherSignals(t *testing.T) {
	c := sh("trap 'echo usr1' USR1; trap 'echo usr2; exit 6' USR2; echo up" + loop)
	r, _ := cancelWhen(t, c, "up", syscall.SIGUSR1, "usr1", syscall.SIGUSR2)
	if r.ExitCode != 6 || r.Cancelled != "" {
		t.Errorf("%+v", r)
	}
}

// In a group shared with us the terminal has delivered ^C already.
func TestSharedGroupGetsNoSecondInterrupt(t *testing.T) {
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out := newBuffer()
	c := sh("trap 'echo int' INT; trap 'echo term' TERM; echo up; read x; exit 0")
	c.Stdin, c.Stdout = in, out
	p := start(t, c)
	p.Thaw()
	out.await(t, "up")
	shared := placement{}
	shared.send(p.child, syscall.SIGINT, true)
	shared.send(p.child, syscall.SIGTERM, true)
	out.await(t, "term")
	w.Close()
	p.Wait(context.Background(), nil)
	if got := out.String(); got != "up\nterm\n" {
		t.Errorf("%q", got)
	}
}

func TestContextCancels(t *testing.T) {
	out := newBuffer()
	c := sh("echo up" + loop)
	c.Stdout = out
	p := start(t, c)
	p.Thaw()
	ctx, cancel := context.WithCancel(context.Background())
	go func() { out.await(t, "up"); cancel() }()
	if r := p.Wait(ctx, nil); r.Signal != "SIGTERM" || r.Cancelled != context.Canceled.Error() {
		t.Errorf("%+v", r)
	}
}

// A cancel during the drain shortens it. It may also come first: both are tried.
func TestCancelWhileDraining(t *testing.T) {
	for range 8 {
		c := sh("sleep 60 & echo $!")
		c.Timings.Drain, c.Timings.CancelDrain = time.Hour, 10*time.Millisecond
		out := newBuffer()
		c.Stdout = out
		p := start(t, c)
		p.Thaw()
		signals := make(chan os.Signal, 1)
		go func() { <-p.child.ended; signals <- syscall.SIGINT }()
		r := p.Wait(context.Background(), signals)
		if r.ExitCode != 0 || r.Cancelled != "SIGINT" || r.Outputs[0].Complete {
			t.Errorf("%+v", r)
		}
		end(t, strings.TrimSpace(out.String()))
	}
}
