package action

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/secretscan"
	"github.com/org/cilock-action/pkg/trace"
)

// TraceInputs is what `trace` was asked for.
type TraceInputs struct {
	Command []string
	Backend string // auto, ebpf or ptrace; empty: auto
	Out     string // file for the messages; empty: our standard output, "-" too
}

// TraceOnly runs a command and writes what it did as JSON lines, as it happens.
// Nothing is signed. The code is the command's, or that of an incomplete
// verdict if the trace has gaps.
func TraceOnly(ctx context.Context, in TraceInputs, d Deps) (code int, err error) {
	switch in.Backend {
	case "", tracerd.Auto, tracerd.EBPF, tracerd.Ptrace:
	default:
		return verdict.ExitMisuse, verdict.Misuse("backend is %q, expected auto, ebpf or ptrace", in.Backend)
	}
	if len(in.Command) == 0 {
		return verdict.ExitMisuse, verdict.Misuse("no command to trace: give it after --, as in `cilock trace --out FILE -- make`")
	}
	out := io.Writer(d.Stdout)
	if in.Out != "" && in.Out != "-" {
		if err := MayReplace("out", in.Out, "trace", strings.TrimSpace(trace.StreamHeader)); err != nil {
			return verdict.ExitMisuse, err
		}
		file, err := openOut(in.Out)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: make its folder first", err)
		}
		if err != nil {
			return verdict.ExitMisuse, verdict.Misuse("open the file for the trace: %w", err)
		}
		defer file.Close()
		out = file
	}
	redactor := NewRedactor(d.Environ)
	lines := newTraceWriter(out, redactor)
	result, account, err := traceStep(ctx, in, lines, d)
	if err != nil {
		return verdict.ExitIO, err
	}
	for _, limit := range account.Limits {
		d.Sink.Line("cilock: limit: " + limit)
	}
	for _, pid := range account.Survivors {
		d.Sink.Line(fmt.Sprintf("cilock: survivor: %d", pid))
	}
	for _, gap := range account.Gaps {
		d.Sink.Line("cilock: gap: " + redactor.RedactString(gap))
	}
	for _, c := range account.Classes {
		d.Sink.Line(fmt.Sprintf("cilock: %s events: %d attempted, %d received, %d deduplicated, %d lost", c.Name, c.Attempted, c.Received, c.Deduplicated, c.Lost))
	}
	if err := lines.Flush(); err != nil {
		return verdict.ExitIO, err
	}
	if result.ExitCode == 0 && len(account.Gaps) > 0 {
		return verdict.ExitIncomplete, nil
	}
	return result.ExitCode, nil
}

// openOut opens the file for the trace. A fifo that nobody reads is an error: to
// open it would wait, and no signal ends that.
func openOut(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|filetree.NonBlock, 0o600)
}

// traceStep runs the command under a tracer, or without one if there is none:
// then that is a gap.
func traceStep(ctx context.Context, in TraceInputs, h trace.Handler, d Deps) (Step, trace.Account, error) {
	ints := watchInterrupts(d.Signals, cancelBudget)
	defer ints.close()
	proc, err := step.Start(ctx, step.Command{
		Args: in.Command, Env: stepEnv(d.Environ, "", false), Stdin: d.Stdin, Stdout: d.Stdout, Stderr: d.Stderr,
		Self: d.Self, Timings: stepTimings(), Now: d.Now,
	})
	if err != nil {
		return Step{}, trace.Account{}, err
	}
	armCtx, cancel := ints.now(ctx)
	watch, err := tracerd.Start(armCtx, tracerd.Options{
		Self: d.Tracer, Backend: cmp.Or(in.Backend, tracerd.Auto), PID: proc.PID(),
		Prepare: proc.Prepare, LeaveOut: proc.LeaveOut, Handler: h,
	})
	cancel()
	if err != nil {
		d.Sink.Line("cilock: backend: none")
	} else {
		sayWatch(watch.Describe(), d)
	}
	gap := err
	if err := proc.Thaw(); err != nil {
		d.Sink.Line(fmt.Sprintf("cilock: %v", err))
	}
	result := proc.Wait(ctx, ints.toStep)
	if gap != nil {
		return result, trace.Account{Gaps: []string{"no tracer: " + gap.Error()}}, nil
	}
	ctx, cancel = ints.withBudget(ctx)
	defer cancel()
	account := watch.Stop(ctx)
	account.Gaps = append(account.Gaps, lossGaps(account.Classes, nil)...)
	return result, account, nil
}

// sayWatch says what is watching, where it listens and what it never sees.
func sayWatch(w trace.Description, d Deps) {
	d.Sink.Line("cilock: backend: " + w.Backend)
	for _, h := range w.Hooks {
		d.Sink.Line("cilock: hook: " + h.Name + ": " + h.How)
	}
	for _, limit := range w.Limits {
		d.Sink.Line("cilock: limit: " + limit)
	}
}

// traceWriter writes messages with their arguments redacted as such.
type traceWriter struct {
	*trace.LineWriter
	redactor *secretscan.Redactor
}

func newTraceWriter(w io.Writer, r *secretscan.Redactor) *traceWriter {
	return &traceWriter{trace.NewLineWriter(w, func(s string) string { return recordedText(r.RedactString(s)) }), r}
}

// Handle writes one message.
func (w *traceWriter) Handle(m trace.Message) {
	if len(m.Args) > 0 {
		m.Args = w.redactor.RedactArgs(m.Args)
	}
	w.LineWriter.Handle(m)
}
