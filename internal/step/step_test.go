//go:build linux || darwin

package step

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain is also a tiny program that wraps a step (see wrap), for what can
// only be seen from outside. For the tests it leaves the terminal of whoever runs the tests: with one, commands
// share our process group, and most tests are about the other case.
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "wrap" {
		os.Exit(wrap(os.Args[2], os.Args[3:]))
	}
	if hasControllingTerminal() {
		cmd := exec.Command(os.Args[0], os.Args[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Run()
		os.Exit(cmd.ProcessState.ExitCode())
	}
	os.Exit(m.Run())
}

const path = "PATH=/usr/local/bin:/usr/bin:/bin"

// sh is a command that runs script, with bounds that no good run reaches.
func sh(script string) Command {
	return Command{Args: []string{"sh", "-c", script}, Env: []string{path}}
}

// buffer is a writer that tests can wait on.
type buffer struct {
	mu    sync.Mutex
	b     bytes.Buffer
	grown chan struct{}
}

func newBuffer() *buffer { return &buffer{grown: make(chan struct{}, 1)} }

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.grown <- struct{}{}:
	default:
	}
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// await blocks until the output holds text, or fails the test.
func (b *buffer) await(t testing.TB, text string) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for !strings.Contains(b.String(), text) {
		select {
		case <-b.grown:
		case <-limit:
			t.Errorf("the command did not write %q; it wrote %q", text, b.String())
			return
		}
	}
}

func start(t testing.TB, c Command) *Process {
	t.Helper()
	if c.SpoolDir == "" {
		c.SpoolDir = t.TempDir()
	}
	p, err := Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs c to its end.
func run(t testing.TB, c Command) (Result, string, string) {
	t.Helper()
	var out, errs bytes.Buffer
	if c.Stdout == nil {
		c.Stdout = &out
	}
	if c.Stderr == nil {
		c.Stderr = &errs
	}
	p := start(t, c)
	p.Thaw()
	r := p.Wait(context.Background(), nil)
	return r, out.String(), errs.String()
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func TestRecordsOutput(t *testing.T) {
	dir := t.TempDir()
	c := sh("echo out; echo err >&2; exit 41")
	c.SpoolDir = dir
	r, out, errs := run(t, c)
	if !r.Started || r.ExitCode != 41 || r.Signal != "" || r.Reason != "" || r.Cancelled != "" {
		t.Errorf("%+v", r)
	}
	if out != "out\n" || errs != "err\n" {
		t.Errorf("passed on %q and %q", out, errs)
	}
	if r.Start.IsZero() || r.End.Before(r.Start) || r.Start.Location() != time.UTC {
		t.Errorf("from %v to %v", r.Start, r.End)
	}
	for i, want := range []struct{ name, text string }{{"stdout", out}, {"stderr", errs}} {
		o := r.Outputs[i]
		spooled, err := os.ReadFile(o.Spool)
		if err != nil {
			t.Fatal(err)
		}
		if o.Name != want.name || o.Size != 4 || o.SHA256 != sum(want.text) || !o.Complete || o.Truncated || string(spooled) != want.text {
			t.Errorf("%+v, spooled %q", o, spooled)
		}
		if st, _ := os.Stat(o.Spool); st.Mode().Perm() != 0o600 || filepath.Dir(o.Spool) != dir {
			t.Errorf("the spool %s has mode %v", o.Spool, st.Mode())
		}
	}
}

func TestSamePID(t *testing.T) {
	var out bytes.Buffer
	c := sh("echo $$")
	c.Stdout = &out
	p := start(t, c)
	pid := p.PID()
	p.Thaw()
	p.Wait(context.Background(), nil)
	if strings.TrimSpace(out.String()) != strconv.Itoa(pid) {
		t.Errorf("PID %d before, %s after", pid, out.String())
	}
}

func TestFrozenUntilThawed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ran")
	spools := t.TempDir()
	c := sh("echo >" + file)
	c.SpoolDir = spools
	p := start(t, c)
	if err := syscall.Kill(p.PID(), 0); err != nil {
		t.Errorf("the process does not exist: %v", err)
	}
	p.Abandon()
	p.Abandon()
	if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the abandoned process: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the abandoned command ran: %v", err)
	}
	if left, _ := os.ReadDir(spools); len(left) != 0 {
		t.Errorf("%d spool files are left", len(left))
	}
	if r := p.Wait(context.Background(), nil); r.Started || r.Reason == "" {
		t.Errorf("waiting for an abandoned process: %+v", r)
	}
}

// A command that cannot run is a result; its code is a shell's.
func TestCannotRun(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "plain")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 3<<20)
	for _, c := range []struct {
		args []string
		code int
		word string
	}{
		{[]string{"no-such-command"}, 127, "no-such-command"},
		{[]string{file}, 126, "permission denied"},
		{[]string{dir}, 126, "directory"},
		{[]string{"echo", long}, 126, "too long"},
		{[]string{"echo", strings.Repeat(long, 6)}, 126, "too long"},
		{[]string{"echo", "a\x00b"}, 126, "NUL"},
	} {
		r, out, _ := run(t, Command{Args: c.args, Env: []string{path}})
		if r.Started || r.ExitCode != c.code || !strings.Contains(r.Reason, c.word) || out != "" {
			t.Errorf("%.20q: %+v, output %q; want %d and %q", c.args[0], r, out, c.code, c.word)
		}
	}
}

func TestCannotStart(t *testing.T) {
	before := openFiles(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o644)
	for name, c := range map[string]Command{
		"no command":   {},
		"missing dir":  {Args: []string{"true"}, Dir: dir + "/no"},
		"dir is file":  {Args: []string{"true"}, Dir: file},
		"missing self": {Args: []string{"true"}, Self: dir + "/no"},
		"not a shim":   {Args: []string{"true"}, Self: "/bin/true"},
		"silent shim":  {Args: []string{"true"}, Self: silent(t, dir), Timings: Timings{Ready: 10 * time.Millisecond}},
	} {
		p, err := Start(context.Background(), c)
		if err == nil || p != nil {
			t.Errorf("%s: no error", name)
		} else if c.Dir != "" && !strings.Contains(err.Error(), c.Dir) {
			t.Errorf("%s: %v does not name %s", name, err, c.Dir)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Start(ctx, sh("true")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors were open, %d are", before, after)
	}
}

// silent is a program that never says that it is ready.
func silent(t *testing.T, dir string) string {
	name := filepath.Join(dir, "silent")
	if err := os.WriteFile(name, []byte("#!/bin/sh\nexec /bin/sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// A frozen process that dies before it is thawed was never the command.
func TestKilledWhileFrozen(t *testing.T) {
	p := start(t, sh("echo ran"))
	syscall.Kill(p.PID(), syscall.SIGKILL)
	<-p.child.ended
	p.Thaw()
	r := p.Wait(context.Background(), nil)
	if r.Started || r.ExitCode != 137 || !strings.Contains(r.Reason, "SIGKILL") {
		t.Errorf("%+v", r)
	}
}

func TestWorkingDirectory(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := sh("pwd -P")
	c.Dir = dir
	if _, out, _ := run(t, c); out != dir+"\n" {
		t.Errorf("ran in %q, want %q", out, dir)
	}
}

func TestStdin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(file, []byte("first\nsecond\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := sh("read a; echo $a")
	c.Stdin = f
	if _, out, _ := run(t, c); out != "first\n" {
		t.Errorf("file: %q", out)
	}
	// The very descriptor: what the command has read is read.
	if rest, _ := io.ReadAll(f); string(rest) != "second\n" {
		t.Errorf("the file goes on with %q", rest)
	}

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() { io.WriteString(w, "piped"); w.Close() }()
	c = Command{Args: []string{"cat"}, Env: []string{path}, Stdin: r}
	if _, out, _ := run(t, c); out != "piped" {
		t.Errorf("pipe: %q", out)
	}

	f.Close()
	for name, in := range map[string]*os.File{"none": nil, "closed": f} {
		c.Stdin = in
		if r, out, errs := run(t, c); out != "" || r.ExitCode != 0 {
			t.Errorf("%s: %q, %q, %+v", name, out, errs, r)
		}
	}
}

func TestDeathBySignal(t *testing.T) {
	for sig, want := range map[string]int{"KILL": 137, "SEGV": 139, "TERM": 143, "PIPE": 141} {
		r, _, _ := run(t, sh("kill -"+sig+" $$"))
		if r.ExitCode != want || r.Signal != "SIG"+sig || r.Cancelled != "" || !r.Started {
			t.Errorf("%s: %+v", sig, r)
		}
	}
}

// openFiles counts our descriptors.
func openFiles(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// Many short runs (more with -count) leave nothing behind, and none loses output.
func TestManyRuns(t *testing.T) {
	run(t, sh("true"))
	before := openFiles(t)
	dir := t.TempDir()
	for i := range 50 {
		c := sh("echo a; echo b >&2; exit 3")
		c.SpoolDir = dir
		r, out, errs := run(t, c)
		if r.ExitCode != 3 || out != "a\n" || errs != "b\n" || !r.Outputs[0].Complete || !r.Outputs[1].Complete {
			t.Fatalf("run %d: %q, %q, %+v", i, out, errs, r)
		}
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d descriptors were open, %d are", before, after)
	}
}
