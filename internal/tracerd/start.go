package tracerd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/org/cilock-action/internal/frozen"
	"github.com/org/cilock-action/pkg/trace"
)

// Options say what to watch, and how. Self, PID, Prepare and LeaveOut are
// required.
type Options struct {
	Self     string // path of this program
	Backend  string // Auto (the zero value too), EBPF or Ptrace
	PID      int    // of the frozen process, a child of ours
	Prepare  func(frozen.Preparation) error
	LeaveOut func(pid int) // says that a child of ours is not the step's
	Handler  trace.Handler // gets every message, from one goroutine, until Stop returns
}

// NotWatched is the error of Start: why each way that was tried failed. It
// wraps errors.ErrUnsupported if this machine can do none of them.
type NotWatched struct{ Reasons []string }

func (e *NotWatched) Error() string { return strings.Join(e.Reasons, "; ") }

// Unwrap is errors.ErrUnsupported: whatever the reason, nothing is watched, and
// the step runs all the same.
func (e *NotWatched) Unwrap() error { return errors.ErrUnsupported }

// Start arms the best tracer that this machine allows. Auto tries eBPF, with
// sudo if need be, and then ptrace; a backend that was named is the only one
// tried.
func Start(ctx context.Context, o Options) (*Watch, error) {
	start, err := startTime(o.PID)
	if err != nil {
		return nil, &NotWatched{[]string{err.Error()}}
	}
	var reasons []string
	var sudo sudoState
	for _, try := range attempts(o.Backend) {
		if reason := try.refused(sudo); reason != "" {
			reasons = append(reasons, try.backend+": "+reason)
			continue
		}
		w, err := launch(ctx, o, try, order{Backend: try.backend, PID: o.PID, Start: start})
		if err == nil {
			w.reasons = reasons
			return w, nil
		}
		if try.sudo {
			sudo.tried, sudo.works = true, !errors.Is(err, errNoHello) || !errors.Is(err, errSilent) && sudoGrants(ctx, o)
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", try, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &NotWatched{reasons}
}

// attempt is one way to start a tracer.
type attempt struct {
	backend string
	sudo    bool
}

func (a attempt) String() string {
	if a.sudo {
		return a.backend + " with sudo"
	}
	return a.backend
}

// sudoState is what has been learned of sudo: whether it does anything for us
// without a password.
type sudoState struct{ tried, works bool }

// attempts lists what to try, best first. eBPF needs rights: ours, or root's.
// Whoever is root has them already, as far as they can be had.
func attempts(backend string) []attempt {
	ebpf := attempt{EBPF, !privileged() && os.Geteuid() != 0 && sudoPath() != ""}
	switch backend {
	case EBPF:
		return []attempt{ebpf}
	case Ptrace:
		return []attempt{{Ptrace, false}}
	}
	return []attempt{ebpf, {Ptrace, false}}
}

// refused is why an attempt is not made although it could be. The filter that
// ptrace needs takes setuid programs their privilege; where sudo works the step
// may well use it, and must find it as it is.
func (a attempt) refused(sudo sudoState) string {
	if a.backend == Ptrace && sudo.tried && sudo.works {
		return "it would take sudo from the step (no_new_privs): ask for ptrace by name if the step does without"
	}
	return ""
}

// sudoGrants reports whether there are commands that we may run with sudo and
// no password, ours not being one of them: without one, sudo does not even list
// (listpw of sudoers(5) is "any" by default).
func sudoGrants(ctx context.Context, o Options) bool {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	cmd := exec.Command(sudoPath(), "-n", "-l")
	cmd.Env, cmd.Dir, cmd.SysProcAttr = sudoEnv(), "/", ownSession()
	if cmd.Start() != nil {
		return false
	}
	o.LeaveOut(cmd.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err == nil
	case <-ctx.Done():
		cmd.Process.Kill() // as far as it is ours; it is not waited for
		return false
	}
}

// sudoEnv is the environment of sudo and the tracer.
func sudoEnv() []string { return []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"} }

// sudoPath is where sudo is, or empty. The PATH is not asked: an earlier step
// may have changed it.
func sudoPath() string {
	for _, path := range []string{"/usr/bin/sudo", "/bin/sudo", "/usr/local/bin/sudo"} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
