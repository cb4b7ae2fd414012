package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// attestFlags are the flags of `attest`.
func attestFlags(in *action.AttestInputs) []flagSpec {
	return append([]flagSpec{
		{name: "--type", set: text(&in.Type), help: "predicate type: a URI, or slsaprovenance1, vsa, spdx, cyclonedx, openvex, vuln"},
		{name: "--predicate", set: text(&in.Predicate), help: "file with the predicate, one JSON object (slsaprovenance1: made here without it)"},
		{name: "--subjects", set: paths(&in.Subjects), help: "list of paths or NAME@sha256:HEX; also as arguments"},
		{name: "--outfile", short: "-o", set: text(&in.Outfile), help: "the bundle (default: attestation.cilock.json); each 1,024 subjects have one"},
		{name: "--log-later", set: text(&in.LogLater), help: "bundle to add the log entry to that it could not get when it was signed"},
		{name: "--countersign", set: text(&in.Countersign), help: "in a job, evidence that another job of this run signed with a key of its own: sign it again as this job"},
	}, signingFlags(&in.Signing)...)
}

// attestVerb is `cilock attest [flags] SUBJECT...`.
func attestVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.AttestInputs
	positional, rest, err := parseFlags("attest", args, attestFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Subjects = append(append(in.Subjects, positional...), rest...)
	if in.LogLater != "" {
		return logLater(ctx, in, d)
	}
	return attestInputs(ctx, in, d)
}

// attestInputs signs and says where the bundles are.
func attestInputs(ctx context.Context, in action.AttestInputs, d action.Deps) (int, error) {
	written, err := signed(ctx, in, d)
	if err != nil {
		return verdict.CodeOf(err), err
	}
	redact := action.NewRedactor(d.Environ).RedactString
	var lines []string
	for _, path := range written.Paths {
		lines = append(lines, "attestation: "+path)
	}
	for _, f := range written.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s", f.Verdict, f))
	}
	if written.Next != "" {
		lines = append(lines, "next: "+written.Next)
	}
	for _, line := range lines {
		if err := d.Sink.Line(redact("cilock: " + line)); err != nil {
			return verdict.ExitIO, err
		}
	}
	if in.InAction {
		if err := attestOutputs(written, d); err != nil {
			return verdict.ExitIO, err
		}
	}
	return written.Code, nil
}

// signed signs a statement of the caller's, or evidence of another job again.
func signed(ctx context.Context, in action.AttestInputs, d action.Deps) (action.AttestResult, error) {
	if in.Countersign == "" {
		return action.Attest(ctx, in, d)
	}
	if in.Type != "" || in.Predicate != "" || len(in.Subjects) > 0 || in.Outfile != "" {
		return action.AttestResult{}, verdict.Misuse("countersign signs evidence that is there: give no type, predicate, subjects or outfile")
	}
	return action.Countersign(ctx, in.Countersign, in.Signing, d)
}

// attestOutputs sets the outputs of action.yml: where there are several bundles,
// each has a line, as the input of mode verify takes them.
func attestOutputs(written action.AttestResult, d action.Deps) error {
	for _, kv := range [][2]string{
		{"verdict", string(verdict.Of(written.Findings))},
		{"bundle-path", strings.Join(written.Paths, "\n")},
	} {
		if err := d.Sink.SetOutput(kv[0], kv[1]); err != nil {
			return err
		}
	}
	return nil
}

// logLater is `cilock attest --log-later BUNDLE`.
func logLater(ctx context.Context, in action.AttestInputs, d action.Deps) (int, error) {
	if in.Type != "" || in.Predicate != "" || len(in.Subjects) > 0 || in.Outfile != "" || in.Countersign != "" {
		return verdict.ExitMisuse, verdict.Misuse("log-later completes a bundle that is there: give no type, predicate, subjects or outfile")
	}
	err := action.LogLater(ctx, in.LogLater, in.Signing, d)
	if err != nil {
		return verdict.CodeOf(err), err
	}
	return verdict.ExitOK, d.Sink.Line(action.NewRedactor(d.Environ).RedactString("cilock: logged: " + in.LogLater))
}
