package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/pkg/trace"
)

// traceOff is the choice of a caller who wants no trace.
const traceOff = "off"

// traceCollector watches what the step does, through a tracer of its own.
type traceCollector struct{ tracer string }

func (traceCollector) Name() string { return "trace" }

func (c traceCollector) Start(ctx context.Context, t Target) (Stop, error) {
	switch {
	case t.Process == nil:
		return nil, &NotApplicable{"the step was never started"}
	case c.tracer == "":
		return nil, &NotApplicable{"this program cannot be started as a tracer"}
	case len(tracerd.Backends()) == 0 && t.Plan.Trace == tracerd.Auto:
		return nil, &NotApplicable{"there is no sensor for " + runtime.GOOS}
	}
	body := &traceBody{plan: t.Plan, summary: trace.NewSummary(trace.SummaryBounds{})}
	watch, err := tracerd.Start(ctx, tracerd.Options{
		Self: c.tracer, Backend: t.Plan.Trace, PID: t.PID,
		Prepare: t.Process.Prepare, LeaveOut: t.Process.LeaveOut, Handler: body.summary,
	})
	if err != nil {
		return nil, fmt.Errorf("no tracer: %s", t.Plan.Redactor.RedactString(err.Error()))
	}
	return func(ctx context.Context, s Step) (Section, error) {
		body.account = watch.Stop(ctx)
		body.sensor, body.instead = watch.Describe(), watch.Reasons()
		if s.Started {
			body.hashWritten(ctx)
		}
		return body.section(), nil
	}, nil
}

// traceBody is what was seen. Derive makes attestations of it.
type traceBody struct {
	plan    Plan
	summary *trace.Summary
	sensor  trace.Description
	account trace.Account
	instead []string
	limits  []string
	left    room // for the lists of the statement
}

// section is the account of the trace; its attestations are derived.
func (b *traceBody) section() Section {
	sec := Section{Phase: Execute, Body: b, Backend: b.sensor.Backend, Gaps: b.account.Gaps}
	for _, c := range b.account.Classes {
		dropped := b.summary.Dropped[c.Name]
		sec.Counts = append(sec.Counts, attest.TraceCount{
			Class: c.Name, Attempted: c.Attempted, Received: c.Received - min(c.Received, dropped), Deduplicated: c.Deduplicated, Lost: c.Lost + dropped,
		})
	}
	sec.Gaps = append(sec.Gaps, lossGaps(b.account.Classes, b.summary.Dropped)...)
	b.limits = append(b.limits, b.daemons()...)
	sec.Limits = slices.Concat(b.sensor.Limits, b.account.Limits, b.limits)
	return sec
}

// lossGaps are the gaps that the counts of a trace stand for. dropped is what
// the summary had no room for.
func lossGaps(classes []trace.Class, dropped map[string]uint64) (gaps []string) {
	for _, c := range classes {
		if lost := c.Lost + dropped[c.Name]; lost > 0 {
			gaps = append(gaps, fmt.Sprintf("%d of %d %s events were lost", lost, c.Attempted, c.Name))
		}
		if n := c.Unaccounted(); n != 0 {
			gaps = append(gaps, fmt.Sprintf("%d %s events are not accounted for", n, c.Name))
		}
	}
	return gaps
}

// daemons names the services that did work for the step: what they did is
// theirs, and no part of the tree that was watched.
func (b *traceBody) daemons() (limits []string) {
	seen := map[string]bool{}
	for _, p := range b.summary.Processes() {
		for _, r := range p.Reaches {
			name, ok := trace.DaemonSocket(r.Address)
			if ok && r.Family == "unix" && !seen[r.Address] {
				seen[r.Address] = true
				limits = append(limits, fmt.Sprintf("the step used %s through %s: what that did is not covered", name, r.Address))
			}
		}
	}
	return limits
}

// Bounds of what is hashed after the step beside its products.
const (
	maxWrittenFiles = 10_000
	maxWrittenBytes = 1 << 30
)

// hashWritten takes the digests of the files that the step wrote outside of its
// folder, as far as they are still those and may be read. Inside it they are
// products.
func (b *traceBody) hashWritten(ctx context.Context) {
	seen := map[[2]uint64]bool{}
	files, left, skipped := 0, int64(maxWrittenBytes), 0
	for _, p := range b.summary.Processes() {
		for _, f := range b.summary.Files(p) {
			id := [2]uint64{f.Dev, f.Ino}
			if f.Access&trace.Write == 0 || f.Errno != 0 || f.SHA256 != "" || f.Ino == 0 || seen[id] || !b.hashable(f) {
				continue
			}
			seen[id] = true
			if files++; files > maxWrittenFiles || left <= 0 || ctx.Err() != nil {
				skipped++
				continue
			}
			m := trace.Message{Kind: trace.Digest, PID: p.PID, Path: f.Path, Dev: f.Dev, Ino: f.Ino}
			if sum, size, err := hashSame(f, left); err == nil {
				m.SHA256 = sum
				left -= size
				b.summary.Handle(m)
			}
		}
	}
	if skipped > 0 {
		b.limits = append(b.limits, fmt.Sprintf("%d written files outside the working directory were not hashed: too many, or too large, or no time", skipped))
	}
}

// hashable leaves out what is no content (/proc, devices) and what the product
// collector hashes.
func (b *traceBody) hashable(f trace.OpenedFile) bool {
	if f.Marks&(trace.Memfd|trace.Deleted|trace.StringOnly|trace.Foreign) != 0 || !filepath.IsAbs(f.Path) {
		return false
	}
	for _, dir := range []string{b.plan.Dir, b.plan.Scratch, "/proc", "/sys", "/dev"} {
		if within(dir, f.Path) {
			return false
		}
	}
	return true
}

// within reports whether path is dir or below it.
func within(dir, path string) bool {
	rest, ok := strings.CutPrefix(path, dir)
	return ok && (rest == "" || rest[0] == '/' || dir == "/")
}

// hashSame hashes a file that is still the one that was opened.
func hashSame(f trace.OpenedFile, most int64) (sum string, size int64, err error) {
	file, err := filetree.OpenRegular(f.Path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", 0, err
	}
	if !sameInode(info, f.Dev, f.Ino) {
		return "", 0, errors.New("it is another file now")
	}
	h := sha256.New()
	if size, err = io.Copy(h, io.LimitReader(file, most+1)); err == nil && size > most {
		err = errors.New("it is too large")
	}
	return hex.EncodeToString(h.Sum(nil)), size, err
}
