//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/org/cilock-action/pkg/trace"
	"golang.org/x/sys/unix"
)

// The test program plays three parts: the test, which is the parent of the
// root; the root, frozen; and the tracer. A frozen process must stay on its
// main thread, which only a package initialiser can see to.
const (
	partRoot   = "ptrace-root"
	partTracer = "ptrace-tracer"
)

var part = func() string {
	if len(os.Args) < 2 || os.Args[1] != partRoot && os.Args[1] != partTracer {
		return ""
	}
	runtime.LockOSThread()
	return os.Args[1]
}()

func TestMain(m *testing.M) {
	switch part {
	case partRoot:
		fmt.Fprintln(os.Stderr, playRoot(os.Args[2:]))
		os.Exit(99)
	case partTracer:
		playTracer(os.Args[2])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// playRoot obeys three bytes on descriptor 3: allow the tracer, install the
// filter, become the command. It answers the first two.
func playRoot(args []string) error {
	control := os.NewFile(3, "control")
	syscall.CloseOnExec(3)
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	var pid [4]byte
	if _, err := io.ReadFull(control, pid[:]); err != nil {
		return err
	}
	tracer := uintptr(pid[0]) | uintptr(pid[1])<<8 | uintptr(pid[2])<<16 | uintptr(pid[3])<<24
	if err := unix.Prctl(unix.PR_SET_PTRACER, tracer, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	step := func() error {
		if _, err := control.Write([]byte{1}); err != nil {
			return err
		}
		_, err := io.ReadFull(control, pid[:1])
		return err
	}
	if err := step(); err != nil {
		return err
	}
	if pid[0] == 'f' {
		if err := install(Filter()); err != nil {
			return err
		}
	}
	return syscall.Exec(path, args, os.Environ())
}

// install puts the filter on this thread.
func install(filter []unix.SockFilter) error {
	if os.Geteuid() != 0 {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return err
		}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
}

// playTracer arms, says so, and writes messages to descriptor 3 as JSON lines
// until descriptor 4 ends; then the account, and it stays for the survivors.
func playTracer(pid string) {
	out := os.NewFile(3, "messages")
	var buffer bytes.Buffer
	enc := json.NewEncoder(&buffer)
	root, _ := strconv.Atoi(pid)
	s, err := Arm(context.Background(), trace.Options{PID: root, Handler: trace.HandlerFunc(func(m trace.Message) {
		_ = enc.Encode(m)
	})})
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	fmt.Fprintln(out, "armed")
	_, _ = io.Copy(io.Discard, os.NewFile(4, "stop"))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a := s.Stop(ctx)
	_, _ = out.Write(buffer.Bytes())
	_ = enc.Encode(nil)
	_ = json.NewEncoder(out).Encode(map[string]any{"account": a})
	out.Close()
	<-s.(*Sensor).Done()
}

// traced is what came of a command.
type traced struct {
	pid      int
	messages []trace.Message
	account  trace.Account
	state    *os.ProcessState
	out      string
	took     time.Duration // of the command, from its exec
	tracer   *exec.Cmd     // still there while there are survivors
}

// run traces a command to its end.
func run(t testing.TB, args ...string) traced {
	t.Helper()
	s := start(t, &exec.Cmd{}, args...)
	return s.finish(t)
}

type session struct {
	root, tracer *exec.Cmd
	control      *os.File
	messages     *os.File
	stop         *os.File
	out          *bytes.Buffer
	began        time.Time
}

// start brings up root and tracer and lets the command run. like gives the
// command's settings.
func start(t testing.TB, like *exec.Cmd, args ...string) *session {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{control: os.NewFile(uintptr(pair[0]), "control"), out: &bytes.Buffer{}}
	theirs := os.NewFile(uintptr(pair[1]), "theirs")
	like.Path, like.Args, like.ExtraFiles = self, append([]string{self, partRoot}, args...), []*os.File{theirs}
	if like.Stdout == nil {
		like.Stdout, like.Stderr = s.out, s.out
	}
	s.root = like
	if err := like.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	t.Cleanup(func() { s.control.Close() })
	s.startTracer(t, self)
	pid := s.tracer.Process.Pid
	s.say(t, byte(pid), byte(pid>>8), byte(pid>>16), byte(pid>>24))
	s.answer(t)
	if line := readLine(s.messages); line != "armed" {
		t.Fatalf("the tracer said %q", line)
	}
	s.began = time.Now()
	s.say(t, 'f')
	return s
}

func (s *session) startTracer(t testing.TB, self string) {
	t.Helper()
	messages, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r, stop, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.messages, s.stop = messages, stop
	s.tracer = exec.Command(self, partTracer, strconv.Itoa(s.root.Process.Pid))
	s.tracer.Stderr, s.tracer.ExtraFiles = os.Stderr, []*os.File{w, r}
	if err := s.tracer.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.Close()
	t.Cleanup(func() { messages.Close(); stop.Close() })
}

func (s *session) say(t testing.TB, b ...byte) {
	t.Helper()
	if _, err := s.control.Write(b); err != nil {
		t.Fatal(err)
	}
}

func (s *session) answer(t testing.TB) {
	t.Helper()
	if _, err := io.ReadFull(s.control, make([]byte, 1)); err != nil {
		t.Fatal(err, s.out)
	}
}

// finish waits for the command, stops the sensor and reads the record.
func (s *session) finish(t testing.TB) traced {
	t.Helper()
	_ = s.root.Wait()
	r := traced{pid: s.root.Process.Pid, state: s.root.ProcessState, took: time.Since(s.began), out: s.out.String(), tracer: s.tracer}
	s.stop.Close()
	dec := json.NewDecoder(s.messages)
	for {
		var line struct {
			trace.Message
			Account *trace.Account `json:"account"`
		}
		err := dec.Decode(&line)
		if err != nil {
			t.Fatalf("reading the record: %v", err)
		}
		if line.Account != nil {
			r.account = *line.Account
			break
		}
		if line.Kind != "" {
			r.messages = append(r.messages, line.Message)
		}
	}
	if len(r.account.Survivors) == 0 {
		_ = s.tracer.Wait()
	}
	return r
}

func readLine(r io.Reader) string {
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := r.Read(b); err != nil || b[0] == '\n' {
			return string(line)
		}
		line = append(line, b[0])
	}
}

// sound checks the books: nothing lost, nothing unaccounted, no gap.
func (r traced) sound(t testing.TB) {
	t.Helper()
	r.closed(t)
	if len(r.account.Gaps) > 0 {
		t.Errorf("gaps: %q", r.account.Gaps)
	}
}

// closed checks that all is accounted for, what was lost included.
func (r traced) closed(t testing.TB) {
	t.Helper()
	for _, c := range r.account.Classes {
		if c.Unaccounted() != 0 {
			t.Errorf("the account does not close: %+v", c)
		}
	}
	if len(r.account.Classes) != 4 || int(sum(r.account.Classes)) != len(r.messages) {
		t.Errorf("%d messages, and the account says %+v", len(r.messages), r.account.Classes)
	}
}

func sum(classes []trace.Class) (n uint64) {
	for _, c := range classes {
		n += c.Received
	}
	return n
}

// find returns the messages that satisfy all conditions.
func (r traced) find(kind trace.Kind, where ...func(trace.Message) bool) []trace.Message {
	var found []trace.Message
	for _, m := range r.messages {
		if m.Kind == kind && !slices.ContainsFunc(where, func(w func(trace.Message) bool) bool { return !w(m) }) {
			found = append(found, m)
		}
	}
	return found
}

func (r traced) dump() string {
	var b strings.Builder
	for _, m := range r.messages {
		m.Time = 0
		text, _ := json.Marshal(m)
		b.Write(append(text, '\n'))
	}
	return b.String()
}
