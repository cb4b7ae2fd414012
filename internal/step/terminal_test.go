//go:build linux || darwin

package step

import (
	"context"
	"io"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// screen is a terminal with somebody in front of it.
type screen struct {
	keys  *os.File // what the user types
	tty   *os.File // what programs see
	shown *buffer
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	m, s, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(m, &pty.Winsize{Rows: 33, Cols: 77}); err != nil {
		t.Fatal(err)
	}
	sc := &screen{keys: m, tty: s, shown: newBuffer()}
	go io.Copy(sc.shown, m)
	t.Cleanup(func() { s.Close(); m.Close() })
	return sc
}

func modes(t *testing.T, f *os.File) *term.State {
	t.Helper()
	st, err := term.GetState(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestTerminal(t *testing.T) {
	before := openFiles(t)
	sc := newScreen(t)
	old := modes(t, sc.tty)
	c := sh("test -t 0 && test -t 1 && test -t 2 && stty size && echo err >&2 && echo ctty >/dev/tty && exit 3")
	c.Stdin, c.Stdout, c.Stderr = sc.tty, sc.tty, sc.tty
	p := start(t, c)
	p.Thaw()
	r := p.Wait(context.Background(), nil)
	sc.shown.await(t, "ctty")
	if r.ExitCode != 3 || len(r.Outputs) != 1 || r.Outputs[0].Name != "terminal" || !r.Outputs[0].Complete {
		t.Errorf("%+v, shown %q", r, sc.shown)
	}
	spooled, _ := os.ReadFile(r.Outputs[0].Spool)
	if want := "33 77\r\nerr\r\nctty\r\n"; string(spooled) != want || r.Outputs[0].SHA256 != sum(want) {
		t.Errorf("spooled %q, want %q", spooled, want)
	}
	if !reflect.DeepEqual(modes(t, sc.tty), old) {
		t.Error("the terminal does not have its modes back")
	}
	if after := openFiles(t); after > before+2 { // the screen
		t.Errorf("%d descriptors were open, %d are", before, after)
	}
}

func TestTerminalKeyboard(t *testing.T) {
	sc := newScreen(t)
	c := sh("echo up; read x; echo got $x; exec sleep 60")
	c.Stdin, c.Stdout, c.Stderr = sc.tty, sc.tty, sc.tty
	p := start(t, c)
	p.Thaw()
	go func() {
		sc.shown.await(t, "up")
		io.WriteString(sc.keys, "hello\r")
		sc.shown.await(t, "got hello")
		io.WriteString(sc.keys, "\x03")
	}()
	// ^C is the command's business here, and not a cancel.
	if r := p.Wait(context.Background(), nil); r.Signal != "SIGINT" || r.ExitCode != 130 || r.Cancelled != "" {
		t.Errorf("%+v", r)
	}
}

// Modes come back when the command is killed, too.
func TestTerminalCancel(t *testing.T) {
	sc := newScreen(t)
	old := modes(t, sc.tty)
	c := sh("trap '' INT TERM; echo up" + loop)
	c.Stdin, c.Stdout, c.Stderr, c.Timings = sc.tty, sc.tty, sc.tty, short
	p := start(t, c)
	p.Thaw()
	signals := make(chan os.Signal)
	go func() { sc.shown.await(t, "up"); signals <- syscall.SIGINT }()
	if r := p.Wait(context.Background(), signals); r.Signal != "SIGKILL" || r.Cancelled != "SIGINT" {
		t.Errorf("%+v", r)
	}
	if !reflect.DeepEqual(modes(t, sc.tty), old) {
		t.Error("the terminal does not have its modes back")
	}
}

// A command that does not read does not keep the keyboard from coming back.
func TestTerminalUnreadKeys(t *testing.T) {
	sc := newScreen(t)
	c := sh("stty raw -echo; echo up; read x <" + fifo(t))
	c.Stdin, c.Stdout, c.Stderr = sc.tty, sc.tty, sc.tty
	p := start(t, c)
	p.Thaw()
	sc.shown.await(t, "up")
	go io.WriteString(sc.keys, strings.Repeat("x", 100_000))
	if r := p.Wait(context.Background(), nil); r.ExitCode != 0 {
		t.Errorf("%+v", r)
	}
}

func TestTerminalResize(t *testing.T) {
	sc := newScreen(t)
	c := sh("trap 'stty size; exit' WINCH; echo up" + loop)
	c.Stdin, c.Stdout, c.Stderr = sc.tty, sc.tty, sc.tty
	p := start(t, c)
	p.Thaw()
	done := make(chan struct{})
	go func() {
		defer close(done)
		sc.shown.await(t, "up")
		// Not pty.Setsize: its Fd call races with the reader of the same file.
		if err := control(sc.keys, func(fd int) error {
			return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 44, Col: 99})
		}); err != nil {
			t.Errorf("resize: %v", err)
		}
		syscall.Kill(os.Getpid(), syscall.SIGWINCH) // the kernel tells the foreground group
	}()
	p.Wait(context.Background(), nil)
	<-done
	sc.shown.await(t, "44 99")
}

// Only stdout is a terminal: input is handed on as it is, stderr is a pipe.
func TestTerminalForOutputOnly(t *testing.T) {
	sc := newScreen(t)
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	io.WriteString(w, "piped\n")
	w.Close()
	c := sh("test -t 0 || test -t 2 || test -t 1 && cat && echo err >&2")
	c.Stdin, c.Stdout = in, sc.tty
	r, _, errs := run(t, c)
	sc.shown.await(t, "piped")
	if errs != "err\n" || len(r.Outputs) != 2 || r.Outputs[1].Name != "stderr" {
		t.Errorf("%q, %+v", errs, r)
	}
}

// A command that closes its terminal is not hung up on while it runs.
func TestTerminalClosedEarly(t *testing.T) {
	sc := newScreen(t)
	c := sh("exec </dev/null >/dev/null 2>&1; sleep 0.1; echo again >/dev/tty; exit 7")
	c.Stdin, c.Stdout, c.Stderr = sc.tty, sc.tty, sc.tty
	p := start(t, c)
	p.Thaw()
	if r := p.Wait(context.Background(), nil); r.ExitCode != 7 || r.Outputs[0].Size != int64(len("again\r\n")) {
		t.Errorf("%+v", r)
	}
}

// In a real session: stdin is the terminal, stdout is not. The command shares
// our group, reads the terminal unhindered, and gets ^C from it.
func TestSharedTerminal(t *testing.T) {
	sc := newScreen(t)
	cmd, result := wrapped(t, "", "sh", "-c", "trap 'echo int' INT; trap 'exit 4' TERM; read x; echo got $x"+loop)
	out := newBuffer()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = sc.tty, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(sc.keys, "hello\n")
	out.await(t, "got hello")
	io.WriteString(sc.keys, "\x03")
	cmd.Wait() // the SIGTERM of the escalation ends it
	if r := result(); r.ExitCode != 4 || r.Cancelled != "SIGINT" || strings.Count(out.String(), "int") != 1 {
		t.Errorf("%q, %+v", out, r)
	}
}
