package main

import (
	"context"
	"io"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/internal/verify"
	"github.com/org/cilock-action/pkg/attest"
)

// verifyFlags are the flags of `verify`.
func verifyFlags(in *action.VerifyInputs) []flagSpec {
	return append([]flagSpec{
		{name: "--bundle", short: "-b", set: paths(&in.Bundles), help: "list, evidence to verify: Sigstore bundle or DSSE envelope; may be repeated"},
		{name: "--subjects", set: paths(&in.Subjects), help: "list, the same as positional subjects: files, or NAME@sha256:HEX"},
		{name: "--proof", set: paths(&in.Proofs), help: "list, inclusion proofs by prove: what they prove of the signed trees"},
		{name: "--key", short: "-k", set: text(&in.Key), help: "public key, PEM file or env://NAME"},
		{name: "--skip-subject-unsafe", bool: true, set: toggle(&in.NoSubject), help: "verify evidence without an artifact"},
		{name: "--fail-on", set: text(&in.FailOn), help: "the mildest verdict that fails: fail (default), incomplete or warn"},
		{name: "--format", set: text(&in.Format), help: "text (default) or json"},
		{name: "--policy", set: only("--policy", "none"), help: "none, the only value in this version"},
		{name: "--cert-identity"},
		{name: "--cert-identity-regexp"},
		{name: "--cert-oidc-issuer"},
		{name: "--verify-repo"},
		{name: "--verify-ref"},
		{name: "--policy-key"},
		{name: "--policy-cert-identity"},
		{name: "--policy-cert-oidc-issuer"},
		{name: "--vsa"},
	}, trustFlags()...)
}

// verifyVerb is `cilock verify [flags] SUBJECT...`.
func verifyVerb(_ context.Context, args []string, d action.Deps) (int, error) {
	var in action.VerifyInputs
	positional, rest, err := parseFlags(args, verifyFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Subjects = append(append(in.Subjects, positional...), rest...)
	return verifyInputs(in, d)
}

// verifyInputs refuses what would prove nothing, then verifies and prints.
func verifyInputs(in action.VerifyInputs, d action.Deps) (int, error) {
	opts, failOn, err := verifyOptions(in, d)
	if err != nil {
		return verdict.ExitMisuse, err
	}
	result := verify.Verify(opts)
	result.Redact(action.NewRedactor(d.Environ).RedactString)
	if in.Format == "json" {
		text, err := result.JSON()
		if err == nil {
			_, err = io.WriteString(d.Stdout, text)
		}
		if err != nil {
			return verdict.ExitIO, err
		}
		return failOn.Code(result.Verdict), nil
	}
	for _, line := range result.Lines() {
		if err := d.Sink.Line(line); err != nil {
			return verdict.ExitIO, err
		}
	}
	if in.InAction {
		if err := tellRunner(result, d); err != nil {
			return verdict.ExitIO, err
		}
	}
	return failOn.Code(result.Verdict), nil
}

// tellRunner annotates what did not hold, and sets the verdict as output. The
// other outputs are about a run.
func tellRunner(r verify.Result, d action.Deps) error {
	for _, f := range r.Findings {
		level := sink.Warning
		if f.Verdict == verdict.Fail {
			level = sink.Error
		}
		d.Sink.Annotate(level, sink.Properties{Title: "cilock: verify"}, f.String())
	}
	d.Sink.Flush()
	return d.Sink.SetOutput("verdict", string(r.Verdict))
}

func verifyOptions(in action.VerifyInputs, d action.Deps) (verify.Options, verdict.FailOn, error) {
	failOn, err := verdict.ParseFailOn(in.FailOn)
	if err != nil {
		return verify.Options{}, "", err
	}
	switch {
	case in.Format != "" && in.Format != "text" && in.Format != "json":
		return verify.Options{}, "", verdict.Misuse("format is %q, expected text or json", in.Format)
	case in.Key == "":
		return verify.Options{}, "", verdict.Misuse("no key to verify with: give --key PUBLIC_KEY.pem")
	case len(in.Bundles) == 0:
		return verify.Options{}, "", verdict.Misuse("no evidence to verify: give --bundle FILE")
	case len(in.Subjects) == 0 && !in.NoSubject:
		return verify.Options{}, "", verdict.Misuse("no subject: name the artifact, or say --skip-subject-unsafe")
	}
	text, name, err := action.ReadKey(in.Key, d.Getenv)
	if err != nil {
		return verify.Options{}, "", err
	}
	key, err := attest.ParsePublicKey(text)
	if err != nil {
		return verify.Options{}, "", verdict.Misuse("verification key %s: %w", name, err)
	}
	return verify.Options{Bundles: in.Bundles, Subjects: in.Subjects, Proofs: in.Proofs, Key: key, SkipSubjectUnsafe: in.NoSubject}, failOn, nil
}

// trustFlags are those of keyless and certificate verification.
func trustFlags() []flagSpec {
	return []flagSpec{
		{name: "--cert"},
		{name: "--cert-chain"},
		{name: "--keyless", bool: true},
		{name: "--identity-token"},
		{name: "--fulcio-server-url"},
		{name: "--rekor-server-url"},
		{name: "--timestamp-server-url"},
		{name: "--signing-config"},
		{name: "--trusted-root"},
	}
}
