package main

import (
	"context"
	"errors"
	"io"
	"regexp"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/policy"
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
		{name: "--verify-commit", set: text(&in.Commit), help: "commit that the certificate of every signature must name; also beside a policy"},
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
		{name: "--policy", set: text(&in.Policy.Policy), help: "signed policy that decides, or pack:NAME; evidence is then by its functionaries (default: none)"},
		{name: "--policy-key", set: text(&in.Policy.Key), help: "public key of the policy's signer, PEM file or env://NAME"},
		{name: "--policy-cert-identity", set: text(&in.Policy.Identity), help: "or the name in the signer's certificate, exactly; needs --trusted-root"},
		{name: "--policy-cert-identity-regexp", set: text(&in.Policy.IdentityPattern), help: "or a pattern for the whole of it"},
		{name: "--policy-cert-oidc-issuer", set: text(&in.Policy.Issuer), help: "who vouches for that name (default: " + attest.GitHubIssuer + ")"},
		{name: "--policy-min-version", set: text(&in.Policy.MinVersion), help: "refuse a policy of an older version"},
		{name: "--vsa", set: text(&in.Summary), help: "write a SLSA verification summary there: a predicate for `attest --type vsa`"},
		{name: "--vsa-key", set: text(&in.SummaryKey), help: "private key: write it as a signed statement instead, and only if the verdict is pass"},
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
func verifyVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.VerifyInputs
	positional, rest, err := parseFlags("verify", args, verifyFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	in.Subjects = append(append(in.Subjects, positional...), rest...)
	return verifyInputs(ctx, in, d)
}

// verifyInputs refuses what would prove nothing, then verifies and prints.
func verifyInputs(ctx context.Context, in action.VerifyInputs, d action.Deps) (int, error) {
	key, err := summaryKey(in, d)
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if in.Summary != "" {
		if err := action.MayReplace("vsa", in.Summary, "verification summary", `{"verifier":{"id":"`+attest.VerifierID, `{"mediaType":"application/vnd.dev.sigstore.bundle`); err != nil {
			return verdict.ExitMisuse, err
		}
	}
	opts, failOn, err := verifyOptions(in, d)
	refused := new(policy.RefusedError)
	if err != nil && !errors.As(err, &refused) {
		return verdict.ExitMisuse, err
	}
	var result verify.Result
	if err != nil {
		result = verify.Refused(in.Policy.Policy, refused)
	} else {
		result = verify.Verify(ctx, opts)
	}
	var unwritten error // of the summary: the verdict is told all the same
	if in.Summary != "" {
		unwritten = writeSummary(ctx, result, in.Summary, key, d)
	}
	result.Redact(action.NewRedactor(d.Environ).RedactString)
	if err := errors.Join(tellResult(in, result, d), unwritten); err != nil {
		return verdict.ExitIO, err
	}
	return result.ExitCode(failOn), nil
}

// tellResult prints the verdict, as a tree or as JSON, and in the action tells the
// runner.
func tellResult(in action.VerifyInputs, r verify.Result, d action.Deps) error {
	if in.Format == "json" {
		text, err := r.JSON()
		if err == nil {
			_, err = io.WriteString(d.Stdout, text)
		}
		return err
	}
	for _, line := range r.Lines() {
		if err := d.Sink.Line(line); err != nil {
			return err
		}
	}
	if in.InAction {
		return tellRunner(r, d)
	}
	return nil
}

// tellRunner annotates what did not hold, and sets the verdict and the policy as
// outputs. The other outputs are about a run.
func tellRunner(r verify.Result, d action.Deps) error {
	for _, f := range r.Findings {
		level := sink.Warning
		if f.Verdict == verdict.Fail {
			level = sink.Error
		}
		d.Sink.Annotate(level, sink.Properties{Title: "cilock: verify"}, f.String())
	}
	d.Sink.Flush()
	if r.Policy != nil && r.Policy.Case != nil {
		if err := d.Sink.SetOutput("policy-digest", r.Policy.Digest); err != nil {
			return err
		}
	}
	return d.Sink.SetOutput("verdict", string(r.Verdict))
}

// commitName is a commit's whole id, of SHA-1 or SHA-256.
var commitName = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

func verifyOptions(in action.VerifyInputs, d action.Deps) (verify.Options, verdict.FailOn, error) {
	failOn, err := verdict.ParseFailOn(in.FailOn)
	if err != nil {
		return verify.Options{}, "", err
	}
	if in.Commit != "" && !commitName.MatchString(in.Commit) {
		return verify.Options{}, "", verdict.Misuse("verify-commit is %q, expected a whole commit id in lower-case hex", in.Commit)
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
	trust, root, decided, err := verifyTrusts(in, d)
	if err != nil {
		return verify.Options{}, failOn, err
	}
	opts := verify.Options{
		Policy: decided, Evaluate: action.EvaluatePolicy(decided, d),
		Bundles: in.Bundles, Subjects: in.Subjects, Proofs: in.Proofs, Commit: in.Commit, Trust: trust, Root: root, Now: d.Now(), SkipSubjectUnsafe: in.NoSubject,
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
