package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/report"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/internal/verify"
)

// reportFlags are the flags of `report`: its own two, and those of `verify` but
// for what says where a verdict goes.
func reportFlags(in *action.ReportInputs) []flagSpec {
	of := slices.DeleteFunc(verifyFlags(&in.Verify), func(f flagSpec) bool {
		return slices.Contains([]string{"--format", "--vsa", "--vsa-key", "--skip-subject-unsafe"}, f.name)
	})
	return append([]flagSpec{
		{name: "--out", short: "-o", set: text(&in.Out), help: "the HTML file; an earlier report is replaced, and nothing else"},
		{name: "--trace", set: text(&in.Trace), help: "trace of a bundle that has it not inside (default: FILE.trace.jsonl.zst beside it)"},
	}, of...)
}

// reportVerb is `cilock report --bundle FILE... --out FILE.html`.
func reportVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.ReportInputs
	positional, rest, err := parseFlags("report", args, reportFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Verify.Subjects = append(append(in.Verify.Subjects, positional...), rest...)
	switch {
	case in.Out == "":
		return verdict.ExitMisuse, verdict.Misuse("no report to write: give --out FILE.html")
	case len(in.Verify.Bundles) == 0:
		return verdict.ExitMisuse, verdict.Misuse("no evidence to show: give --bundle FILE")
	}
	out, err := action.PagePlace("out", in.Out)
	if err != nil {
		return verdict.ExitMisuse, err
	}
	var texts []verify.Text
	var files []string
	for _, path := range in.Verify.Bundles {
		texts, files = append(texts, verify.ReadBundles(path)...), append(files, filepath.Base(path))
	}
	page := report.Input{}
	if page.Bundles, err = action.PageBundles(texts, in.Trace); err != nil {
		return verdict.CodeOf(err), err
	}
	code := verdict.ExitOK
	if asksToVerify(in.Verify) {
		page.Command = sameCommand(args, len(in.Verify.Subjects) > 0, d)
		page.Judgement, code, err = reportJudgement(ctx, in.Verify, texts, d)
		if err != nil {
			return code, err
		}
	} else {
		page.Command = action.VerifyCommand(page.Bundles, files, "")
		page.Judgement = report.Unverified(page.Bundles)
	}
	data, err := report.Render(page)
	if err != nil {
		return verdict.ExitMisuse, verdict.Misuse("make the report: %w", err)
	}
	if err := filetree.Replace(out, data, 0o644, nil); err != nil {
		return verdict.ExitIO, fmt.Errorf("write report %s: %w", out, err)
	}
	said := []string{"cilock: verdict: not verified: give --key, or what else verify takes"}
	if page.Judgement.Verdict != "" {
		said[0] = fmt.Sprintf("cilock: verdict: %s", page.Judgement.Verdict)
		for _, f := range page.Judgement.Findings { // a log shows why the step failed, without the page
			said = append(said, fmt.Sprintf("cilock: %s: %s", f.Verdict, f))
		}
	}
	if err := printLines(d.Sink, said); err != nil {
		return verdict.ExitIO, err
	}
	return code, d.Sink.Line(fmt.Sprintf("cilock: report: %s, %d bytes", out, len(data)))
}

// asksToVerify reports whether the caller said anything that verify needs. Some of
// it alone is then refused there.
func asksToVerify(in action.VerifyInputs) bool {
	return !reflect.DeepEqual(in, action.VerifyInputs{Bundles: in.Bundles, Subjects: in.Subjects}) || len(in.Subjects) > 0
}

// reportJudgement verifies what was read, as `verify` does. Without an artifact
// the verdict is warn at best, as there.
func reportJudgement(ctx context.Context, in action.VerifyInputs, texts []verify.Text, d action.Deps) (report.Judgement, int, error) {
	in.NoSubject = len(in.Subjects) == 0
	opts, failOn, err := verifyOptions(in, d)
	refused := new(policy.RefusedError)
	if err != nil && !errors.As(err, &refused) {
		return report.Judgement{}, verdict.ExitMisuse, err
	}
	var result verify.Result
	if err != nil {
		result = verify.Refused(in.Policy.Policy, refused)
	} else {
		opts.Bundles, opts.Read = nil, texts
		result = verify.Verify(ctx, opts)
	}
	result.Redact(action.NewRedactor(d.Environ).RedactString)
	return report.OfVerification(result), result.ExitCode(failOn), nil
}

// sameCommand is the verification that the caller asked for, by itself.
func sameCommand(args []string, withSubject bool, d action.Deps) string {
	words := []string{"cilock", "verify"}
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		switch {
		case slices.Contains([]string{"--out", "-o", "--trace"}, name):
			if !hasValue {
				i++
			}
		case strings.HasPrefix(name, "-") && hasValue:
			words = append(words, name+"="+action.ShellQuote(value))
		case strings.HasPrefix(name, "-"):
			words = append(words, name)
		default:
			words = append(words, action.ShellQuote(args[i]))
		}
	}
	if !withSubject {
		words = append(words, "--skip-subject-unsafe")
	}
	return action.NewRedactor(d.Environ).RedactString(strings.Join(words, " "))
}
