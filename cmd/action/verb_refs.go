package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/refs"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/verdict"
)

// refsFlags are the flags of `refs`.
func refsFlags(in *action.RefsInputs) []flagSpec {
	return []flagSpec{
		{name: "--format", set: text(&in.Format), help: "text, github, json or sarif (default: text; github in a job of GitHub Actions)"},
		{name: "--resolve", set: text(&in.Resolve), help: "off: each file by itself; local (default): also inside actions of this machine; online: also prove commits"},
		{name: "--fail-on", set: text(&in.FailOn), help: "the mildest finding that fails: error (default) or warning; unpinned is a warning"},
		{name: "--fix", bool: true, set: toggle(&in.Fix), help: "pin in place what is proved; needs --resolve online"},
		{name: "--deny", set: text(&in.Deny), help: "file of commits that nobody shall use, a line each: OWNER/REPO SHA reason"},
	}
}

// refsVerb is `cilock refs [flags] [PATH...]`.
func refsVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.RefsInputs
	positional, rest, err := parseFlags("refs", args, refsFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Paths = append(positional, rest...)
	return refsInputs(ctx, in, d)
}

// refsInputs refuses what cannot be done, then reads, judges and prints.
func refsInputs(ctx context.Context, in action.RefsInputs, d action.Deps) (int, error) {
	failOn, err := refsOptions(&in, d)
	if err != nil {
		return verdict.ExitMisuse, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return verdict.ExitMisuse, verdict.Misuse("find the current folder: %w", err)
	}
	world, done, err := action.RefsWorld(in.Resolve, in.Deny, dir, d.Environ)
	defer done()
	if err != nil {
		return verdict.ExitMisuse, err
	}
	var report refs.Report
	var fixed refs.Fixed
	if name := untilCancelled(ctx, d.Signals, func(ctx context.Context) { report, fixed = readRefs(ctx, in, world) }); name != "" {
		return step.CancelExit(name), fmt.Errorf("read action references: ended by %s", name)
	}
	redact := action.NewRedactor(d.Environ).RedactString
	report.Redact(redact)
	findings := refs.Judge(report)
	if err := tellFixed(fixed, in, redact, d); err != nil {
		return verdict.ExitIO, err
	}
	if err := tellRefs(report, findings, in, d); err != nil {
		return verdict.ExitIO, err
	}
	return failOn.Code(refs.Verdict(findings)), nil
}

// readRefs scans and follows. After a fix it looks again: what is reported is
// what the files hold then.
func readRefs(ctx context.Context, in action.RefsInputs, world refs.World) (report refs.Report, fixed refs.Fixed) {
	ctx, cancel := context.WithTimeout(ctx, action.ResolveTimeout)
	defer cancel()
	look := func() {
		report = refs.Scan(in.Paths)
		if in.Resolve != action.ResolveOff {
			report.Follow(ctx, world)
		}
	}
	if look(); in.Fix && ctx.Err() == nil {
		if fixed = refs.Fix(report); fixed.Pinned > 0 {
			look()
		}
	}
	return report, fixed
}

// tellFixed says what was pinned, on stderr where stdout is a document.
func tellFixed(f refs.Fixed, in action.RefsInputs, redact func(string) string, d action.Deps) error {
	if !in.Fix {
		return nil
	}
	s := d.Sink
	if in.Format == "json" || in.Format == "sarif" {
		s = action.QuietSink(d.Stderr)
	}
	lines := []string{fmt.Sprintf("pinned: %d references in %d files", f.Pinned, len(f.Files))}
	for _, left := range f.Left {
		lines = append(lines, "left alone: "+redact(left))
	}
	return printLines(s, lines)
}

// refsOptions checks the inputs, and fills in the format.
func refsOptions(in *action.RefsInputs, d action.Deps) (verdict.FailOn, error) {
	failOn, err := refs.ParseFailOn(in.FailOn)
	if err != nil {
		return "", err
	}
	if in.Resolve, err = action.ParseResolve(in.Resolve); err != nil {
		return "", err
	}
	switch {
	case in.Fix && in.Resolve != action.ResolveOnline:
		return "", verdict.Misuse("--fix needs --resolve online: only a proved commit is written")
	case in.Deny != "" && in.Resolve == action.ResolveOff:
		return "", verdict.Misuse("--deny needs --resolve local or online")
	}
	switch in.Format {
	case "text", "github", "json", "sarif":
	case "":
		in.Format = "text"
		if d.Sink.InActions() {
			in.Format = "github"
		}
	default:
		return "", verdict.Misuse("format is %q, expected text, github, json or sarif", in.Format)
	}
	for _, p := range in.Paths {
		if _, err := os.Lstat(p); errors.Is(err, fs.ErrNotExist) {
			return "", verdict.Misuse("read action references of %s: there is no such file or folder", p)
		}
	}
	return failOn, nil
}

// tellRefs prints in the format that was asked for. Its error is output that
// was lost.
func tellRefs(r refs.Report, findings []refs.Finding, in action.RefsInputs, d action.Deps) error {
	switch in.Format {
	case "json":
		text, err := refs.JSON(r)
		return write(d.Stdout, text, err)
	case "sarif":
		text, err := refs.SARIF(findings, checkout(d))
		return write(d.Stdout, text, err)
	case "github":
		return annotateRefs(r, findings, in, d)
	}
	return printLines(d.Sink, refs.Lines(r, findings))
}

// annotateRefs prints the lines, then the annotations; those that the runner
// would drop go into the job summary. Whoever asks for the format outside of a
// job gets the commands too.
func annotateRefs(r refs.Report, findings []refs.Finding, in action.RefsInputs, d action.Deps) error {
	s := d.Sink
	if !s.InActions() {
		s = sink.New(sink.Options{Writer: d.Stdout, Getenv: func(name string) string {
			if name == "GITHUB_ACTIONS" {
				return "true"
			}
			return d.Getenv(name)
		}})
	}
	if err := printLines(s, refs.Lines(r, findings)); err != nil {
		return err
	}
	rest, err := refs.Annotate(findings, checkout(d), s)
	if err != nil {
		return err
	}
	if err := summarize(s, refs.Markdown(r, findings, rest)); err != nil {
		return err
	}
	if in.InAction {
		return refsOutputs(findings, d)
	}
	return nil
}

// refsOutputs sets the outputs of action.yml that are about references.
func refsOutputs(findings []refs.Finding, d action.Deps) error {
	text, err := refs.SARIF(findings, checkout(d))
	if err != nil {
		return err
	}
	path, err := writeSARIF(text, "cilock-refs-*.sarif", d)
	if err != nil {
		return err
	}
	return setOutputs(d, [][2]string{
		{"verdict", string(refs.Verdict(findings))},
		{"findings-count", strconv.Itoa(len(findings))},
		{"sarif-path", path},
	})
}
