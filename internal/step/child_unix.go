//go:build linux || darwin

package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/org/cilock-action/internal/frozen"
)

// child is the process that is, or will be, the command.
type child struct {
	proc    *os.Process
	socket  *os.File // our end, see package frozen
	message []byte   // the order to go
	refused error    // there is no such message
	ready   time.Duration

	outcome chan frozen.Outcome // buffered: once, after thaw
	ended   chan struct{}       // closed when the process has ended
	state   *os.ProcessState    // after ended, if it has been reaped already
}

// newChild starts the frozen process on files (0, 1 and 2 of the command).
func newChild(ctx context.Context, c *Command, files [3]*os.File, where placement) (*child, error) {
	if err := checkDir(c.Dir); err != nil {
		return nil, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	ch := &child{socket: ours, ready: c.Timings.Ready, outcome: make(chan frozen.Outcome, 1), ended: make(chan struct{})}
	ch.message, ch.refused = frozen.Message(c.Args, c.Env)

	self, argv0 := c.Self, c.Self
	if self == "" {
		if argv0, err = os.Executable(); err != nil {
			ours.Close()
			return nil, fmt.Errorf("find our own program: %w", err)
		}
		self = argv0
		if runtime.GOOS == "linux" {
			self = "/proc/self/exe" // still there after an upgrade in place
			if _, err := os.Stat(self); err != nil {
				self = argv0
			}
		}
	}
	low, err := callersFiles()
	if err != nil {
		ours.Close()
		return nil, err
	}
	list := append(append([]*os.File{files[0], files[1], files[2]}, low...), theirs)
	ch.proc, err = os.StartProcess(self, frozen.ArgumentsFD(argv0, len(list)-1), &os.ProcAttr{
		Dir: c.Dir,
		// Not nil, which would be our environment. The command's own travels in
		// the message.
		Env:   []string{},
		Files: list,
		Sys:   where.attr(),
	})
	for _, f := range low {
		f.Close()
	}
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("start the frozen process: %w", err)
	}
	theirs.Close() // so that its death is the end of the socket
	go func() {
		ch.state = awaitEnd(ch.proc)
		close(ch.ended)
	}()
	if err := ch.awaitReady(ctx); err != nil {
		ch.abandon()
		return nil, fmt.Errorf("start the frozen process: %w", err)
	}
	return ch, nil
}

// callersFiles duplicates the descriptors from 3 on that our caller opened for
// the command, up to the first that it did not: a list that is given to a new
// process replaces those, and leaves higher ones alone. Make's jobserver, for
// one, is 3 and 4. What this program opened itself is marked close-on-exec.
func callersFiles() (list []*os.File, err error) {
	for fd := frozen.FD; fd < frozen.MaxFD; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			break
		}
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			for _, f := range list {
				f.Close()
			}
			return nil, fmt.Errorf("keep descriptor %d for the command: %w", fd, err)
		}
		list = append(list, os.NewFile(uintptr(dup), "descriptor "+strconv.Itoa(fd)))
	}
	return list, nil
}

// checkDir names the working directory in the error; the fork would name us.
func checkDir(dir string) error {
	if dir == "" {
		return nil
	}
	st, err := os.Stat(dir)
	if err == nil && !st.IsDir() {
		err = &os.PathError{Op: "chdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if err != nil {
		return fmt.Errorf("enter the working directory: %w", err)
	}
	return nil
}

func socketPair() (ours, theirs *os.File, err error) {
	// Between the two calls no other goroutine may fork; Linux could do it in
	// one call, Darwin cannot.
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil { // for deadlines
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "frozen"), os.NewFile(uintptr(fds[1]), "frozen"), nil
}

func (c *child) awaitReady(ctx context.Context) error {
	if err := c.socket.SetReadDeadline(time.Now().Add(c.ready)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.socket.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	said := make([]byte, len(frozen.Ready))
	if _, err := io.ReadFull(c.socket, said); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("wait for it to be ready: %w", err)
	}
	if string(said) != frozen.Ready {
		return fmt.Errorf("it said %q instead of %q", said, frozen.Ready)
	}
	return ctx.Err() // it may have won the race
}

func (c *child) pid() int { return c.proc.Pid }

// thaw gives the order. What comes of it arrives in outcome.
func (c *child) thaw() error {
	if c.refused != nil {
		// As the kernel would have refused it.
		c.outcome <- frozen.Outcome{Code: frozen.ExitNotExecutable, Reason: "exec: " + c.refused.Error()}
		c.socket.Close()
		return c.refused
	}
	c.socket.SetReadDeadline(time.Time{})
	c.socket.SetWriteDeadline(time.Now().Add(c.ready))
	_, err := c.socket.Write(c.message)
	c.message = nil
	if err != nil {
		// Half an order is none, and a process that does not take it may be
		// stopped for good.
		c.socket.Close()
		c.proc.Kill()
	}
	go func() {
		defer c.socket.Close()
		said, _ := io.ReadAll(io.LimitReader(c.socket, frozen.MaxOutcome))
		c.outcome <- frozen.ParseOutcome(said)
	}()
	if err != nil {
		return fmt.Errorf("thaw the frozen process: %w", err)
	}
	return nil
}

// abandon ends a process that was never thawed. It leaves by itself when the
// socket closes; one that does not is killed.
func (c *child) abandon() {
	c.socket.Close()
	t := time.NewTimer(c.ready / 10)
	defer t.Stop()
	select {
	case <-c.ended:
	case <-t.C:
		c.proc.Kill()
		<-c.ended
	}
	c.reap()
}

// reap collects the process once ended is closed.
func (c *child) reap() *os.ProcessState {
	if c.state == nil {
		c.state, _ = c.proc.Wait()
	}
	return c.state
}

// readNow reads what is there, without waiting: 0 and io.EOF at the end, and
// EAGAIN if there is nothing. f is in non-blocking mode.
func readNow(f *os.File, p []byte) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	// Control and not Read, which gives up when a deadline has passed.
	cerr := conn.Control(func(fd uintptr) {
		for {
			if n, err = unix.Read(int(fd), p); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	})
	switch {
	case cerr != nil:
		return 0, cerr
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// isEOF: on Linux a pty whose other side is closed says EIO.
func isEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, unix.EIO)
}
