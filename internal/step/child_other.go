//go:build !linux && !darwin

package step

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/org/cilock-action/internal/frozen"
)

// child is the process that is, or will be, the command. Here it cannot be
// frozen and is started by thaw.
type child struct {
	proc  *os.Process
	cmd   *Command
	files [3]*os.File

	outcome chan frozen.Outcome // buffered: once, after thaw
	ended   chan struct{}       // closed when the process has ended
	state   *os.ProcessState    // after ended
}

func newChild(ctx context.Context, c *Command, files [3]*os.File, _ placement) (*child, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c.Dir != "" {
		if _, err := os.ReadDir(c.Dir); err != nil {
			return nil, err
		}
	}
	return &child{cmd: c, files: files, outcome: make(chan frozen.Outcome, 1), ended: make(chan struct{})}, nil
}

func (c *child) pid() int {
	if c.proc == nil {
		return 0
	}
	return c.proc.Pid
}

// prepare is for a process that exists.
func (c *child) prepare(frozen.Preparation) error { return frozen.Supported() }

func (c *child) thaw() error {
	path, err := c.find()
	if err == nil {
		c.proc, err = os.StartProcess(path, c.cmd.Args, &os.ProcAttr{
			Dir: c.cmd.Dir, Env: c.cmd.Env, Files: c.files[:],
		})
	}
	if err != nil {
		code := frozen.ExitNotExecutable
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
			code = frozen.ExitNotFound
		}
		c.outcome <- frozen.Outcome{Code: code, Reason: err.Error()}
		close(c.ended)
		return nil // as elsewhere: the command's failure, not ours
	}
	c.outcome <- frozen.Outcome{Started: true}
	go func() {
		c.state, _ = c.proc.Wait()
		close(c.ended)
	}()
	return nil
}

// find resolves the name in the command's own PATH.
func (c *child) find() (string, error) {
	name := c.cmd.Args[0]
	if strings.ContainsAny(name, `/\`) {
		if c.cmd.Dir != "" && !filepath.IsAbs(name) {
			name = filepath.Join(c.cmd.Dir, name)
		}
		return exec.LookPath(name)
	}
	for _, kv := range c.cmd.Env {
		k, v, _ := strings.Cut(kv, "=")
		if !strings.EqualFold(k, "PATH") {
			continue
		}
		for _, dir := range filepath.SplitList(v) {
			if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

func (c *child) abandon() {}

func (c *child) reap() *os.ProcessState { return c.state }

func readNow(*os.File, []byte) (int, error) { return 0, errors.ErrUnsupported }

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

func growPipe(*os.File) {}

// placement: there are no process groups to choose.
type placement struct{ session bool }

func choosePlacement(*os.File) placement { return placement{} }

// send: only SIGKILL exists here. A request to end is that too, after
// Timings.Kill; a console has told the command of ^C itself.
func (placement) send(*child, syscall.Signal, bool) {}

func (placement) kill(c *child) { c.proc.Kill() }

const sigCont = syscall.Signal(0)

func isCancel(s os.Signal) bool {
	return s == os.Interrupt || s == syscall.SIGTERM
}

func signalName(s syscall.Signal) string {
	switch s {
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGTERM:
		return "SIGTERM"
	}
	return s.String()
}

// Signals is what a program gives to [Process.Wait]: a channel of every signal
// that asks it to stop.
func Signals() (c <-chan os.Signal, stop func()) {
	ch := make(chan os.Signal, 16)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	return ch, func() { signal.Stop(ch) }
}

func guardWrites() (stop func()) { return func() {} }

func exitOf(st *os.ProcessState) (code int, sig string) { return st.ExitCode(), "" }

// terminal: the command inherits the console, so none is made.
type terminal struct {
	master, slave, in *os.File
	resizes           chan os.Signal
}

func isTerminal(any) bool { return false }

func openTerminal(*os.File, *os.File) (*terminal, error) { return nil, errors.ErrUnsupported }

func (*terminal) attach() error { return nil }
func (*terminal) raw()          {}
func (*terminal) resize()       {}
func (*terminal) hangUp()       {}
func (*terminal) detach()       {}
