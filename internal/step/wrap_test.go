//go:build linux || darwin

package step

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// wrap runs args as a program of ours would, and writes the result to file.
// A step called "frozen" is not thawed: wrap then waits for ever.
func wrap(file string, args []string) int {
	signals, stop := Signals()
	defer stop()
	p, err := Start(context.Background(), Command{
		Args: args, Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		SpoolDir: filepath.Dir(file),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if args[0] == "frozen" {
		fmt.Println(p.PID())
		for range signals {
			continue
		}
	}
	p.Thaw()
	r := p.Wait(context.Background(), signals)
	b, _ := json.Marshal(r)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return 1
	}
	return r.ExitCode
}

// wrapped is a wrap that a test runs. before is shell text in front of it.
func wrapped(t *testing.T, before string, args ...string) (cmd *exec.Cmd, result func() Result) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "result")
	full := append([]string{"-c", before + ` exec "$0" "$@"`, self, "wrap", file}, args...)
	cmd = exec.Command("sh", full...)
	return cmd, func() (r Result) {
		t.Helper()
		b, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err != nil {
			t.Errorf("no result: %v", err)
		}
		return r
	}
}

// With its own descriptor 1 closed, a Go program would die of SIGPIPE.
func TestWrapClosedOutput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd, result := wrapped(t, "", "sh", "-c", "while :; do echo text; done")
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.Read(make([]byte, 10))
	r.Close()
	cmd.Wait()
	if res := result(); cmd.ProcessState.ExitCode() != 141 || res.Signal != "SIGPIPE" || res.Outputs[0].SHA256 == "" {
		t.Errorf("%v, %+v", cmd.ProcessState, res)
	}
}

// output runs a wrapped command and returns what it wrote.
func output(t *testing.T, before string, args ...string) string {
	t.Helper()
	cmd, result := wrapped(t, before, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%q: %v, %s, %+v", args, err, errs.String(), result())
	}
	return string(out)
}

func needProc(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc to look at a process from inside")
	}
}

// TestInheritsDescriptors: what the caller opened for the command reaches it,
// and nothing of ours does: the command sees what it sees when not wrapped.
func TestInheritsDescriptors(t *testing.T) {
	needProc(t)
	const before = "exec 7</dev/null 9>/dev/null;"
	plain, err := exec.Command("sh", "-c", before+" ls /proc/self/fd; :").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := output(t, before, "ls", "/proc/self/fd")
	if got != string(plain) || !strings.Contains(got, "7\n9\n") {
		t.Errorf("open: %q, want %q", got, plain)
	}
}

func TestOutputIsBlocking(t *testing.T) {
	needProc(t)
	for _, fd := range []string{"1", "2"} {
		info := output(t, "", "grep", "flags", "/proc/self/fdinfo/"+fd)
		var flags int
		if _, err := fmt.Sscanf(info, "flags: %o", &flags); err != nil || flags&syscall.O_NONBLOCK != 0 {
			t.Errorf("descriptor %s: %q, %v", fd, info, err)
		}
	}
}

// Go raises the limit for itself, and must put it back.
func TestLimitOfDescriptors(t *testing.T) {
	if got := output(t, "ulimit -S -n 77;", "sh", "-c", "ulimit -S -n"); got != "77\n" {
		t.Errorf("the limit is %q", got)
	}
}

func TestSignalDispositions(t *testing.T) {
	needProc(t)
	for before, want := range map[string]string{
		"":                  "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n",
		"trap '' INT HUP; ": "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000003\n",
		// Known and documented: Go forgets that this one was ignored.
		"trap '' PIPE; ": "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n",
	} {
		if got := output(t, before, "grep", "-E", "SigBlk|SigIgn", "/proc/self/status"); got != want {
			t.Errorf("%q: %q, want %q", before, got, want)
		}
	}
}

func TestEnvironmentIsExact(t *testing.T) {
	needProc(t)
	env := []string{path, "A=1", "A=2", "", "odd", "LD_PRELOAD=", "GODEBUG=none=1"}
	r, out, errs := run(t, Command{Args: []string{"cat", "/proc/self/environ"}, Env: env})
	if want := strings.Join(env, "\x00") + "\x00"; out != want || errs != "" {
		t.Errorf("%q, want %q; %q %+v", out, want, errs, r)
	}
	p := start(t, Command{Args: []string{"true"}, Env: env})
	// Nothing of it may act on the frozen process itself.
	if frozen, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID())); err != nil || len(frozen) != 0 {
		t.Errorf("the frozen process has %q, %v", frozen, err)
	}
	p.Abandon()
	if _, out, _ := run(t, Command{Args: []string{"/bin/cat", "/proc/self/environ"}}); out != "" {
		t.Errorf("no environment became %q", out)
	}
}

// When we are killed, a frozen process ends; nothing is left to hold its input.
func TestFrozenEndsWithParent(t *testing.T) {
	cmd, _ := wrapped(t, "", "frozen")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	out := newBuffer()
	cmd.Stdin, cmd.Stdout = r, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	out.await(t, "\n")
	cmd.Process.Kill()
	cmd.Wait()
	fds := []unix.PollFd{{Fd: int32(w.Fd())}}
	for {
		n, err := unix.Poll(fds, 30_000)
		if err == unix.EINTR {
			continue
		}
		if n != 1 || fds[0].Revents&(unix.POLLERR|unix.POLLHUP) == 0 {
			t.Errorf("somebody still reads: %v, %+v", err, fds)
		}
		return
	}
}

// When we are killed, a running step runs on.
func TestRunningOutlivesParent(t *testing.T) {
	dir := t.TempDir()
	in, back := dir+"/in", dir+"/back"
	for _, f := range []string{in, back} {
		if err := syscall.Mkfifo(f, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd, _ := wrapped(t, "", "sh", "-c", "echo up; read x <"+in+"; echo alive >"+back)
	out := newBuffer()
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.await(t, "up")
	cmd.Process.Kill()
	cmd.Wait()
	if err := os.WriteFile(in, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	if said, err := os.ReadFile(back); string(said) != "alive\n" {
		t.Errorf("%q, %v", said, err)
	}
}

// A signal to us reaches the step, and its answer is ours.
func TestWrapForwards(t *testing.T) {
	cmd, result := wrapped(t, "", "sh", "-c", "trap 'exit 5' INT; echo up"+loop)
	out := newBuffer()
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.await(t, "up")
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	if r := result(); cmd.ProcessState.ExitCode() != 5 || r.Cancelled != "SIGINT" {
		t.Errorf("%v, %+v", cmd.ProcessState, r)
	}
}

// nohup holds for the step as well, whatever we listen to.
func TestIgnoredStaysIgnored(t *testing.T) {
	cmd, result := wrapped(t, "trap '' HUP;", "sh", "-c", "kill -HUP $$ $PPID; exit 3")
	cmd.Run()
	if r := result(); cmd.ProcessState.ExitCode() != 3 || r.Cancelled != "" {
		t.Errorf("%v, %+v", cmd.ProcessState, r)
	}
}
