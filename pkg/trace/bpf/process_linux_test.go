//go:build amd64 || arm64

package bpf

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// pick returns the messages of one kind.
func pick(all []trace.Message, kind trace.Kind) []trace.Message {
	var some []trace.Message
	for _, m := range all {
		if m.Kind == kind {
			some = append(some, m)
		}
	}
	return some
}

func TestEveryProcessStartsAndEndsOnce(t *testing.T) {
	for name, test := range map[string]struct {
		args      []string
		processes int
	}{
		"children":        {[]string{"sh", "-c", "true; /bin/true; (exit 3)"}, 3},
		"daemon":          {[]string{"sh", "-c", `setsid sh -c '(/bin/true; exit 0) & exit 0'; exit 3`}, 4},
		"pid namespace":   {[]string{"sh", "-c", "unshare -fp sh -c '/bin/true; exit 0'; exit 3"}, 4},
		"killed":          {[]string{"sh", "-c", `sh -c 'kill -9 $$'; exit 3`}, 2},
		"not by a leader": {[]string{"sh", "-c", strings.Join(trick(t, "exec"), " ") + "; exit 3"}, 2},
		"threads":         {[]string{"sh", "-c", strings.Join(trick(t, "threads"), " ") + "; exit 3"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			all, account := record(t, test.args...)
			alive := make(map[int]bool)
			var root trace.Message
			for _, m := range all {
				switch {
				case m.Kind == trace.Fork:
					if alive[m.PID] || len(alive) != 0 && !alive[m.Parent] {
						t.Errorf("process %d of %d is made at a time when %v are alive", m.PID, m.Parent, alive)
					}
					alive[m.PID] = true
				case !alive[m.PID]:
					t.Errorf("process %d is not alive: %s", m.PID, describe(m))
				case m.Kind == trace.Exit:
					delete(alive, m.PID)
					if m.PID == all[0].PID {
						root = m
					}
				}
			}
			if n := len(pick(all, trace.Fork)); n != test.processes || len(alive) != 0 || len(account.Survivors) != 0 {
				t.Errorf("%d processes instead of %d, %v without an end, survivors %v", n, test.processes, alive, account.Survivors)
			}
			if root.Code != 3 {
				t.Errorf("the root ended as %s", describe(root))
			}
			if name == "killed" {
				lacks(t, all, "exit code 0 signal 9")
			}
		})
	}
}

// TestInANamespace watches from within a PID namespace, where the numbers are
// other ones than the kernel's own.
func TestInANamespace(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("unshare", "--fork", "--pid", "--mount-proc", self, "-test.run", "^TestEvery|^TestSurvivors|^TestTricks/susp").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestPrograms(t *testing.T) {
	dir := t.TempDir()
	all, _ := record(t, "sh", "-c", `cd $1; printf '#!/bin/sh\nexit 0\n' >s; chmod +x s; ./s one two; cp /bin/true $1/a; ln a b; ln -s b c; $1/c`, "sh", dir)
	lacks(t, all, "exec "+real(t, "/bin/sh")+" script "+dir+"/s", "exec "+dir+"/b as "+dir+"/c")
	for _, m := range pick(all, trace.Exec) {
		if m.Script == dir+"/s" && !slices.Equal(m.Args, []string{"/bin/sh", "./s", "one", "two"}) || m.Comm == "" || m.Dev == 0 || m.Ino == 0 || m.Time == 0 {
			t.Errorf("%+v", m)
		}
		if m.Script != "" && m.Cwd != dir {
			t.Errorf("the script runs in %s, not in %s", m.Cwd, dir)
		}
	}
	all, _ = record(t, trick(t, "memfd")...)
	lacks(t, all, "exec /memfd:sneaky as /proc/self/fd/N [memfd]", "call memfd_create -> sneaky")
	all, _ = record(t, trick(t, "execveat")...)
	lacks(t, all, "exec "+real(t, "/bin/true")+" as /dev/fd/N", "call execveat -> "+real(t, "/bin/true"))
}

func TestArgumentsAreBounded(t *testing.T) {
	all, _ := record(t, append([]string{"true"}, slices.Repeat([]string{"argument"}, 100)...)...)
	execs := pick(all, trace.Exec)
	if m := execs[len(execs)-1]; len(m.Args) != trace.MaxArgs || m.Marks&trace.ArgsCut == 0 {
		t.Errorf("%d arguments, marks %b", len(m.Args), m.Marks)
	}
	all, _ = record(t, "true", strings.Repeat("x", 2*trace.MaxArg))
	execs = pick(all, trace.Exec)
	if m := execs[len(execs)-1]; len(m.Args) != 2 || len(m.Args[1]) > trace.MaxArg || m.Marks&trace.ArgsCut == 0 {
		t.Errorf("%d arguments, marks %b", len(m.Args), m.Marks)
	}
}

func TestSurvivorsAreListed(t *testing.T) {
	w, k := freeze(t, "sh", "-c", "sleep 1000 >/dev/null & echo $!"), &keep{}
	s := arm(t, trace.Options{PID: w.cmd.Process.Pid, Handler: k})
	pid, err := strconv.Atoi(strings.TrimSpace(w.thaw(t)))
	if err != nil {
		t.Fatal(err)
	}
	account := stop(t, s)
	if !slices.Equal(account.Survivors, []int{pid}) {
		t.Errorf("survivors %v instead of %d", account.Survivors, pid)
	}
	syscall.Kill(pid, syscall.SIGKILL)
}
