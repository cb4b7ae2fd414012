package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// drain is how long the output of a process is waited for when it has ended and
// something that it left behind keeps it open (ProcessInvoker.cs).
const drain = 5 * time.Second

// children starts the processes of the action, one at a time, and passes the
// signals on that ask us to stop.
type children struct {
	stdout, stderr *lineEnds

	mu        sync.Mutex
	current   *os.Process
	cancelled os.Signal // the first one, or nil
	done      chan struct{}
}

func newChildren(stdout, stderr io.Writer) *children {
	return &children{stdout: &lineEnds{to: stdout}, stderr: &lineEnds{to: stderr}, done: make(chan struct{})}
}

// signal passes a signal on to what runs now. As the runner does, it reaches the
// one process that was started and not those below it (ProcessInvoker.cs).
func (c *children) signal(s os.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancelled == nil {
		c.cancelled = s
		close(c.done)
	}
	if c.current != nil {
		_ = c.current.Signal(s) // it may have ended just now
	}
}

// wasCancelled reports whether we were asked to stop.
func (c *children) wasCancelled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cancelled != nil
}

// cancelCode is the exit code of a run that was asked to stop and in which no
// process has one: 128+n, as a shell says it.
func (c *children) cancelCode() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.cancelled.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return 1
}

// process is one to start.
type process struct {
	late bool // whether it runs at all was decided when we had been asked to stop
	path string
	args []string // without the program's name
	env  []string
	dir  string
	says *commandReader // reads the output on its way out
	// Where its output goes instead of the step's, unread.
	stdout, stderr io.Writer
}

// cannotStart and notFound are what a shell answers.
const (
	notFound    = 127
	cannotStart = 126
)

// run starts a process and returns its exit code, 128+n for a signal. The error
// says why it could not be started, or why its output is short.
func (c *children) run(p process) (int, error) {
	// Not exec.CommandContext: who ends it is up to the signals that we get.
	cmd := &exec.Cmd{Path: p.path, Args: append([]string{p.path}, p.args...), Env: p.env, Dir: p.dir, WaitDelay: drain}
	stdout, stderr := p.says.filter(&ownLines{of: c.stdout}), p.says.filter(&ownLines{of: c.stderr})
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if p.stdout != nil {
		cmd.Stdout = p.stdout
	}
	if p.stderr != nil {
		cmd.Stderr = p.stderr
	}
	p.says.unsecure, _ = strconv.ParseBool(strings.ToLower(strings.TrimSpace(valueOf(p.env, "ACTIONS_ALLOW_UNSECURE_COMMANDS"))))
	if err := c.start(cmd, p.late); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return notFound, fmt.Errorf("start %s: %w", p.path, err)
		}
		return cannotStart, fmt.Errorf("start %s: %w", p.path, err)
	}
	err := cmd.Wait()
	c.mu.Lock()
	c.current = nil
	c.mu.Unlock()
	if errs := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = errs
	}
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return cmd.ProcessState.ExitCode(), nil
	case errors.As(err, &exit):
		return exitCode(exit.ProcessState), nil
	}
	return exitCode(cmd.ProcessState), fmt.Errorf("pass on the output of %s: %w", p.path, err)
}

// start passes on a signal that came since it was decided that the process runs.
func (c *children) start(cmd *exec.Cmd, late bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	c.current = cmd.Process
	if c.cancelled != nil && !late {
		_ = c.current.Signal(c.cancelled)
	}
	return nil
}

func exitCode(s *os.ProcessState) int {
	if s == nil {
		return 1
	}
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	if s.ExitCode() < 0 {
		return 1
	}
	return s.ExitCode()
}

// context ends when we are asked to stop.
func (c *children) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
