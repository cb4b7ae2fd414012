//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
	"github.com/org/cilock-action/test/nobody"
	"golang.org/x/sys/unix"
)

// TestSameAsUntraced runs scripts with and without the sensor: what they print
// and how they end must be the same.
func TestSameAsUntraced(t *testing.T) {
	for name, script := range map[string]string{
		"exit codes":  `i=0; while [ $i -lt 256 ]; do (exit $i); [ $? = $i ] || echo $i; i=$((i+1)); done; exit 255`,
		"signals":     `for s in HUP INT QUIT ABRT KILL USR1 SEGV PIPE ALRM TERM XCPU SYS; do sh -c "kill -$s \$\$"; echo $s $?; done`,
		"handlers":    `trap 'echo usr1' USR1; trap 'echo term; exit 3' TERM; kill -USR1 $$; kill -URG $$; kill -TERM $$; echo never`,
		"ignored":     `trap '' TERM INT; kill -TERM $$; kill -INT $$; sh -c 'kill -INT $$'; echo $?`,
		"killed":      `kill -9 $$`,
		"core":        `ulimit -c unlimited; kill -ABRT $$`,
		"stop":        `sleep 100 & kill -STOP $!; kill -CONT $!; kill -TERM $!; wait $!; echo $?`,
		"stop, kill":  `sleep 100 & kill -STOP $!; kill -KILL $!; wait $! 2>/dev/null; echo $?`,
		"background":  `(exit 3) & (exit 4) & a=$!; wait $a; echo $?; wait; echo $?`,
		"pipe":        `yes | head -n 3; echo $?`,
		"input":       `cat; read x || echo end`,
		"timeout":     `timeout -s INT 0.1 sleep 100; echo $?; timeout 0.1 sh -c 'trap "exit 9" TERM; while :; do :; done'; echo $?`,
		"limits":      `ulimit -n 20; exec 19</dev/null; (exec 30</dev/null) 2>/dev/null; echo $?`,
		"not found":   `/no/such/program; echo $?; no-such-program; echo $?; /etc/passwd; echo $?`,
		"subreaper":   `(sleep 0.05; echo late) & exit 6`,
		"file errors": `cat /; cat /etc/passwd/x; : >/no/such/file; echo $?`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			command := func() (*exec.Cmd, *bytes.Buffer) {
				var out bytes.Buffer
				return &exec.Cmd{Dir: dir, Stdin: strings.NewReader("some\nlines\n"), Stdout: &out, Stderr: &out}, &out
			}
			alone, want := command()
			path, err := exec.LookPath("sh")
			if err != nil {
				t.Fatal(err)
			}
			alone.Path, alone.Args = path, []string{"sh", "-c", script}
			_ = alone.Run()
			like, got := command()
			r := start(t, like, "sh", "-c", script).finish(t)
			if r.closed(t); name != "stop, kill" && name != "timeout" { // may be killed in a call
				r.sound(t)
			}
			if got.String() != want.String() || r.state.Sys() != alone.ProcessState.Sys() {
				t.Errorf("traced: %v\n%s\nuntraced: %v\n%s", r.state, got, alone.ProcessState, want)
			}
			end := r.one(t, trace.Exit, by(r.pid))
			if status := r.state.Sys().(syscall.WaitStatus); status.Exited() && end.Code != status.ExitStatus() ||
				status.Signaled() && end.Signal != int(status.Signal()) {
				t.Errorf("the record says %+v of %v", end, r.state)
			}
		})
	}
}

// TestStoppedRoot: the parent sees the job stop and go on, as a shell does.
func TestStoppedRoot(t *testing.T) {
	s := start(t, &exec.Cmd{}, "sh", "-c", "kill -STOP $$; exit 7")
	pid := s.root.Process.Pid
	wait := func(options int) unix.WaitStatus {
		t.Helper()
		var status unix.WaitStatus
		for {
			_, err := unix.Wait4(pid, &status, options, nil)
			if err == nil {
				return status
			}
			if !errors.Is(err, unix.EINTR) {
				t.Fatal(err)
			}
		}
	}
	if status := wait(unix.WUNTRACED); !status.Stopped() || status.StopSignal() != unix.SIGSTOP {
		t.Fatalf("not stopped: %x", status)
	}
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	switch status := wait(unix.WCONTINUED); {
	case status.Exited() && status.ExitStatus() == 7: // it was, and ended before we looked
	case !status.Continued():
		t.Fatalf("not continued: %x", status)
	default:
		if err := s.root.Wait(); s.root.ProcessState.ExitCode() != 7 {
			t.Fatal(err)
		}
	}
	s.finish(t).sound(t)
}

func TestSetuidWorksForRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root installs a filter without no_new_privs")
	}
	dir, err := os.MkdirTemp(os.TempDir(), "setuid-") // not below 0700
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(resolved(t, "id"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/id", text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir+"/id", os.ModeSetuid|0o755); err != nil {
		t.Fatal(err)
	}
	r := run(t, "setpriv", "--reuid=65534", "--clear-groups", dir+"/id")
	r.sound(t)
	if !strings.Contains(r.out, "uid=65534") || !strings.Contains(r.out, "euid=0") {
		t.Errorf("setuid has no effect: %s", r.out)
	}
}

// TestSurvivors: what is alive after Stop is served, or each of its opens would
// fail with ENOSYS.
func TestSurvivors(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(dir+"/go", 0o600); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`cd %s; exec >/dev/null 2>&1; (cat go >/dev/null; (sh -c 'echo done >result') & wait) & exit 0`, dir)
	r := run(t, "sh", "-c", script)
	if len(r.account.Survivors) == 0 || slices.Contains(r.account.Survivors, r.pid) || !r.state.Success() {
		t.Fatalf("survivors %v of %d, %v", r.account.Survivors, r.pid, r.state)
	}
	for _, pid := range r.account.Survivors {
		if len(r.find(trace.Fork, by(pid))) != 1 || len(r.find(trace.Exit, by(pid))) != 0 {
			t.Errorf("survivor %d is not in the record", pid)
		}
	}
	if err := os.WriteFile(dir+"/go", nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := r.tracer.Wait(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(dir + "/result"); string(text) != "done\n" {
		t.Errorf("the survivor was harmed: %q %v", text, err)
	}
	for _, m := range r.messages {
		if filepath.Base(m.Path) == "result" {
			t.Errorf("recorded after Stop: %+v", m)
		}
	}
}

func TestAsNobody(t *testing.T) {
	if nobody.Rerun(t) {
		return
	}
	t.Run("same", TestSameAsUntraced)
	t.Run("files", TestProcessesAndFiles)
	t.Run("opens", TestOpens)
	t.Run("changes", TestChanges)
	t.Run("network", TestNetwork)
	t.Run("thread", TestExecByAThread)
	t.Run("survivors", TestSurvivors)
}

func TestArmRefused(t *testing.T) {
	_, err := Arm(context.Background(), trace.Options{PID: os.Getpid()})
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("tracing oneself: %v", err)
	}
	_, err = Arm(context.Background(), trace.Options{PID: 1 << 30})
	if err == nil || errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("tracing nobody: %v", err)
	}
}
