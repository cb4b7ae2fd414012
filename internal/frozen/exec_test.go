//go:build linux || darwin

package frozen

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain stands for the main of an importing program, which a frozen process
// must never reach.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Verb {
		fmt.Print("main ran")
		os.Exit(42)
	}
	os.Exit(m.Run())
}

// freeze starts a frozen process and waits until it is ready.
func freeze(t testing.TB, out io.Writer) (*exec.Cmd, *os.File) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fds[0])
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := &exec.Cmd{Path: self, Args: Arguments(self), Env: []string{}, Stdout: out, Stderr: out, ExtraFiles: []*os.File{theirs}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	said := make([]byte, len(Ready))
	if _, err := io.ReadFull(ours, said); err != nil || string(said) != Ready {
		t.Fatalf("the process said %q, %v", said, err)
	}
	t.Cleanup(func() { ours.Close() })
	return cmd, ours
}

// thaw tells it to become args and returns what came of it.
func thaw(t testing.TB, args, env []string) (Outcome, string, int) {
	t.Helper()
	var out bytes.Buffer
	cmd, sock := freeze(t, &out)
	m, err := Message(args, env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sock.Write(m); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(sock)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	return ParseOutcome(said), out.String(), cmd.ProcessState.ExitCode()
}

func TestSamePIDAndExactEnvironment(t *testing.T) {
	var out bytes.Buffer
	cmd, sock := freeze(t, &out)
	m, _ := Message([]string{"sh", "-c", "echo $$; exec env"}, []string{"PATH=/bin:/usr/bin", "GODEBUG=nonsense=1", "A=1"})
	sock.Write(m)
	io.Copy(io.Discard, sock)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err, out.String())
	}
	pid, env, _ := strings.Cut(out.String(), "\n")
	if pid != fmt.Sprint(cmd.Process.Pid) {
		t.Errorf("the command has PID %s, the frozen process had %d", pid, cmd.Process.Pid)
	}
	for _, want := range []string{"PATH=/bin:/usr/bin\n", "GODEBUG=nonsense=1\n", "A=1\n"} {
		if !strings.Contains(env, want) {
			t.Errorf("%q is missing in %q", want, env)
		}
	}
}

// The kernel hands duplicates and malformed entries on; so must we.
func TestEnvironmentDuplicates(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("needs /proc to see a raw environment")
	}
	env := []string{"PATH=/bin:/usr/bin", "A=1", "A=2", "", "odd", "LD_PRELOAD="}
	o, out, _ := thaw(t, []string{"cat", "/proc/self/environ"}, env)
	if want := strings.Join(env, "\x00") + "\x00"; !o.Started || out != want {
		t.Errorf("got %q (%+v), want %q", out, o, want)
	}
}

func TestLookup(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("a/plain", "echo a", 0o644)
	write("b/plain", "#!/bin/sh\necho b $1\n", 0o755)
	write("b/noshebang", "echo shell $0 $1\n", 0o755)
	write("b/binary", "\x7fELF\x00\x01\x02", 0o755)
	write("b/orphan", "#!/no/such/interpreter\n", 0o755)
	write("b/empty", "", 0o755)
	write("c/cmd/x", "", 0o644)
	path := "PATH=" + dir + "/a:" + dir + "/c:" + dir + "/b:/bin:/usr/bin"
	for _, c := range []struct {
		name, path string
		code       int
		out        string
	}{
		{"plain", path, 0, "b arg\n"},
		{"plain", "PATH=" + dir + "/a", 126, ""},
		{"cmd", path, 127, ""}, // a directory is not a command
		{dir + "/c/cmd", path, 126, ""},
		{dir + "/c", path, 126, ""},
		{"no-such", path, 127, ""},
		{"", path, 127, ""},
		{"/no/such", path, 127, ""},
		{dir + "/a/plain/x", path, 127, ""},
		{dir + "/a/plain", path, 126, ""},
		{"noshebang", path, 0, "shell " + dir + "/b/noshebang arg\n"},
		{"binary", path, 126, ""},
		{"orphan", path, 127, ""},
		{"empty", path, 0, ""},
		{"echo", "NOPATH=1", 0, "arg\n"}, // no PATH at all: the system's
		{"echo", "PATH=", 127, ""},       // an empty one: the working directory
	} {
		o, out, code := thaw(t, []string{c.name, "arg"}, []string{c.path})
		if code != c.code || out != c.out || (o.Started != (c.code == 0)) || (!o.Started && o.Code != c.code) {
			t.Errorf("%q in %s: exit %d, %q, %+v; want %d, %q", c.name, c.path, code, out, o, c.code, c.out)
		}
		if !o.Started && !strings.Contains(o.Reason, c.name) {
			t.Errorf("%q: the reason does not name it: %q", c.name, o.Reason)
		}
	}
}

func TestEmptyPathElementIsWorkingDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("here", []byte("#!/bin/sh\necho found\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"PATH=", "PATH=/no:", "PATH=:/no", "PATH=."} {
		if _, out, code := thaw(t, []string{"here"}, []string{path}); code != 0 || out != "found\n" {
			t.Errorf("%s: exit %d, %q", path, code, out)
		}
	}
}

func TestTooLong(t *testing.T) {
	o, _, code := thaw(t, []string{"/bin/echo", strings.Repeat("x", 3<<20)}, nil)
	if code != 126 || o.Started || o.Code != 126 || !strings.Contains(o.Reason, syscall.E2BIG.Error()) {
		t.Errorf("exit %d, %+v", code, o)
	}
}

func TestParentGone(t *testing.T) {
	m, _ := Message([]string{"sh", "-c", "echo ran"}, []string{"PATH=/bin:/usr/bin"})
	for name, part := range map[string][]byte{"nothing": nil, "header": m[:5], "half": m[:len(m)-3], "noise": []byte("xxxxxxxxxx")} {
		var out bytes.Buffer
		cmd, sock := freeze(t, &out)
		sock.Write(part)
		sock.Close()
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != ExitAbandoned || out.Len() != 0 {
			t.Errorf("%s: exit %d, output %q", name, code, out.String())
		}
	}
}

// Whoever types the verb gets the program's own main.
func TestOnlyWithSocket(t *testing.T) {
	self, _ := os.Executable()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for name, extra := range map[string][]*os.File{"none": nil, "pipe": {r}} {
		cmd := &exec.Cmd{Path: self, Args: Arguments(self), ExtraFiles: extra}
		out, _ := cmd.Output()
		if string(out) != "main ran" || cmd.ProcessState.ExitCode() != 42 {
			t.Errorf("%s: %q, exit %d", name, out, cmd.ProcessState.ExitCode())
		}
	}
}

func BenchmarkTrue(b *testing.B) {
	self, _ := os.Executable()
	b.Run("frozen", func(b *testing.B) {
		for b.Loop() {
			if o, _, code := thaw(b, []string{"true"}, []string{"PATH=/bin:/usr/bin"}); !o.Started || code != 0 {
				b.Fatal(o)
			}
		}
	})
	// A bare start of the same program, which ends in its main.
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			(&exec.Cmd{Path: self, Args: []string{self, Verb}}).Run()
		}
	})
	b.Run("direct", func(b *testing.B) {
		for b.Loop() {
			exec.Command("true").Run()
		}
	})
}
