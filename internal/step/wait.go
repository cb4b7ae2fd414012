package step

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/org/cilock-action/internal/frozen"
)

// Wait returns what became of the command, when it has ended and its output has
// been passed on. It always returns:
//
//   - A background process that keeps the output open costs at most
//     Timings.Drain after the command's end, however much it writes. A reader of
//     our own output that does not read makes us wait as it would make the
//     command wait, unless we are cancelled.
//   - The first SIGINT, SIGTERM or SIGHUP from signals, or the end of ctx, is a
//     cancel: it is forwarded (ctx as SIGTERM), followed by SIGTERM and SIGKILL
//     as Timings say. A command that then ends by itself keeps its exit code.
//   - Every other signal, and every further one, is forwarded at once.
//
// ctx must not be one that the same signals end: they would count twice.
func (p *Process) Wait(ctx context.Context, signals <-chan os.Signal) Result {
	if p.over || p.begun.IsZero() {
		p.Abandon()
		return Result{Reason: "the command was never let go", ExitCode: frozen.ExitAbandoned}
	}
	p.over = true
	w := &watch{Process: p, signals: signals, done: ctx.Done(), cause: func() string { return ctx.Err().Error() }}
	w.term, w.kill, w.gone = newAlarm(), newAlarm(), newAlarm()
	defer w.term.Stop()
	defer w.kill.Stop()
	defer w.gone.Stop()
	defer p.unguard()
	defer p.family.close()
	w.result = Result{Start: p.begun, Gaps: p.gaps, Limits: survivorLimits()}

	w.untilEnd()
	w.result.End = p.cmd.Now().UTC()
	w.judge()
	if p.terminal != nil {
		p.terminal.detach()
		p.terminal.hangUp()
	}
	w.drain()
	if p.child.pid() != 0 {
		left, gap := p.family.survivors(p.child, p.where)
		// What was killed with the command may need a moment to be gone.
		for end := time.Now().Add(dying); w.killed && len(left) > 0 && time.Now().Before(end); {
			time.Sleep(dying / 20)
			left, gap = p.family.survivors(p.child, p.where)
		}
		w.result.Survivors = append(w.result.Survivors, left...)
		if gap != "" {
			w.result.Gaps = append(w.result.Gaps, gap)
		}
	}
	return w.result
}

// watch is the state of one Wait.
type watch struct {
	*Process
	signals <-chan os.Signal
	done    <-chan struct{}
	cause   func() string

	term, kill, gone *time.Timer
	killed           bool // by us
	lost             bool // killed, and still there
	leaving          bool // the time for the output is up
	result           Result
}

// newAlarm is a timer that is not set.
func newAlarm() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// dying is the most that we wait for a process that was killed.
const dying = 100 * time.Millisecond

// reapEvery is how often adopted orphans are looked for.
const reapEvery = time.Second

// untilEnd watches the command until it has ended.
func (w *watch) untilEnd() {
	tick := time.NewTicker(reapEvery)
	defer tick.Stop()
	var resizes <-chan os.Signal
	if w.terminal != nil {
		resizes = w.terminal.resizes
	}
	for {
		select {
		case <-w.child.ended:
			return
		case s, ok := <-w.signals:
			w.signal(s, ok)
		case <-w.done:
			w.cancelled(w.cause(), syscall.SIGTERM)
		case <-w.term.C:
			w.where.send(w.child, syscall.SIGTERM, true)
			w.where.send(w.child, sigCont, true)
		case <-w.kill.C:
			w.killed = true
			w.where.kill(w.child)
			w.gone.Reset(w.cmd.Timings.Gone)
		case <-w.gone.C:
			w.lost = true
			return
		case <-resizes:
			w.terminal.resize()
		case <-tick.C:
			w.family.reap(w.child, w.where)
		}
	}
}

// signal handles one signal from outside while the command runs.
func (w *watch) signal(s os.Signal, ok bool) {
	if !ok {
		w.signals = nil
		return
	}
	sig, ok := s.(syscall.Signal)
	switch {
	case !ok:
	case isCancel(s) && w.result.Cancelled == "":
		w.cancelled(signalName(sig), sig)
	default:
		if sig == sigCont && w.terminal != nil {
			w.terminal.raw()
		}
		// Whoever meant one process by it meant the one we stand for.
		w.where.send(w.child, sig, isCancel(s) || sig == syscall.SIGQUIT)
	}
}

// cancelled begins the end. A stopped process must run to be able to end.
func (w *watch) cancelled(cause string, s syscall.Signal) {
	w.done = nil
	w.result.Cancelled = cause
	w.term.Reset(w.cmd.Timings.Term)
	w.kill.Reset(w.cmd.Timings.Kill)
	w.where.send(w.child, s, true)
	w.where.send(w.child, sigCont, true)
}

// judge fills in how the command ended.
func (w *watch) judge() {
	r := &w.result
	if w.lost {
		r.Started, r.ExitCode, r.Signal = true, 128+int(syscall.SIGKILL), "SIGKILL"
		r.Gaps = append(r.Gaps, fmt.Sprintf("process %d was killed and has not ended", w.child.pid()))
		r.Survivors = append(r.Survivors, Survivor{w.child.pid(), filepath.Base(w.cmd.Args[0])})
		return
	}
	if st := w.child.reap(); st != nil {
		r.ExitCode, r.Signal = exitOf(st)
	}
	o := <-w.child.outcome // the socket ended with the process, if not before
	r.Started = o.Started
	if r.Started {
		return
	}
	r.Reason = o.Reason
	if o.Code != 0 {
		r.ExitCode, r.Signal = o.Code, ""
	} else if r.Reason == "" {
		r.Reason = "the process ended before it became the command"
		if r.Signal != "" {
			r.Reason += ": " + r.Signal
		}
	}
}

// drain collects the rest of the output.
func (w *watch) drain() {
	t := w.cmd.Timings
	wait, bounded := t.Drain, false
	if w.result.Cancelled != "" {
		wait, bounded = t.CancelDrain, true
	}
	end := time.Now().Add(wait)
	for _, s := range w.streams {
		bounded = !s.deadline(end) || bounded
	}
	hard := newAlarm() // then streams are left behind; if not set, never
	defer hard.Stop()
	if bounded {
		hard.Reset(wait + t.grace())
	}
	for _, s := range w.streams {
		w.result.Outputs = append(w.result.Outputs, w.finish(s, hard))
	}
}

// grace is what a stream that has been told to end may take for it.
func (t Timings) grace() time.Duration { return t.CancelDrain / 5 }

// finish waits for one stream. A cancel cuts it short.
func (w *watch) finish(s *stream, hard *time.Timer) Output {
	for !w.leaving {
		select {
		case o := <-s.finished:
			return s.output(o)
		case <-hard.C:
			w.leaving = true
		case sig, ok := <-w.signals:
			if !ok {
				w.signals = nil
			} else if cancel, ok := sig.(syscall.Signal); ok && isCancel(sig) {
				w.hurry(signalName(cancel), hard)
			}
		case <-w.done:
			w.done = nil
			w.hurry(w.cause(), hard)
		}
	}
	return w.leave(s)
}

// hurry is a cancel after the command has ended. There is nothing to signal any
// more: what is left runs on.
func (w *watch) hurry(cause string, hard *time.Timer) {
	if w.result.Cancelled != "" {
		return
	}
	w.result.Cancelled = cause
	t := w.cmd.Timings
	for _, s := range w.streams {
		s.deadline(time.Now().Add(t.CancelDrain))
	}
	hard.Reset(t.CancelDrain + t.grace())
}

// leave gives a stream up that is stuck: nobody reads what we write, or the
// disk does not answer.
func (w *watch) leave(s *stream) Output {
	s.abandon()
	t := time.NewTimer(w.cmd.Timings.grace())
	defer t.Stop()
	select {
	case o := <-s.finished:
		return s.output(o)
	case <-t.C:
		return s.output(Output{Truncated: true, SpoolError: "the evidence of this stream was not finished in time"})
	}
}
