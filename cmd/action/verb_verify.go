package main

import (
	"context"
	"fmt"
	"io"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/internal/verify"
	"github.com/org/cilock-action/pkg/attest"
)

// verifyFlags are the flags of `verify`.
func verifyFlags(in *action.VerifyInputs) []flagSpec {
	return []flagSpec{
		{name: "--bundle", short: "-b", set: paths(&in.Bundles), help: "list, evidence to verify: Sigstore bundle or DSSE envelope; may be repeated"},
		{name: "--subjects", set: paths(&in.Subjects), help: "list, the same as positional subjects: files, or NAME@sha256:HEX"},
		{name: "--proof", set: paths(&in.Proofs), help: "list, inclusion proofs by prove: what they prove of the signed trees"},
		{name: "--key", short: "-k", set: firstAndMore(&in.Key, &in.MoreKeys), help: "public key, PEM file or env://NAME; repeated for envelopes of several signers"},
		{name: "--keyless", bool: true, set: toggle(&in.Keyless), help: "signed by a workflow or a person: needs --trusted-root and --verify-repo or --cert-identity"},
		{name: "--verify-repo", set: text(&in.Repository), help: "OWNER/REPO or URL: the repository whose workflow signed"},
		{name: "--verify-ref", set: text(&in.Ref), help: "the ref that it ran for, as refs/heads/main"},
		{name: "--verify-workflow", set: text(&in.Workflow), help: "the workflow that was started: its file, as .github/workflows/release.yml, or its URL with @ref"},
		{name: "--runner-environment", set: text(&in.Runner), help: "github-hosted or self-hosted"},
		{name: "--cert-identity", set: text(&in.Identity), help: "the name in the certificate, exactly"},
		{name: "--cert-identity-regexp", set: text(&in.IdentityPattern), help: "a pattern for the whole of it, anchored at both ends"},
		{name: "--cert-oidc-issuer", set: text(&in.Issuer), help: "who vouches for it (default: " + attest.GitHubIssuer + ")"},
		{name: "--cert", set: text(&in.Certificate), help: "the certificate that must have signed, PEM file"},
		{name: "--cert-chain", set: text(&in.Chain), help: "its authority's certificates up to the root, PEM file; without --cert an identity is needed"},
		{name: "--trusted-root", set: text(&in.TrustedRoot), help: "trusted_root.json of the Sigstore instance; nothing is fetched"},
		{name: "--fulcio-server-url", set: text(&in.FulcioURL), help: "this one of the trusted root's certificate authorities alone"},
		{name: "--rekor-server-url", set: text(&in.RekorURL), help: "this one of its logs alone"},
		{name: "--timestamp-server-url", set: text(&in.TimestampURL), help: "this one of its timestamp authorities alone"},
		{name: "--skip-subject-unsafe", bool: true, set: toggle(&in.NoSubject), help: "verify evidence without an artifact"},
		{name: "--skip-log-unsafe", bool: true, set: toggle(&in.SkipLogUnsafe), help: "need no entry of a transparency log"},
		{name: "--skip-timestamp-unsafe", bool: true, set: toggle(&in.SkipTimestampUnsafe), help: "need no trusted time"},
		{name: "--skip-sct-unsafe", bool: true, set: toggle(&in.SkipSCTUnsafe), help: "need no certificate transparency log"},
		{name: "--fail-on", set: text(&in.FailOn), help: "the mildest verdict that fails: fail (default), incomplete or warn"},
		{name: "--format", set: text(&in.Format), help: "text (default) or json"},
		{name: "--policy", set: only("none"), help: "none, the only value in this version"},
		{name: "--policy-key"},
		{name: "--policy-cert-identity"},
		{name: "--policy-cert-oidc-issuer"},
		{name: "--vsa", set: text(&in.Summary), help: "write a SLSA verification summary there: a predicate for `attest --type vsa`"},
	}
}

// firstAndMore is text for a flag that may be repeated: the first value goes
// to first, the others to more.
func firstAndMore(first *string, more *[]string) func(string) error {
	return func(v string) error {
		if *first == "" {
			return text(first)(v)
		}
		var next string
		err := text(&next)(v)
		*more = append(*more, next)
		return err
	}
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
	if in.Summary != "" {
		if err := writeSummary(result, in.Summary, d); err != nil {
			return verdict.ExitIO, err
		}
	}
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

// writeSummary writes what was verified for those who trust whoever signs it.
func writeSummary(r verify.Result, path string, d action.Deps) error {
	data, err := r.SummaryPredicate(verify.SummaryOptions{Now: d.Now()})
	if err != nil {
		return err
	}
	if err := filetree.Replace(path, data, 0o644, nil); err != nil {
		return fmt.Errorf("write the verification summary: %w", err)
	}
	return nil
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
	if in.Format != "" && in.Format != "text" && in.Format != "json" {
		return verify.Options{}, "", verdict.Misuse("format is %q, expected text or json", in.Format)
	}
	switch {
	case len(in.Bundles) == 0 && in.InAction:
		return verify.Options{}, "", verdict.Misuse("no evidence to verify: give the input bundle")
	case len(in.Subjects) == 0 && in.InAction:
		return verify.Options{}, "", verdict.Misuse("no subject: name the artifacts in the input subjects")
	case len(in.Bundles) == 0:
		return verify.Options{}, "", verdict.Misuse("no evidence to verify: give --bundle FILE")
	case len(in.Subjects) == 0 && !in.NoSubject:
		return verify.Options{}, "", verdict.Misuse("no subject: name the artifact, or say --skip-subject-unsafe")
	}
	trust, root, err := verifyTrust(in, d)
	if err != nil {
		return verify.Options{}, "", err
	}
	opts := verify.Options{
		Bundles: in.Bundles, Subjects: in.Subjects, Proofs: in.Proofs, Trust: trust, Root: root, Now: d.Now(), SkipSubjectUnsafe: in.NoSubject,
	}
	for _, skip := range []struct {
		set  bool
		flag string
	}{{in.SkipLogUnsafe, "--skip-log-unsafe"}, {in.SkipTimestampUnsafe, "--skip-timestamp-unsafe"}, {in.SkipSCTUnsafe, "--skip-sct-unsafe"}} {
		if skip.set {
			opts.Skipped = append(opts.Skipped, skip.flag)
		}
	}
	return opts, failOn, nil
}
