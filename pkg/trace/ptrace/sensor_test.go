//go:build linux && (amd64 || arm64)

package ptrace

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// onPath is a condition on a message.
func onPath(want string) func(trace.Message) bool {
	return func(m trace.Message) bool { return m.Path == want }
}

func by(pid int) func(trace.Message) bool {
	return func(m trace.Message) bool { return m.PID == pid }
}

// one asserts that exactly one message is such, and returns it.
func (r traced) one(t *testing.T, kind trace.Kind, where ...func(trace.Message) bool) trace.Message {
	t.Helper()
	found := r.find(kind, where...)
	if len(found) != 1 {
		t.Fatalf("%d messages of kind %s, want 1: %+v\n%s%s", len(found), kind, found, r.dump(), r.out)
	}
	return found[0]
}

func TestProcessesAndFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := run(t, "sh", "-c", "cat "+file+" /proc/self/environ >"+dir+"/new; cat "+dir+"/none; kill -9 $$")
	r.sound(t)

	root := r.find(trace.Fork)[0]
	if root.PID != r.pid || root.Parent != os.Getpid() {
		t.Errorf("the root is %+v, child of %d", root, os.Getpid())
	}
	sh := r.one(t, trace.Exec, by(r.pid))
	if sh.Args[1] != "-c" || sh.Comm != "sh" || sh.UID != uint32(os.Geteuid()) || !strings.HasPrefix(sh.Path, "/") || sh.Ino == 0 {
		t.Errorf("the shell: %+v", sh)
	}
	if wd, _ := os.Getwd(); sh.Cwd != wd {
		t.Errorf("it runs in %s, want %s", sh.Cwd, wd)
	}
	read := r.one(t, trace.Open, onPath(file))
	if fork := r.one(t, trace.Fork, by(read.PID)); read.Access != trace.Read || read.Name != "" || fork.Parent != r.pid {
		t.Errorf("the read %+v by %+v", read, fork)
	}
	if made := r.one(t, trace.Open, onPath(dir+"/new")); made.Access != trace.Write|trace.Create|trace.Truncate || made.PID != r.pid {
		t.Errorf("the new file: %+v", made)
	}
	env := r.one(t, trace.Open, func(m trace.Message) bool { return strings.HasSuffix(m.Path, "/environ") })
	if env.Name != "/proc/self/environ" || env.Path != "/proc/"+itoa(read.PID)+"/environ" {
		t.Errorf("the environment: %+v", env)
	}
	if r.account.NotFound == 0 || len(r.find(trace.Open, onPath(dir+"/none"))) != 0 {
		t.Errorf("what is not there is counted, not told: %+v", r.account)
	}
	if end := r.one(t, trace.Exit, by(r.pid)); end.Signal != 9 || end.Code != 0 {
		t.Errorf("the end: %+v", end)
	}
	if end := r.find(trace.Exit); end[1].Code != 1 {
		t.Errorf("cat of what is not there: %+v", end[1])
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
