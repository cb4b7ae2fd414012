package action

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/pkg/attest"
)

// Evidence is what was observed, before anything is made of it.
type Evidence struct {
	Step    Step
	Rows    []Row
	Sidecar []byte // the trace, where it is too large for the statement
	Secrets *secretScan
}

// Row is one collector's part of the evidence.
type Row struct {
	Name       string
	State      string // attest.StateRan and its siblings
	Reason     string // why it is off, not applicable or failed
	Section    Section
	Start, End time.Time
}

// Observe runs the step with every collector around it. It does not fail: a
// collector that fails leaves a gap, a step that fails leaves its exit code.
//
// The command's process is made first and stays frozen while the collectors
// start; only then does it exec the command.
func Observe(ctx context.Context, p Plan, gate Decision, d Deps) Evidence {
	ints := watchInterrupts(d.Signals, cancelBudget)
	defer ints.close()
	p.Secrets.hurry(func() bool { return ints.cancelled() != "" })

	ints.replay(p.early)
	stdout, stderr, release := p.output(d)
	proc, startErr := freeze(ctx, p, gate, d, stdout, stderr)
	target := Target{Plan: p, Cancelled: ints.signalled()}
	if proc != nil {
		target.PID, target.Process = proc.PID(), proc
	}
	list := collectors(p, d)
	rows := make([]Row, len(list))
	stops := startAll(ctx, ints, list, target, rows, d)

	s := runStep(ctx, p, proc, startErr, gate, ints, d)
	release()

	ctx, cancel := ints.withBudget(ctx)
	defer cancel()
	if s.Started {
		p.Secrets.settle(ctx)
	}
	stopAll(ctx, stops, s, rows, d)
	if s.Cancelled == "" {
		s.Cancelled = ints.cancelled() // it came after the step had ended
	}
	return Evidence{Step: s, Rows: rows, Secrets: p.Secrets}
}

// freeze makes the process unless the gate denies it.
func freeze(ctx context.Context, p Plan, gate Decision, d Deps, stdout, stderr io.Writer) (*step.Process, error) {
	if gate.Denied != "" {
		return nil, nil
	}
	var tap func(string) io.WriteCloser
	if p.Secrets != nil {
		tap = p.Secrets.tap
	}
	stdin := d.Stdin
	if p.Wrap != nil {
		stdin = p.Wrap.stdin // actions get none
	}
	return step.Start(ctx, step.Command{
		Args: p.Command, Dir: p.Dir, Env: p.Env,
		Stdin: stdin, Stdout: stdout, Stderr: stderr,
		SpoolDir: p.Scratch, Tap: tap, Redact: p.Redactor.Writer, Self: d.Self, Timings: stepTimings(), Now: d.Now,
	})
}

// startAll starts the collectors that are on, all at once: each has its own
// slot in rows and stops, so they share nothing.
func startAll(ctx context.Context, ints *interrupts, list []collector, t Target, rows []Row, d Deps) []Stop {
	ctx, cancel := ints.now(ctx)
	defer cancel()
	stops := make([]Stop, len(list))
	var wg sync.WaitGroup
	for i, c := range list {
		rows[i] = Row{Name: c.Name(), State: attest.StateOff, Start: d.Now()}
		if !c.on {
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			rows[i].judge(guarded(func() (err error) {
				stops[i], err = c.Start(ctx, t)
				return err
			}))
		}()
	}
	wg.Wait()
	return stops
}

// guarded turns a panic into an error: a collector with a fault is a gap, and
// costs neither the step's result nor the rest of the evidence.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("fault in the collector: %v", r)
		}
	}()
	return f()
}

// judge sets the state that an error, or none, stands for.
func (r *Row) judge(err error) {
	if err == nil {
		r.State = attest.StateRan
		return
	}
	if reason, ok := isNotApplicable(err); ok {
		r.State, r.Reason = attest.StateNotApplicable, reason
		return
	}
	r.State, r.Reason = attest.StateFailed, err.Error()
}

func stopAll(ctx context.Context, stops []Stop, s Step, rows []Row, d Deps) {
	var wg sync.WaitGroup
	for i, stop := range stops {
		if stop == nil {
			rows[i].End = d.Now()
			continue
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			rows[i].judge(guarded(func() (err error) {
				rows[i].Section, err = stop(ctx, s)
				return err
			}))
			rows[i].End = d.Now()
		}()
	}
	wg.Wait()
}

// runStep lets the frozen process go and waits for its end. A step that was
// denied, or cancelled while it was frozen, never starts.
func runStep(ctx context.Context, p Plan, proc *step.Process, startErr error, gate Decision, ints *interrupts, d Deps) Step {
	now := d.Now()
	never := Step{Start: now, End: now}
	switch {
	case gate.Denied != "":
		never.Reason = gate.Denied
		return never
	case startErr != nil:
		never.Reason, never.ExitCode = startErr.Error(), cannotStart
		d.Sink.Line(p.redact(fmt.Sprintf("cilock: %v", startErr)))
		return never
	case ints.cancelled() != "":
		proc.Abandon()
		never.Reason, never.Cancelled = "cancelled before it started", ints.cancelled()
		never.ExitCode = step.CancelExit(never.Cancelled)
		return never
	}
	if err := proc.Thaw(); err != nil {
		d.Sink.Line(p.redact(fmt.Sprintf("cilock: %v", err))) // Wait says it too, in the evidence
	}
	return proc.Wait(ctx, ints.toStep)
}

// cannotStart is what a shell answers for a command that it can not execute.
const cannotStart = 126

// stepTimings end a cancelled step early enough for the collectors to look at
// what it left: see cancelBudget.
func stepTimings() step.Timings {
	return step.Timings{
		Term: 2500 * time.Millisecond, Kill: 3200 * time.Millisecond,
		Gone: 300 * time.Millisecond, CancelDrain: 300 * time.Millisecond,
	}
}
