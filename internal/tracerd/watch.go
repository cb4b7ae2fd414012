package tracerd

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// Watch is an armed tracer, from our side.
type Watch struct {
	handler trace.Handler
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     io.ReadCloser
	said    bounded // by sudo, or by a tracer that fails early
	killed  sync.Once
	limits  []string

	armed    armed
	disarmed disarmed
	reasons  []string
	received uint64
	quiet    time.Duration // the longest that nothing came
	heard    atomic.Int64  // when something last came, nanoseconds since the epoch
	end      *ending
	lost     error         // why there is no end
	over     chan struct{} // closed when reading has ended
}

// errNoHello is a tracer that never ran: sudo asked for a password, or refused;
// errSilent is one of which nothing was heard.
var (
	errNoHello = errors.New("the tracer did not start")
	errSilent  = fmt.Errorf("%w within %s", errNoHello, helloWithin)
)

// silence is how long a tracer that beats every second may be quiet: a longer
// silence is told, since what it saw then came late or not at all.
const silence = 10 * time.Second

// wakeAfter is how long it may be quiet before it is told to go on.
const wakeAfter = 2 * time.Second

// helloWithin bounds the start of the tracer, sudo included, and goneWithin the
// wait for the end of one that is of no use.
const (
	helloWithin = 5 * time.Second
	goneWithin  = time.Second
)

// launch starts a tracer and has it arm its sensor.
func launch(ctx context.Context, o Options, a attempt, order order) (_ *Watch, err error) {
	w := &Watch{handler: o.Handler, over: make(chan struct{})}
	if err := w.spawn(o, a); err != nil {
		return nil, fmt.Errorf("start the tracer: %w", err)
	}
	cancelled := context.AfterFunc(ctx, w.kill)
	defer func() {
		if !cancelled() && err == nil { // it is killed, or about to be
			err = ctx.Err()
		}
		if err != nil {
			w.kill()
			w.bury()
			err = w.explain(err)
		}
	}()
	alarm := time.AfterFunc(helloWithin, w.kill)
	kind, _, err := readFrame(w.out, nil)
	if !alarm.Stop() {
		return nil, errSilent
	}
	if err != nil || kind != frameHello {
		return nil, errNoHello
	}
	alarm = time.AfterFunc(armWithin+helloWithin, w.kill)
	if err := w.arm(o, a, order); err != nil {
		alarm.Stop()
		return nil, err
	}
	if !alarm.Stop() {
		return nil, errors.New("the tracer took too long")
	}
	if a.backend == Ptrace { // not before it is certain that the tracer lives on
		if err := w.installFilter(o); err != nil {
			return nil, err
		}
	}
	w.heard.Store(time.Now().UnixNano())
	go w.read()
	go w.wake()
	return w, nil
}

// spawn starts the process: with an empty environment, in a session of its own,
// so that no signal for the step reaches it.
func (w *Watch) spawn(o Options, a attempt) (err error) {
	args := []string{o.Self, Verb}
	if a.sudo {
		args = append([]string{sudoPath(), "-n", "--"}, args...)
	}
	w.cmd = exec.Command(args[0], args[1:]...)
	w.cmd.Env = sudoEnv()
	w.cmd.Dir = "/"
	w.cmd.SysProcAttr = ownSession()
	w.cmd.Stderr = &w.said
	w.cmd.WaitDelay = time.Second
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		return err
	}
	if w.out, err = w.cmd.StdoutPipe(); err != nil {
		return err
	}
	if err := w.cmd.Start(); err != nil {
		return err
	}
	o.LeaveOut(w.cmd.Process.Pid)
	return nil
}

// arm sends the order and reads the answer; with ptrace the frozen process has
// a part in it.
func (w *Watch) arm(o Options, a attempt, order order) error {
	if a.backend == Ptrace {
		if err := w.allowPtrace(o); err != nil {
			return err
		}
	}
	line, err := json.Marshal(order)
	if err != nil {
		return err
	}
	if _, err := w.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("order the tracer: %w", err)
	}
	kind, rest, err := readFrame(w.out, nil)
	for err == nil && kind == frameMessages { // a sensor sees things before it is trusted
		if err = w.messages(rest); err == nil {
			kind, rest, err = readFrame(w.out, nil)
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("wait for the tracer: %w", err)
	case kind == frameRefused:
		var r refusal
		if err := json.Unmarshal(rest, &r); err != nil {
			return fmt.Errorf("read the tracer's refusal: %w", err)
		}
		return errors.New(r.Reason)
	case kind != frameArmed:
		return fmt.Errorf("wait for the tracer: it said %q", kind)
	}
	if err := json.Unmarshal(rest, &w.armed); err != nil {
		return fmt.Errorf("read what the tracer is: %w", err)
	}
	w.disarmed.tracer = w.armed.PID
	return nil
}

// read handles frames until the end.
func (w *Watch) read() {
	defer close(w.over)
	in := bufio.NewReaderSize(w.out, batchBytes+frameHead)
	var buf []byte
	for last := time.Now(); ; {
		kind, rest, err := readFrame(in, buf)
		buf = rest[:0]
		if err != nil {
			w.lost = err
			return
		}
		now := time.Now()
		w.quiet = max(w.quiet, now.Sub(last))
		last = now
		w.heard.Store(now.UnixNano())
		switch kind {
		case frameMessages:
			if w.lost = w.messages(rest); w.lost != nil {
				return
			}
		case frameEnd:
			w.end = new(ending)
			w.lost = json.Unmarshal(rest, w.end)
			return
		}
	}
}

// wake lets a tracer go on that is silent, until reading has ended: whoever
// stopped it may have stopped every process that it traces too, and a cancelled
// step could not end. One that runs takes no notice. What sudo started as
// another user is out of reach.
func (w *Watch) wake() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.over:
			return
		case now := <-tick.C:
			if now.UnixNano()-w.heard.Load() > int64(wakeAfter) {
				wakeSession(w.cmd.Process)
			}
		}
	}
}

func (w *Watch) messages(batch []byte) error {
	for len(batch) > 0 {
		m, rest, err := trace.ParseMessage(batch)
		if err != nil {
			return err
		}
		batch = rest
		w.received++
		w.disarmed.look(m)
		w.handler.Handle(m)
	}
	return nil
}

// Describe says what watches.
func (w *Watch) Describe() trace.Description {
	d := w.armed.Description
	d.Limits = append(append([]string(nil), d.Limits...), w.limits...)
	return d
}

// Reasons say why no better way to watch was taken.
func (w *Watch) Reasons() []string { return w.reasons }

// Stop ends the watch and returns the account. A tracer that ended before it
// was told to, or does not answer in time (it may have been stopped), leaves a gap; what it had
// sent by then has been handled.
func (w *Watch) Stop(ctx context.Context) trace.Account {
	ctx, cancel := context.WithTimeout(ctx, stopWithin+goneWithin)
	defer cancel()
	_, werr := w.in.Write([]byte("stop\n"))
	select {
	case <-w.over:
	case <-ctx.Done():
		w.kill()
		<-w.over
	}
	w.in.Close()
	go func() { _ = w.cmd.Wait() }() // a caretaker of survivors may stay
	var account trace.Account
	switch {
	case w.end != nil && w.lost == nil:
		account = w.end.Account
		if w.end.Sent != w.received {
			account.Gaps = append(account.Gaps, fmt.Sprintf("the tracer sent %d messages and %d arrived", w.end.Sent, w.received))
		}
	case ctx.Err() != nil:
		account.Gaps = []string{"the tracer had not finished when the time was up: its last messages are missing"}
	default:
		account.Gaps = []string{fmt.Sprintf("the tracer ended before the step did (%v): what came after is not seen", cmp.Or(w.lost, werr))}
	}
	account.Gaps = append(account.Gaps, w.disarmed.gaps...)
	if w.quiet > silence {
		account.Gaps = append(account.Gaps, fmt.Sprintf("the tracer was silent for %s", w.quiet.Round(time.Second)))
	}
	return account
}

// kill ends the tracer, or lets it end: sudo runs as root and is not ours to
// kill, but its input is.
func (w *Watch) kill() {
	w.killed.Do(func() {
		w.in.Close()
		killSession(w.cmd.Process)
		w.out.Close()
	})
}

// bury waits for the end of a tracer that was killed, as far as it can be: a
// sudo that hangs goes on hanging.
func (w *Watch) bury() {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = w.cmd.Wait()
	}()
	select {
	case <-gone:
	case <-time.After(goneWithin):
	}
}

// explain adds what sudo or the tracer said.
func (w *Watch) explain(err error) error {
	if said := w.said.line(); said != "" {
		return fmt.Errorf("%w: %s", err, said)
	}
	return err
}

// bounded keeps the first bytes of what is written to it.
type bounded struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *bounded) Write(p []byte) (int, error) {
	const most = 1 << 10
	b.mu.Lock()
	defer b.mu.Unlock()
	if left := most - b.b.Len(); left > 0 {
		b.b.Write(p[:min(left, len(p))])
	}
	return len(p), nil
}

// line is what was kept, as one line.
func (b *bounded) line() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(bytes.Join(bytes.Fields(b.b.Bytes()), []byte(" ")))
}
