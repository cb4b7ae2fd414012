//go:build linux && (amd64 || arm64)

package ptrace

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// resolved is a program's path without symbolic links.
func resolved(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScriptAndLink(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/script", []byte("#!/bin/sh -e\nexit $2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("script", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	s := start(t, &exec.Cmd{Dir: dir}, "sh", "-c", "./script a 0; ./link a 0; /bin/sh "+dir+"/script b 0; true")
	r := s.finish(t)
	r.sound(t)
	var got []string
	for _, m := range r.find(trace.Exec)[1:] {
		got = append(got, m.Path+" "+m.Script+" "+m.Name+" "+strings.Join(m.Args, " "))
	}
	sh := resolved(t, "sh")
	want := []string{
		sh + " " + dir + "/script ./script /bin/sh -e ./script a 0",
		sh + " " + dir + "/script ./link /bin/sh -e ./link a 0",
		sh + "  /bin/sh /bin/sh " + dir + "/script b 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestArgumentsAreCut(t *testing.T) {
	long := strings.Repeat("x", 3000)
	r := run(t, append([]string{"true"}, slices.Repeat([]string{"a"}, 100)...)...)
	if m := r.one(t, trace.Exec); len(m.Args) != trace.MaxArgs || m.Marks != trace.ArgsCut {
		t.Errorf("of many, %d arguments, marks %d", len(m.Args), m.Marks)
	}
	r = run(t, "true", "", long, long)
	m := r.one(t, trace.Exec)
	if size := len(strings.Join(m.Args, " ")); size > trace.MaxArg || len(m.Args) != 4 || m.Marks != trace.ArgsCut || m.Args[1] != "" {
		t.Errorf("of long ones, %d bytes in %d, marks %d", size, len(m.Args), m.Marks)
	}
	r = run(t, "true", "", "")
	if m := r.one(t, trace.Exec); !slices.Equal(m.Args, []string{"true", "", ""}) || m.Marks != 0 {
		t.Errorf("empty ones: %q", m.Args)
	}
}

func TestExecByAThread(t *testing.T) {
	r := run(t, program(t, "calls"), "thread-exec", resolved(t, "true"))
	r.sound(t)
	if !r.state.Success() || len(r.find(trace.Fork)) != 1 || len(r.find(trace.Exit)) != 1 {
		t.Errorf("%v, threads are no processes:\n%s", r.state, r.dump())
	}
	m := r.find(trace.Exec)[1]
	if m.PID != r.pid || m.Marks != trace.InAThread || m.Path != resolved(t, "true") || m.Args[0] != "from-a-thread" {
		t.Errorf("the exec: %+v", m)
	}
	if last := r.messages[len(r.messages)-1]; last.Kind != trace.Exit || last.PID != r.pid {
		t.Errorf("the end: %+v", last)
	}
}

func TestExecOfMemory(t *testing.T) {
	r := run(t, program(t, "calls"), "fexec", resolved(t, "true"))
	r.sound(t)
	m := r.find(trace.Exec)[1]
	if m.Path != "/memfd:sneaky" || m.Marks != trace.Memfd || !strings.HasPrefix(m.Name, "/dev/fd/") || m.Args[0] != "quiet" {
		t.Errorf("the exec: %+v", m)
	}
	call := r.one(t, trace.Syscall, func(m trace.Message) bool { return m.Op == "execveat" })
	if call.Target != "/memfd:sneaky (deleted)" {
		t.Errorf("execveat of %q", call.Target)
	}
}

func TestExecOfWhatIsDeleted(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("cp %s %s/gone && exec 5<%s/gone && rm %s/gone && exec /proc/self/fd/5 0", resolved(t, "sleep"), dir, dir, dir)
	r := run(t, "sh", "-c", script)
	r.sound(t)
	found := r.find(trace.Exec, onPath(dir+"/gone"))
	if len(found) != 1 || found[0].Marks != trace.Deleted || found[0].Name != "/proc/self/fd/5" {
		t.Errorf("%+v\n%s%s", found, r.dump(), r.out)
	}
}

func TestVfork(t *testing.T) {
	r := run(t, program(t, "calls"), "vfork", resolved(t, "true"))
	r.sound(t)
	child := r.find(trace.Fork)[1]
	if child.Parent != r.pid || r.one(t, trace.Exec, by(child.PID)).Path != resolved(t, "true") {
		t.Errorf("the child: %+v", child)
	}
}

func TestDaemon(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "daemon")
	r.sound(t)
	made := r.one(t, trace.Open, onPath(dir+"/daemon"))
	daemon := r.one(t, trace.Fork, by(made.PID))
	between := r.one(t, trace.Fork, by(daemon.Parent))
	if between.Parent != r.pid {
		t.Errorf("%+v made by %+v, and the root is %d", daemon, between, r.pid)
	}
	if len(r.find(trace.Exit)) != 3 {
		t.Errorf("ends: %+v", r.find(trace.Exit))
	}
}

func TestFirstThreadEndsFirst(t *testing.T) {
	r, dir := in(t, program(t, "calls"), "leaderless")
	r.sound(t)
	if r.state.ExitCode() != 42 || r.one(t, trace.Exit).Code != 42 {
		t.Errorf("%v %s", r.state, r.dump())
	}
	if m := r.find(trace.Open, onPath(dir+"/first-is-gone"), func(m trace.Message) bool { return m.Marks == trace.InAThread }); len(m) != 1 {
		t.Errorf("the other thread's open: %+v", m)
	}
}
