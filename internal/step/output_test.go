//go:build linux || darwin

package step

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What the command writes is written on before it writes more.
func TestNoBuffering(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := newBuffer()
	c := sh("printf one; read x; printf $x; read y")
	c.Stdin, c.Stdout = r, out
	p := start(t, c)
	p.Thaw()
	out.await(t, "one")
	io.WriteString(w, "two\n")
	out.await(t, "onetwo")
	w.Close()
	p.Wait(context.Background(), nil)
}

func TestBigOutput(t *testing.T) {
	c := sh("head -c 8000000 /dev/zero; head -c 3000000 /dev/zero >&2")
	c.SpoolLimit = 1 << 20
	r, out, errs := run(t, c)
	if len(out) != 8_000_000 || len(errs) != 3_000_000 {
		t.Fatalf("passed on %d and %d bytes", len(out), len(errs))
	}
	for i, text := range []string{out, errs} {
		o := r.Outputs[i]
		st, err := os.Stat(o.Spool)
		if err != nil {
			t.Fatal(err)
		}
		if o.Size != int64(len(text)) || o.SHA256 != sum(text) || !o.Truncated || !o.Complete || o.SpoolError != "" || st.Size() != 1<<20 {
			t.Errorf("%+v, spool of %d bytes", o, st.Size())
		}
	}
}

// closer is a buffer that knows whether it was closed.
type closer struct {
	bytes.Buffer
	closed int
}

func (c *closer) Close() error { c.closed++; return nil }

// The tap gets what the command wrote, whatever the evidence makes of it and
// however much of it is kept.
func TestTap(t *testing.T) {
	taps := map[string]*closer{}
	c := sh("printf 'the secret'; head -c 3000000 /dev/zero >&2")
	c.SpoolLimit = 1 << 10
	c.Redact = func(dst io.Writer) io.WriteCloser { return &upper{dst: dst} }
	c.Tap = func(name string) io.WriteCloser { taps[name] = &closer{}; return taps[name] }
	run(t, c)
	if got := taps["stdout"].String(); got != "the secret" {
		t.Errorf("stdout: %q", got)
	}
	if got := taps["stderr"].Len(); got != 3_000_000 {
		t.Errorf("stderr: %d bytes", got)
	}
	for name, tap := range taps {
		if tap.closed != 1 {
			t.Errorf("%s was closed %d times", name, tap.closed)
		}
	}
}

// A full disk costs the spool and nothing else.
func TestSpoolDiskFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("needs /dev/full, which only Linux has")
	}
	full.Close()
	c := sh("echo text")
	c.openSpool = func(string, string) (*os.File, error) { return os.OpenFile("/dev/full", os.O_WRONLY, 0) }
	r, out, _ := run(t, c)
	o := r.Outputs[0]
	if out != "text\n" || r.ExitCode != 0 || !o.Truncated || !o.Complete || o.SHA256 != sum(out) || !strings.Contains(o.SpoolError, "no space left") {
		t.Errorf("%q, %+v", out, r)
	}
}

func TestSpoolDirMissing(t *testing.T) {
	c := sh("echo text")
	c.SpoolDir = t.TempDir() + "/no"
	r, out, _ := run(t, c)
	if o := r.Outputs[0]; out != "text\n" || o.SHA256 != sum(out) || o.Spool != "" || !o.Truncated || o.SpoolError == "" {
		t.Errorf("%q, %+v", out, o)
	}
}

// Our own output is closed: the command gets SIGPIPE, as it would without us,
// and what it wrote is evidence.
func TestClosedOutput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	c := sh("echo first; while :; do echo again; done")
	c.Stdout = w
	res, _, _ := run(t, c)
	o := res.Outputs[0]
	if res.ExitCode != 141 || res.Signal != "SIGPIPE" || o.WriteError == "" || o.Complete {
		t.Errorf("%+v", res)
	}
	spooled, _ := os.ReadFile(o.Spool)
	if !bytes.HasPrefix(spooled, []byte("first\n")) || o.SHA256 != sum(string(spooled)) || o.Size != int64(len(spooled)) {
		t.Errorf("%+v; spooled %d bytes", o, len(spooled))
	}
}

// failing is a writer that fails once it has seen enough.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("out of order")
	}
	return len(p), nil
}

func TestFailingWriter(t *testing.T) {
	c := sh("echo text; exec 1>&-; exit 5")
	c.Stdout = &failing{}
	r, _, _ := run(t, c)
	if o := r.Outputs[0]; r.ExitCode != 5 || o.SHA256 != sum("text\n") || !strings.Contains(o.WriteError, "out of order") {
		t.Errorf("%+v", r)
	}
}

// upper stands for a redactor: it holds everything back until Close.
type upper struct {
	dst  io.Writer
	held bytes.Buffer
	err  error
}

func (u *upper) Write(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	return u.held.Write(p)
}

func (u *upper) Close() error {
	_, err := u.dst.Write(bytes.ToUpper(u.held.Bytes()))
	return err
}

func TestRedact(t *testing.T) {
	c := sh("echo secret")
	c.Redact = func(dst io.Writer) io.WriteCloser { return &upper{dst: dst} }
	r, out, _ := run(t, c)
	o := r.Outputs[0]
	spooled, _ := os.ReadFile(o.Spool)
	if out != "secret\n" || string(spooled) != "SECRET\n" || o.SHA256 != sum("SECRET\n") || o.Size != 7 {
		t.Errorf("passed on %q, spooled %q, %+v", out, spooled, o)
	}
	c.Redact = func(dst io.Writer) io.WriteCloser { return &upper{dst: dst, err: errors.New("broken")} }
	r, out, _ = run(t, c)
	if o := r.Outputs[0]; out != "secret\n" || o.SHA256 != "" || !o.Truncated || !strings.Contains(o.SpoolError, "broken") {
		t.Errorf("a redactor that fails: %q, %+v", out, o)
	}
}

// A command may close its output and go on.
func TestClosesOutputEarly(t *testing.T) {
	r, _, _ := run(t, sh("exec >&- 2>&-; sleep 0.1; exit 7"))
	if r.ExitCode != 7 || !r.Outputs[0].Complete || !r.Outputs[1].Complete {
		t.Errorf("%+v", r)
	}
}

// A reader of ours that is slower than the drain loses nothing.
func TestSlowReader(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := sh("head -c 900000 /dev/zero")
	c.Stdout = w
	c.Timings.Drain = time.Millisecond
	p := start(t, c)
	p.Thaw()
	<-p.child.ended
	got := make(chan int64)
	go func() {
		<-p.child.ended
		timer := time.NewTimer(20 * time.Millisecond) // well after the drain
		<-timer.C
		n, _ := io.Copy(io.Discard, r)
		got <- n
	}()
	res := p.Wait(context.Background(), nil)
	w.Close()
	if n := <-got; n != 900_000 || res.Outputs[0].Size != 900_000 {
		t.Errorf("%d bytes arrived, %+v", n, res.Outputs[0])
	}
}

// A reader that never reads holds us up as it would the command, but not
// against a cancel.
func TestStuckReader(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := sh("head -c 300000 /dev/zero; echo end >&2")
	errs := newBuffer()
	c.Stdout, c.Stderr = w, errs
	c.Timings.CancelDrain = time.Second
	p := start(t, c)
	p.Thaw()
	errs.await(t, "end")
	r.Read(make([]byte, 1)) // so the write that will be stuck has begun
	<-p.child.ended
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	res := p.Wait(context.Background(), signals)
	if o := res.Outputs[0]; res.ExitCode != 0 || res.Cancelled != "SIGTERM" || o.Complete || o.Size == 0 || o.SHA256 == "" {
		t.Errorf("%+v", res)
	}
	r.Close() // lets the stuck write go
	w.Close()
}
