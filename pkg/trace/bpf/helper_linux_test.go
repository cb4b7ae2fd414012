//go:build amd64 || arm64

package bpf

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// watched is a program that waits on a pipe until it is armed.
type watched struct {
	cmd  *exec.Cmd
	gate *os.File
}

// freeze starts a program held back by a shell, which execs it on a line of
// input: the traced process is the shell, then the program.
func freeze(t testing.TB, args ...string) *watched {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", `read x <&3; exec 3<&-; exec "$@"`, "sh"}, args...)...)
	cmd.ExtraFiles = []*os.File{r}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close(); cmd.Process.Kill(); cmd.Wait() })
	return &watched{cmd, w}
}

// thaw lets it run and waits for its end.
func (w *watched) thaw(t testing.TB) {
	t.Helper()
	if _, err := w.gate.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := w.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
}

// log is a handler that keeps everything.
type log struct {
	sync.Mutex
	all []trace.Message
}

func (l *log) Handle(m trace.Message) {
	l.Lock()
	defer l.Unlock()
	l.all = append(l.all, m)
}

// arm arms, or skips where the machine cannot; in CI that is a failure.
func arm(t testing.TB, o trace.Options) trace.Sensor {
	t.Helper()
	s, err := Arm(context.Background(), o)
	if errors.Is(err, errors.ErrUnsupported) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// record runs a program under a sensor and returns what was seen. Nothing may
// be unaccounted for or lost.
func record(t testing.TB, args ...string) ([]trace.Message, trace.Account) {
	t.Helper()
	w, l := freeze(t, args...), &log{}
	s := arm(t, trace.Options{PID: w.cmd.Process.Pid, Handler: l})
	w.thaw(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	account := s.Stop(ctx)
	for _, c := range account.Classes {
		if c.Unaccounted() != 0 || c.Lost != 0 {
			t.Errorf("class %s: %+v, unaccounted %d", c.Name, c, c.Unaccounted())
		}
	}
	if len(account.Gaps) != 0 {
		t.Errorf("gaps: %q", account.Gaps)
	}
	return l.all, account
}
