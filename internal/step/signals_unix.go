//go:build linux || darwin

package step

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// placement says where the command runs in the world of terminals.
type placement struct {
	// session: a session of its own, with the terminal that is its descriptor 1.
	session bool
	// group: a process group of its own, so that all of it can be signalled.
	//
	// Not if there is a terminal that the command could read: a group that is
	// not the terminal's foreground group is stopped by SIGTTIN when it reads,
	// and would wait for ever. This holds for /dev/tty (passwords) as for stdin.
	group bool
}

// choosePlacement decides for a command that gets no terminal from us.
func choosePlacement(stdin *os.File) placement {
	return placement{group: !isTerminal(stdin) && !hasControllingTerminal()}
}

func hasControllingTerminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err == nil {
		f.Close()
	}
	return err == nil
}

func (w placement) attr() *syscall.SysProcAttr {
	if w.session {
		return &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	}
	return &syscall.SysProcAttr{Setpgid: w.group}
}

// ownGroup reports whether the command leads a process group.
func (w placement) ownGroup() bool { return w.session || w.group }

// send delivers s. all means the whole group, if there is one of its own.
// In a group shared with us the terminal has delivered ^C and ^\ already; a
// second one would be taken for impatience.
func (w placement) send(c *child, s syscall.Signal, all bool) {
	switch {
	case all && w.ownGroup():
		syscall.Kill(-c.pid(), s)
	case w.ownGroup() || (s != syscall.SIGINT && s != syscall.SIGQUIT):
		c.proc.Signal(s)
	}
}

// kill ends the command and all we know to belong to it.
func (w placement) kill(c *child) {
	if w.ownGroup() {
		syscall.Kill(-c.pid(), syscall.SIGKILL)
		return
	}
	family := descendants(c.pid())
	c.proc.Kill()
	for _, pid := range family {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

const sigCont = syscall.SIGCONT

// isCancel reports whether s asks us to stop.
func isCancel(s os.Signal) bool {
	return s == syscall.SIGINT || s == syscall.SIGTERM || s == syscall.SIGHUP
}

func signalName(s syscall.Signal) string {
	if n := unix.SignalName(s); n != "" {
		return n
	}
	return s.String()
}

// Signals is what a program gives to [Process.Wait]: a channel of every signal
// that asks it to stop or that its caller may have meant for the command. A
// signal that is ignored (nohup) stays so, for us and for the command. Until
// stop is called, a closed standard output does not end the program: a write
// returns EPIPE instead of raising SIGPIPE, so evidence can still be written.
func Signals() (c <-chan os.Signal, stop func()) {
	ch := make(chan os.Signal, 16)
	for _, s := range []os.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGCONT,
	} {
		if !signal.Ignored(s) {
			signal.Notify(ch, s)
		}
	}
	unguard := guardWrites()
	return ch, func() {
		signal.Stop(ch)
		unguard()
	}
}

// guardWrites makes a failing write an error and nothing more: by default a Go
// program dies of SIGPIPE on descriptors 1 and 2, and of SIGXFSZ. The command
// still gets the default action: handlers do not survive an exec.
func guardWrites() (stop func()) {
	nowhere := make(chan os.Signal, 1)
	signal.Notify(nowhere, syscall.SIGPIPE, syscall.SIGXFSZ)
	return func() { signal.Stop(nowhere) }
}

func exitOf(st *os.ProcessState) (code int, sig string) {
	if ws, ok := st.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal()), signalName(ws.Signal())
	}
	return st.ExitCode(), ""
}
