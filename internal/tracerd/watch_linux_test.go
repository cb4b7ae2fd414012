package tracerd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/org/cilock-action/internal/frozen"
	"github.com/org/cilock-action/pkg/trace"
)

// TestMain is the tracer when it is started as one, with sensors that do what
// their name says.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Verb {
		if err := Serve(os.Stdin, os.Stdout, fakes()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fake is a sensor that sends a few messages when it is armed, and more when it
// is stopped.
type fake struct {
	o    trace.Options
	stop func()
}

func (f *fake) Describe() trace.Description {
	return trace.Description{Backend: "fake", Limits: []string{"sees nothing"}}
}

func (f *fake) Stop(context.Context) trace.Account {
	if f.stop != nil {
		f.stop()
	}
	f.o.Handler.Handle(trace.Message{Kind: trace.Exit, PID: f.o.PID})
	return trace.Account{Classes: []trace.Class{{Name: "process", Attempted: 2, Received: 2}}}
}

func fakes() []Backend {
	arm := func(stop func()) func(context.Context, trace.Options) (trace.Sensor, error) {
		return func(_ context.Context, o trace.Options) (trace.Sensor, error) {
			self, _ := os.Executable()
			o.Handler.Handle(trace.Message{Kind: trace.Exec, PID: o.PID, Path: self})
			return &fake{o, stop}, nil
		}
	}
	return []Backend{
		{Name: "good", Arm: arm(nil)},
		{Name: "dies", Arm: arm(func() { syscall.Kill(os.Getpid(), syscall.SIGKILL) })},
		{Name: "hangs", Arm: arm(func() { select {} })},
		{Name: "garbage", Arm: arm(func() { os.Stdout.WriteString("m\xff\xff\xff\xff") })},
		{Name: "truncated", Arm: arm(func() { os.Stdout.WriteString("m\x02\x00\x00\x00\xff\xff") })},
		{Name: EBPF, Arm: func(context.Context, trace.Options) (trace.Sensor, error) {
			return nil, fmt.Errorf("load: %w", errors.ErrUnsupported)
		}},
		{Name: Ptrace, Arm: func(context.Context, trace.Options) (trace.Sensor, error) {
			fmt.Fprintln(os.Stderr, "some\nwords")
			os.Exit(3)
			return nil, nil
		}},
	}
}

// keep is a handler for a test.
type keep struct {
	mu   sync.Mutex
	list []trace.Message
}

func (k *keep) Handle(m trace.Message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, m)
}

// options are those for a frozen process, for which a sleeping one stands here.
func options(t *testing.T, backend string) (Options, *keep) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	k := new(keep)
	return Options{
		Self: self, Backend: backend, PID: cmd.Process.Pid, Handler: k, LeaveOut: func(int) {},
		Prepare: func(frozen.Preparation) error { return nil },
	}, k
}

// launched skips the choice of a backend.
func launched(t *testing.T, backend string) (*Watch, *keep, error) {
	t.Helper()
	o, k := options(t, backend)
	start, err := startTime(o.PID)
	if err != nil {
		t.Fatal(err)
	}
	w, err := launch(t.Context(), o, attempt{backend, false}, order{Backend: backend, PID: o.PID, Start: start})
	return w, k, err
}

func TestWatch(t *testing.T) {
	w, k, err := launched(t, "good")
	if err != nil {
		t.Fatal(err)
	}
	account := w.Stop(t.Context())
	if len(account.Gaps) > 0 || len(account.Classes) != 1 || w.Describe().Limits[0] != "sees nothing" {
		t.Errorf("account %+v of %+v", account, w.Describe())
	}
	kinds := map[trace.Kind]trace.Message{}
	for _, m := range k.list {
		kinds[m.Kind] = m
	}
	if len(k.list) != 3 || len(kinds[trace.Digest].SHA256) != 64 || kinds[trace.Digest].Ino == 0 {
		t.Errorf("messages %+v, want the exec, the digest of its file and the exit", k.list)
	}
}

// TestTracerFails: whatever becomes of the tracer, Stop answers and leaves a
// gap that says it, and what came before is kept.
func TestTracerFails(t *testing.T) {
	for backend, want := range map[string]string{
		"dies":      "the tracer ended before the step did (EOF)",
		"garbage":   "a frame of 4294967295 bytes",
		"truncated": "malformed",
		"hangs":     "had not finished when the time was up",
	} {
		w, k, err := launched(t, backend)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if backend == "hangs" {
			cancel()
		}
		account := w.Stop(ctx)
		cancel()
		if len(account.Gaps) == 0 || !strings.Contains(account.Gaps[0], want) {
			t.Errorf("%s: gaps %q, want %q", backend, account.Gaps, want)
		}
		if backend != "hangs" && (len(k.list) == 0 || k.list[0].Kind != trace.Exec) {
			t.Errorf("%s: messages %+v, want what came before the failure", backend, k.list)
		}
	}
}

// TestStoppedTracer: a tracer that was stopped goes on, and nothing is missing.
func TestStoppedTracer(t *testing.T) {
	w, k, err := launched(t, "good")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if account := w.Stop(t.Context()); len(account.Gaps) > 0 || len(k.list) != 3 {
		t.Errorf("account %+v, messages %+v", account, k.list)
	}
}

func TestRefusals(t *testing.T) {
	o, _ := options(t, Auto)
	_, err := Start(t.Context(), o)
	var no *NotWatched
	if !errors.As(err, &no) || len(no.Reasons) != 2 || !strings.Contains(no.Reasons[0], "load: unsupported") || !strings.Contains(no.Reasons[1], "some words") {
		t.Errorf("auto: %v", err)
	}
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v is no refusal", err)
	}
	o.Self = "/bin/false"
	if _, err = Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "did not start") {
		t.Errorf("a program that is no tracer: %v", err)
	}
	o.Self = "/no/such/program"
	if _, err = Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no program: %v", err)
	}
	o.PID = 1 << 30
	if _, err = Start(t.Context(), o); err == nil {
		t.Error("a process that is not there is watched")
	}
}

// TestOrderForAnother: a PID that was used again is not watched.
func TestOrderForAnother(t *testing.T) {
	o, _ := options(t, "good")
	_, err := launch(t.Context(), o, attempt{"good", false}, order{Backend: "good", PID: o.PID, Start: 1})
	if err == nil || !strings.Contains(err.Error(), "another one") {
		t.Errorf("a watch of a process with another start: %v", err)
	}
}

func TestCancelledStart(t *testing.T) {
	o, _ := options(t, Auto)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, o); err == nil {
		t.Error("a cancelled start watches")
	}
}

// TestTracerEndsWithUs: when our end of its input is gone, so is the tracer.
func TestTracerEndsWithUs(t *testing.T) {
	w, _, err := launched(t, "good")
	if err != nil {
		t.Fatal(err)
	}
	w.in.Close()
	select {
	case <-w.over:
	case <-time.After(30 * time.Second):
		t.Fatal("the tracer lives on")
	}
	if w.end == nil {
		t.Errorf("it ended without an account: %v", w.lost)
	}
	w.Stop(t.Context())
}

func TestSudoIsKeptForTheStep(t *testing.T) {
	works, asks := sudoState{tried: true, works: true}, sudoState{tried: true}
	if (attempt{Ptrace, false}).refused(works) == "" {
		t.Error("ptrace is taken although the step may use sudo")
	}
	if (attempt{Ptrace, false}).refused(asks) != "" || (attempt{EBPF, true}).refused(works) != "" {
		t.Error("refused although nothing is taken from the step")
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(appendFrame(appendFrame(nil, frameMessages, trace.AppendMessage(nil, &trace.Message{Kind: trace.Open, PID: 1})), frameEnd, []byte(`{"sent":1}`)))
	f.Add([]byte("m\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := &Watch{handler: trace.HandlerFunc(func(trace.Message) {}), out: readCloser{strings.NewReader(string(b))}, over: make(chan struct{})}
		w.read()
		if w.end == nil && w.lost == nil {
			t.Error("reading ended without a reason")
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
