//go:build linux && (amd64 || arm64)

package ptrace

import (
	"os/exec"
	"slices"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// TestChildEndsFirst: on a busy machine a child can have come and gone, as far
// as we are told, before its maker's stop is looked at. It is then no new one.
func TestChildEndsFirst(t *testing.T) {
	cmd := exec.Command("sh", "-c", "read x; (exit 5); read y")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	var told []trace.Message
	tr := newTracer(trace.HandlerFunc(func(m trace.Message) { told = append(told, m) }))
	done := make(chan error)
	go onOwnThread(func() {
		done <- func() error {
			if errno := request(unix.PTRACE_SEIZE, pid, 0, options); errno != 0 {
				return errno
			}
			tr.add(pid, &process{pid: pid})
			in.Write([]byte("\n"))
			made := awaitStop(pid)
			for int(made)>>16 == unix.PTRACE_EVENT_EXEC { // Start returns before the exec is done
				tr.stopped(pid, made)
				made = awaitStop(pid)
			}
			child, errno := eventMessage(pid)
			if errno != 0 {
				return errno
			}
			for state := unix.WaitStatus(0x7f); state.Stopped(); { // its first stop, and its end
				state = awaitStop(child)
				tr.stopped(child, state)
			}
			tr.stopped(pid, made)
			in.Close()
			return nil
		}()
	})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	kinds := []trace.Kind{}
	for _, m := range told {
		kinds = append(kinds, m.Kind)
	}
	kinds = slices.DeleteFunc(kinds, func(k trace.Kind) bool { return k == trace.Exec })
	if !slices.Equal(kinds, []trace.Kind{trace.Fork, trace.Exit}) || told[len(told)-1].Code != 5 {
		t.Errorf("told %+v, want one fork and one exit", told)
	}
	if len(tr.threads) != 1 {
		t.Errorf("%d threads are known, want that of the shell", len(tr.threads))
	}
}

func awaitStop(tid int) (state unix.WaitStatus) {
	for {
		if _, err := unix.Wait4(tid, &state, unix.WALL, nil); err != unix.EINTR {
			return state
		}
	}
}
