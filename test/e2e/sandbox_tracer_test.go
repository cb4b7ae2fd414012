//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/pkg/attest"
)

// running is a step that waits for a line on its standard input.
type running struct {
	t      *testing.T
	cmd    *exec.Cmd // cilock
	in     io.WriteCloser
	out    *bufio.Reader
	err    bytes.Buffer
	tracer int
	step   int // the shell of the step
}

// wait is what a step does before the rest of its script.
const wait = "echo $$; read x; "

// start runs a script under cilock up to the point where it waits.
func (p *place) start(script string, flags ...string) *running {
	p.t.Helper()
	r := &running{t: p.t}
	line := p.cilock(wait+script, flags...)
	r.cmd = p.command(line...)
	r.cmd.Stderr = &r.err
	var err error
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	r.out = bufio.NewReader(out)
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	first, err := r.out.ReadString('\n')
	if err != nil {
		p.t.Fatalf("the step did not start: %v\n%s", err, r.err.Bytes())
	}
	r.step = number(p.t, strings.TrimSpace(first))
	r.tracer = findTracer(p.t, r.cmd.Process.Pid)
	return r
}

// finish lets the step go on and waits for the end of cilock.
func (r *running) finish() ended {
	r.t.Helper()
	if _, err := io.WriteString(r.in, "\n"); err != nil {
		r.t.Error(err)
	}
	rest, _ := io.ReadAll(r.out)
	err := r.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return ended{string(rest), r.err.String(), r.cmd.ProcessState.ExitCode()}
}

// findTracer looks for the tracer among the descendants of a process; sudo,
// which may be between them, has other arguments.
func findTracer(t *testing.T, pid int) int {
	t.Helper()
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		text, _ := os.ReadFile(proc(queue[0], "cmdline"))
		if args := strings.Split(string(text), "\x00"); len(args) > 1 && args[1] == "__tracer" {
			return queue[0]
		}
		tasks, _ := filepath.Glob(proc(queue[0], "task/*/children"))
		for _, task := range tasks {
			kids, _ := os.ReadFile(task)
			for _, kid := range strings.Fields(string(kids)) {
				queue = append(queue, number(t, kid))
			}
		}
	}
	t.Fatal("there is no tracer")
	return 0
}

func proc(pid int, name string) string { return "/proc/" + strconv.Itoa(pid) + "/" + name }

// awaitEnd waits for the end of a process that is no child of ours.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 60_000)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n != 1 || err != nil {
			name, _ := os.ReadFile(proc(pid, "cmdline"))
			t.Errorf("process %d lives on: %q, %v", pid, name, err)
		}
		return
	}
}

// awaitClosed waits until a process has closed its standard output, or ended.
func awaitClosed(t *testing.T, pid int) {
	t.Helper()
	look, late := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer look.Stop()
	for {
		if _, err := os.Readlink(proc(pid, "fd/1")); err != nil {
			return
		}
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("process %d keeps its output", pid)
		}
	}
}

// status is a field of /proc/PID/task/TID/status, of every thread that runs code of
// the program. A worker of io_uring is listed too, until a few seconds after its
// ring was closed: it is the kernel's own, and keeps the rights of that time.
func status(t *testing.T, pid int, field string) (values []string) {
	t.Helper()
	tasks, err := filepath.Glob(proc(pid, "task/*/status"))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no threads of %d: %v", pid, err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		if strings.HasPrefix(string(text), fmt.Sprintf("Name:\tiou-wrk-%d\n", pid)) {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(line, field+":"); ok {
				values = append(values, strings.Join(strings.Fields(value), " "))
			}
		}
	}
	return values
}

// TestTracer looks at the tracer of a user with sudo while the step runs: it is
// root, knows nothing of ours, can do little, and is not to be disturbed.
func TestTracer(t *testing.T) {
	t.Parallel()
	p := asNobody(t, sudoers(t, "Defaults !env_reset, setenv", everything))
	p.env = append(p.env, "GITHUB_TOKEN=a-token", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=another")
	r := p.start(asks, "--trace=auto")
	for field, want := range map[string]string{
		"Uid": "0 0 0 0", "NoNewPrivs": "1",
		"CapInh": capabilities(), "CapPrm": capabilities(keptCapabilities()...), "CapEff": capabilities(keptCapabilities()...), "CapAmb": capabilities(),
	} {
		for _, got := range status(t, r.tracer, field) {
			if got != want {
				t.Errorf("%s of a thread of the tracer is %s, want %s", field, got, want)
			}
		}
	}
	environ, err := os.ReadFile(proc(r.tracer, "environ"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"a-token", "another", "TOKEN", "key.pem", "MARK", p.dir} {
		if bytes.Contains(environ, []byte(secret)) {
			t.Errorf("the tracer's environment has %s: %q", secret, environ)
		}
	}
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT} {
		if err := unix.Kill(r.tracer, sig); err != nil {
			t.Error(err)
		}
	}
	if e := r.finish(); e.code != 0 || e.out != "0\ndaemon\n" {
		t.Errorf("the step ended with %d\n%s%s", e.code, e.out, e.err)
	}
	awaitEnd(t, r.tracer)
	row{backend: "ebpf"}.check(t, p.bundle())
}

// keptCapabilities are what an armed tracer needs.
func keptCapabilities() []int {
	return []int{unix.CAP_DAC_READ_SEARCH, unix.CAP_SYS_PTRACE, unix.CAP_KILL, unix.CAP_BPF}
}

// capabilities is a set of capabilities as the kernel shows it.
func capabilities(caps ...int) string {
	var set uint64
	for _, c := range caps {
		set |= 1 << c
	}
	text := strconv.FormatUint(set, 16)
	return strings.Repeat("0", 16-len(text)) + text
}

// TestCilockKilled: when cilock is gone the tracer ends, and the step, which
// nobody waits for any more, goes on unharmed until it does.
func TestCilockKilled(t *testing.T) {
	for _, test := range []struct {
		name, flag string
		place      func(t *testing.T) *place
	}{
		{"ebpf", "--trace=ebpf", func(t *testing.T) *place { return asRoot(t) }},
		{"ebpf with sudo", "--trace=auto", func(t *testing.T) *place { return asNobody(t, sudoers(t, everything)) }},
		{"ptrace", "--trace=ptrace", func(t *testing.T) *place { return asNobody(t, noSudo) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := test.place(t)
			r := p.start("cat /etc/hostname > after", test.flag)
			if err := r.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if test.flag == "--trace=ptrace" {
				awaitClosed(t, r.tracer) // it records no more, and is there because the step needs it
			} else {
				awaitEnd(t, r.tracer)
			}
			r.finish()
			awaitEnd(t, r.step)
			awaitEnd(t, r.tracer)
			want, err := os.ReadFile("/etc/hostname")
			if err != nil {
				t.Skip(err)
			}
			if got, err := os.ReadFile(filepath.Join(p.dir, "after")); err != nil || !bytes.Equal(got, want) {
				t.Errorf("the step wrote %q, %v", got, err)
			}
		})
	}
}

// TestTracerKilled: the evidence says that it lost sight of the step. With eBPF
// the step notices nothing; what it notices with ptrace is a limit.
func TestTracerKilled(t *testing.T) {
	for _, backend := range []string{"ebpf", "ptrace"} {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			p := asRoot(t)
			r := p.start("exec 3< /etc/passwd; echo $?; exit 3", "--trace="+backend)
			if err := unix.Kill(r.tracer, unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
			awaitEnd(t, r.tracer)
			e := r.finish()
			if backend == "ebpf" && (e.code != 3 || e.out != "0\n") {
				t.Errorf("the step ended with %d\n%s%s", e.code, e.out, e.err)
			}
			v := p.bundle()
			body, account := section[attest.Trace](t, v, attest.TypeTrace), collector(t, v, "trace")
			if !mentions(account.Gaps, "the tracer ended before the step did") || body.Backend != backend {
				t.Errorf("gaps %q, backend %s", account.Gaps, body.Backend)
			}
			if !strings.Contains(e.err, "cilock: verdict: incomplete") {
				t.Errorf("%s", e.err)
			}
			if backend == "ptrace" {
				t.Logf("the step ended with %d and said %q %q", e.code, e.out, e.err)
				if !mentions(body.Limits, "fail with ENOSYS") || !strings.Contains(e.err, "Function not implemented") {
					t.Errorf("the step ended with %d\n%s%s, and the limits are %q", e.code, e.out, e.err, body.Limits)
				}
			}
		})
	}
}
