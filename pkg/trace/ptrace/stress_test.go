//go:build linux && (amd64 || arm64)

package ptrace

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// times is how often a stress test repeats.
func times(n int) int {
	if testing.Short() {
		return n / 20
	}
	return n
}

func TestGoVersionManyTimes(t *testing.T) {
	for range times(200) {
		r := run(t, "go", "version")
		r.sound(t)
		if !r.state.Success() || !strings.HasPrefix(r.out, "go version") {
			t.Fatalf("%v %s", r.state, r.out)
		}
	}
}

func TestPipelineManyTimes(t *testing.T) {
	for range times(100) {
		r := run(t, "sh", "-c", "seq 1000 | cat | cat | cat | cat | cat | cat | wc -l")
		r.sound(t)
		if !r.state.Success() || r.out != "1000\n" {
			t.Fatalf("%v %s", r.state, r.out)
		}
	}
}

func TestForkStorm(t *testing.T) {
	r := run(t, "sh", "-c", "for i in $(seq 500); do (true) & done; for i in $(seq 100); do /bin/true & done; wait; exit 3")
	r.sound(t)
	if forks, ends := len(r.find(trace.Fork)), len(r.find(trace.Exit)); forks != 603 || ends != 603 || r.state.ExitCode() != 3 {
		t.Errorf("%d made, %d ended, %v", forks, ends, r.state)
	}
}

// TestThreadStorm: threads and children are made while the first thread, or one
// of several others at once, does an exec.
func TestThreadStorm(t *testing.T) {
	storm := program(t, "storm")
	rounds := times(100)
	r := run(t, storm, strconv.Itoa(rounds))
	r.closed(t)
	if execs := len(r.find(trace.Exec, by(r.pid))); execs != rounds+1 || r.state.ExitCode() != 12 {
		t.Errorf("%d of %d execs, %v %s", execs, rounds+1, r.state, r.out)
	}
	if forks, ends := len(r.find(trace.Fork)), len(r.find(trace.Exit)); forks != ends {
		t.Errorf("%d made, %d ended", forks, ends)
	}
}

// TestGreedyThread: a thread that is always the first to stop again does not
// keep the others from being served.
func TestGreedyThread(t *testing.T) {
	var some, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &some); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if some.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	runtime.LockOSThread() // ends with the test; the children have its processor
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	r := run(t, program(t, "greedy"))
	if r.state.ExitCode() == 77 && os.Getuid() != 0 {
		t.Skip("only with CAP_SYS_NICE: ", r.out)
	}
	r.sound(t)
	if !r.state.Success() {
		t.Errorf("the first thread did not come to its end: %v %s", r.state, r.out)
	}
}

// TestUsurpedLeader: an exec by a second thread, at whatever point of a call the
// first one is, is neither lost nor made a gap of.
func TestUsurpedLeader(t *testing.T) {
	const processes, execs = 150, 8
	r := run(t, program(t, "usurp"), strconv.Itoa(processes), strconv.Itoa(execs))
	r.sound(t)
	if !r.state.Success() {
		t.Errorf("%v %s", r.state, r.out)
	}
	if got, want := len(r.find(trace.Exec)), 1+processes*(1+execs); got != want {
		t.Errorf("%d execs, want %d", got, want)
	}
}

func TestGoBuild(t *testing.T) {
	for range 3 {
		s := start(t, &exec.Cmd{Dir: packages(t, 5)}, "go", "build", "./...")
		r := s.finish(t)
		r.sound(t)
		if !r.state.Success() {
			t.Fatal(r.state, r.out)
		}
	}
}

// TestKilledAtRandom stops, continues and kills whatever is there, and then
// the rest: all of it has to end.
func TestKilledAtRandom(t *testing.T) {
	for range max(times(20), 2) {
		like := &exec.Cmd{SysProcAttr: &syscall.SysProcAttr{Setpgid: true}}
		s := start(t, like, "sh", "-c", "while :; do (true & seq 100 | cat | wc -l; cat /etc/hostname) >/dev/null & seq 10 | wc -l >/dev/null; done")
		group := s.root.Process.Pid
		for range 300 {
			pids := members(t, group)
			if len(pids) < 2 {
				continue
			}
			pid := pids[1+rand.IntN(len(pids)-1)]
			_ = unix.Kill(pid, []unix.Signal{unix.SIGKILL, unix.SIGSTOP, unix.SIGCONT, unix.SIGTERM}[rand.IntN(4)])
		}
		for _, signal := range []unix.Signal{unix.SIGSTOP, unix.SIGCONT, unix.SIGKILL} {
			if err := unix.Kill(-group, signal); err != nil {
				t.Fatal(err)
			}
		}
		r := s.finish(t)
		if len(r.account.Survivors) > 0 { // of its group, on their way out
			_ = unix.Kill(-group, unix.SIGKILL)
			_ = r.tracer.Wait()
		}
		r.closed(t)
		if forks, ends := len(r.find(trace.Fork)), len(r.find(trace.Exit)); forks != ends+len(r.account.Survivors) {
			t.Errorf("%d made, %d ended, %d alive: %q", forks, ends, len(r.account.Survivors), r.account.Gaps)
		}
		if end := r.one(t, trace.Exit, by(group)); end.Signal != int(unix.SIGKILL) {
			t.Errorf("the root's end: %+v", end)
		}
	}
}

// members lists the processes of a group, the first of it first.
func members(t *testing.T, group int) []int {
	t.Helper()
	names, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	pids := []int{group}
	for _, name := range names {
		pid := atoi(name.Name())
		if pid == 0 || pid == group {
			continue
		}
		if of, err := unix.Getpgid(pid); err == nil && of == group {
			pids = append(pids, pid)
		}
	}
	return pids
}
