//go:build amd64 || arm64

package bpf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// TestMain lets the test binary be a traced program too: see tricks.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "__trick" {
		all := tricks()
		maps.Copy(all, netChildren())
		if err := all[os.Args[2]](os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, os.Args[2], err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// trick is the command line of a trick.
func trick(t testing.TB, name string, args ...string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return append([]string{self, "__trick", name}, args...)
}

// watched is a program that waits on a pipe until it is armed.
type watched struct {
	cmd  *exec.Cmd
	gate *os.File
	out  *os.File
}

// freeze starts a program held back by a shell, which execs it on a line of
// input: the traced process is the shell, then the program.
func freeze(t testing.TB, args ...string) *watched {
	t.Helper()
	r, gate, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", `read x <&3; exec 3<&-; exec "$@"`, "sh"}, args...)...)
	cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = []*os.File{r}, w, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
	t.Cleanup(func() { gate.Close(); out.Close(); cmd.Process.Kill(); cmd.Wait() })
	return &watched{cmd, gate, out}
}

// thaw lets it run and waits for its end, and for that of everything that has
// inherited its output. It returns the output.
func (w *watched) thaw(t testing.TB) string {
	t.Helper()
	if _, err := w.gate.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(w.out)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := w.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(said)
}

// keep is a handler that keeps everything.
type keep struct {
	sync.Mutex
	all []trace.Message
}

func (k *keep) Handle(m trace.Message) {
	k.Lock()
	defer k.Unlock()
	k.all = append(k.all, m)
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

// stop ends a watch. Nothing may be unaccounted for.
func stop(t testing.TB, s trace.Sensor) trace.Account {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	account := s.Stop(ctx)
	for _, c := range account.Classes {
		if c.Unaccounted() != 0 {
			t.Errorf("class %s: %+v, unaccounted %d", c.Name, c, c.Unaccounted())
		}
	}
	return account
}

// record runs a program under a sensor and returns what was seen, with nothing
// lost and no gap.
func record(t testing.TB, args ...string) ([]trace.Message, trace.Account) {
	t.Helper()
	w, k := freeze(t, args...), &keep{}
	s := arm(t, trace.Options{PID: w.cmd.Process.Pid, Handler: k})
	w.thaw(t)
	account := stop(t, s)
	for _, c := range account.Classes {
		if c.Lost != 0 {
			t.Errorf("class %s: %d lost", c.Name, c.Lost)
		}
	}
	if len(account.Gaps) != 0 {
		t.Errorf("gaps: %q", account.Gaps)
	}
	return k.all, account
}

// descriptor is a number that another run may have otherwise.
var descriptor = regexp.MustCompile(`/fd/\d+`)

// describe renders what a test looks at in a message: without times and numbers
// of processes.
func describe(m trace.Message) string {
	words := []string{map[trace.Kind]string{
		trace.Fork: "fork", trace.Exec: "exec", trace.Exit: "exit", trace.Open: "open", trace.File: "file", trace.Syscall: "call",
	}[m.Kind]}
	add := func(on bool, format string, args ...any) {
		if on {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(m.Op != "", "%s", m.Op)
	add(m.Path != "", "%s", m.Path)
	add(m.Target != "", "-> %s", m.Target)
	add(m.Name != "", "as %s", descriptor.ReplaceAllString(m.Name, "/fd/N"))
	add(m.Script != "", "script %s", m.Script)
	add(m.Kind == trace.Exit, "code %d signal %d", m.Code, m.Signal)
	for i, name := range []string{"read", "write", "create", "truncate", "append", "path", "directory", "", "mapped"} {
		add(name != "" && m.Access&(1<<i) != 0, "%s", name)
	}
	for i, name := range []string{"memfd", "deleted", "contested", "cut", "string", "foreign", "unstable", "argscut"} {
		add(m.Marks&(1<<i) != 0, "[%s]", name)
	}
	add(m.Errno != 0, "errno %d", m.Errno)
	return strings.Join(words, " ")
}

// lacks checks that each wanted line is among the messages.
func lacks(t *testing.T, all []trace.Message, want ...string) {
	t.Helper()
	seen := make(map[string]bool)
	for _, m := range all {
		seen[describe(m)] = true
	}
	failed := false
	for _, line := range want {
		if !seen[line] {
			failed = true
			t.Errorf("not seen: %s", line)
		}
	}
	if failed {
		for _, m := range all {
			if !strings.Contains(m.Path, "/usr/lib") && !strings.Contains(m.Path, "/locale") {
				t.Log(describe(m))
			}
		}
	}
}
