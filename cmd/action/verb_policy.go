package main

import (
	"context"
	"fmt"
	"os"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
)

// policyFlags are the flags of `policy`.
func policyFlags(in *action.PolicySignInputs) []flagSpec {
	return append([]flagSpec{
		{name: "--outfile", short: "-o", set: text(&in.Outfile), help: "build: the document (default: standard output); sign: the signed policy"},
	}, signingFlags(&in.Signing)...)
}

// policyVerb is `cilock policy build|sign|check|test [flags] PATH...`.
func policyVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.PolicySignInputs
	words, rest, err := parseFlags("policy", args, policyFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if words = append(words, rest...); len(words) < 2 {
		return verdict.ExitMisuse, verdict.Misuse("policy needs one of build, sign, check and test, and a file: `cilock help policy`")
	}
	do, paths := words[0], words[1:]
	if len(paths) > 1 && do != "test" {
		return verdict.ExitMisuse, verdict.Misuse("policy %s takes one file, not %q as well", do, paths[1])
	}
	switch do {
	case "build":
		return policyBuild(paths[0], in.Outfile, d)
	case "sign":
		in.File = paths[0]
		return policySign(ctx, in, d)
	case "check":
		return policyCheck(paths[0], d)
	case "test":
		return policyTest(ctx, paths, d)
	}
	return verdict.ExitMisuse, verdict.Misuse("policy %q: expected build, sign, check or test", do)
}

func policyBuild(plan, outfile string, d action.Deps) (int, error) {
	if outfile != "" { // before all else: the plan itself is the file that is most easily named twice
		if err := action.MayReplace("outfile", outfile, "policy document", `{"expires":`); err != nil {
			return verdict.ExitMisuse, err
		}
	}
	text, err := action.BuildPolicy(plan)
	if err != nil {
		return verdict.CodeOf(err), err
	}
	if outfile == "" {
		if _, err := d.Stdout.Write(text); err != nil {
			return verdict.ExitIO, fmt.Errorf("write the policy: %w", err)
		}
		return verdict.ExitOK, nil
	}
	if err := action.WritePolicy(outfile, text); err != nil {
		return verdict.ExitIO, err
	}
	mistakes, err := action.BuiltMistakes(text, d.Now()) // what the author may mean
	if err != nil {
		return verdict.CodeOf(err), err
	}
	var lines []string
	for _, m := range mistakes {
		lines = append(lines, "warn: "+m)
	}
	return tell(d, verdict.ExitOK, append(lines, "policy: "+outfile, "next: cilock policy sign --key KEY.pem "+action.ShellQuote(outfile)+" -o SIGNED.json")...)
}

func policySign(ctx context.Context, in action.PolicySignInputs, d action.Deps) (int, error) {
	if in.Outfile == "" {
		return verdict.ExitMisuse, verdict.Misuse("policy sign needs -o FILE for the signed policy")
	}
	out, err := action.SignPolicy(ctx, in, d)
	if err != nil {
		return verdict.CodeOf(err), err
	}
	var lines []string
	for _, f := range out.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s", f.Verdict, f))
	}
	lines = append(lines, "policy: "+out.Paths[0], "next: "+out.Next)
	return tell(d, out.Code, lines...)
}

func policyCheck(path string, d action.Deps) (int, error) {
	mistakes, err := action.CheckPolicy(path, d.Now())
	if err != nil {
		return verdict.CodeOf(err), err
	}
	if len(mistakes) == 0 {
		return tell(d, verdict.ExitOK, "verdict: pass")
	}
	lines := []string{"verdict: fail"}
	for _, m := range mistakes {
		lines = append(lines, "mistake: "+m)
	}
	return tell(d, verdict.ExitDenied, lines...)
}

func policyTest(ctx context.Context, paths []string, d action.Deps) (int, error) {
	results, err := action.TestPolicy(ctx, paths)
	if err != nil {
		return verdict.CodeOf(err), err
	}
	var failed []string
	for _, r := range results {
		if !r.Passed {
			failed = append(failed, fmt.Sprintf("FAIL  %s of %s: %s", r.Name, r.Module, r.Err))
		}
	}
	if len(failed) > 0 {
		lines := append([]string{"verdict: fail"}, failed...)
		return tell(d, verdict.ExitDenied, append(lines, fmt.Sprintf("tests: %d, %d failed", len(results), len(failed)))...)
	}
	return tell(d, verdict.ExitOK, "verdict: pass", fmt.Sprintf("tests: %d", len(results)))
}

// tell prints facts through the sink.
func tell(d action.Deps, code int, lines ...string) (int, error) {
	for _, line := range lines {
		if err := d.Sink.Line(line); err != nil {
			return verdict.ExitIO, err
		}
	}
	return code, nil
}

// evaluateVerb is the hidden process that evaluates a policy's modules.
func evaluateVerb() (int, error) {
	if err := policy.Serve(os.Stdin, os.Stdout); err != nil {
		return verdict.ExitIO, err
	}
	return verdict.ExitOK, nil
}
