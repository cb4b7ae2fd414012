//go:build linux || darwin

package step

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// terminal is the pseudo-terminal between a command and the user's terminal.
type terminal struct {
	master *os.File // non-blocking; read and closed by the stream
	slave  *os.File // ours until the command has ended, see hangUp
	out    *os.File // the user's terminal
	in     *os.File // the user's keyboard, or nil if stdin is not a terminal

	saved   *term.State   // of in, when it is in raw mode
	stop    *os.File      // closing it ends feed
	fed     chan struct{} // closed when feed has ended
	resizes chan os.Signal
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok || f == nil {
		return false
	}
	// Not f.Fd(), which would make the file blocking.
	is := false
	if conn, err := f.SyscallConn(); err == nil {
		conn.Control(func(fd uintptr) { is = term.IsTerminal(int(fd)) })
	}
	return is
}

// openTerminal makes a terminal with the size and the modes of the user's.
func openTerminal(in, out *os.File) (*terminal, error) {
	m, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	// The library leaves its file in blocking mode, where a read cannot be
	// given a deadline.
	fd, err := unix.FcntlInt(m.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	m.Close()
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		slave.Close()
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	t := &terminal{master: os.NewFile(uintptr(fd), "terminal"), slave: slave, out: out}
	model := out
	if isTerminal(in) {
		t.in, model = in, in
	}
	if modes, err := term.GetState(int(model.Fd())); err == nil {
		term.Restore(int(slave.Fd()), modes)
	}
	t.resize()
	return t, nil
}

func (t *terminal) resize() {
	var size *unix.Winsize
	_ = control(t.out, func(fd int) (err error) { // a terminal without a size has none
		size, err = unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
		return err
	})
	if size != nil {
		_ = control(t.master, func(fd int) error { return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size) })
	}
}

func control(f *os.File, do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if cerr := conn.Control(func(fd uintptr) { err = do(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}

// attach connects the keyboard: raw mode, so that ^C and the like reach the
// command's terminal as bytes and mean there what they mean.
func (t *terminal) attach() error {
	t.resizes = make(chan os.Signal, 1)
	signal.Notify(t.resizes, syscall.SIGWINCH)
	if t.in == nil {
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("read the terminal: %w", err)
	}
	t.stop, t.fed = w, make(chan struct{})
	t.raw()
	go t.feed(r)
	return nil
}

// raw puts the keyboard in raw mode, unless we are in the background: then
// both that and reading would stop us (SIGTTOU, SIGTTIN). It is called again
// after SIGCONT, when the shell has put its own modes back.
func (t *terminal) raw() {
	if t.in == nil || !t.foreground() {
		return
	}
	if saved, err := term.MakeRaw(int(t.in.Fd())); err == nil && t.saved == nil {
		t.saved = saved
	}
}

func (t *terminal) foreground() bool {
	group := 0
	err := control(t.in, func(fd int) (err error) {
		group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	// Not our controlling terminal: no job control applies.
	return err != nil || group == syscall.Getpgrp()
}

// feed copies the keyboard until stop is closed. It polls, because a blocking
// read of a terminal cannot be called back and would eat what the user types
// after the step.
func (t *terminal) feed(stop *os.File) {
	defer close(t.fed)
	defer stop.Close()
	buf := make([]byte, 4<<10)
	fds := []unix.PollFd{
		{Fd: int32(t.in.Fd()), Events: unix.POLLIN},
		{Fd: int32(stop.Fd()), Events: unix.POLLIN},
	}
	for {
		if _, err := unix.Poll(fds, -1); err == unix.EINTR {
			continue
		} else if err != nil || fds[1].Revents != 0 {
			return
		}
		if !t.foreground() { // its input is for somebody else; look again later
			fds[0].Fd = -1
			unix.Poll(fds, 200)
			fds[0].Fd = int32(t.in.Fd())
			continue
		}
		n, err := unix.Read(int(t.in.Fd()), buf)
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if n <= 0 || err != nil {
			return // hung up: SIGHUP says so, if anything does
		}
		if _, err := t.master.Write(buf[:n]); err != nil {
			return
		}
	}
}

// hangUp is called when the command has ended: our own slave kept the end of
// the output away while a command had closed its side but was still running
// (closing the master then would have sent it SIGHUP).
func (t *terminal) hangUp() { t.slave.Close() }

// detach gives the keyboard back, in the modes it had.
func (t *terminal) detach() {
	if t.resizes != nil {
		signal.Stop(t.resizes)
	}
	if t.fed != nil {
		t.stop.Close()
		t.master.SetWriteDeadline(time.Unix(1, 0)) // a command that does not read
		<-t.fed
	}
	if t.saved != nil {
		term.Restore(int(t.in.Fd()), t.saved)
		t.saved = nil
	}
}
