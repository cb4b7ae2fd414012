package main

import (
	"context"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// runFlags are the flags of `run`; in is where they go.
func runFlags(in *action.Inputs) []flagSpec {
	return append([]flagSpec{
		{name: "--step", short: "-s", set: text(&in.Step), help: "name of the step in the evidence (default: the command's)"},
		{name: "--workingdir", short: "-d", set: text(&in.WorkingDir), help: "where the command runs (default: here); the root of materials and products"},
		{name: "--resolve", set: text(&in.Resolve), help: "how far action references are followed: off, local (default) or online"},
		{name: "--deny", set: text(&in.Deny), help: "file of commits that nobody shall use, a line each: OWNER/REPO SHA reason"},
		{name: "--attestations", short: "-a", set: list(&in.Attestations), help: "list of optional collectors: environment git github github-action lockfile review secretscan (default: all)"},
		{name: "--trace", bool: true, words: []string{"auto", "ebpf", "ptrace", "off"}, set: traceMode(&in.Trace), help: "how the step is watched: auto (default; eBPF, else ptrace), ebpf, ptrace or off"},
		{name: "--outfile", short: "-o", set: text(&in.Outfile), help: "the bundle (default: STEP.cilock.json); .dsse.json, .slsa.json and .pub stand beside it"},
		{name: "--sarif", set: text(&in.SARIF), help: "file for everything that was found, for code scanning (default: none)"},
		{name: "--policy", set: text(&in.Policy.Policy), help: "signed policy that judges the step, pack:NAME, or none (default: pack:baseline, which warns at worst)"},
		{name: "--policy-key", set: text(&in.Policy.Key), help: "public key of the policy's signer, PEM file or env://NAME"},
		{name: "--policy-cert-identity", set: text(&in.Policy.Identity), help: "or the name in the signer's certificate, exactly; needs --trusted-root"},
		{name: "--policy-cert-identity-regexp", set: text(&in.Policy.IdentityPattern), help: "or a pattern for the whole of it"},
		{name: "--policy-cert-oidc-issuer", set: text(&in.Policy.Issuer), help: "who vouches for that name (default: GitHub Actions)"},
		{name: "--policy-min-version", set: text(&in.Policy.MinVersion), help: "refuse a policy of an older version"},
		{name: "--trusted-root", set: text(&in.TrustedRoot), help: "trusted_root.json for the policy's signer and its keyless functionaries"},
		{name: "--fail-on", set: text(&in.FailOn), help: "the mildest verdict that fails: fail (default), incomplete or warn"},
		{name: "--pass-oidc", bool: true, set: toggle(&in.PassOIDC), help: "leave the job's OIDC variables to the command"},
		{name: "--product-include-glob", set: list(&in.Include), help: "list of globs, relative to workingdir: products to record (default: all)"},
		{name: "--product-exclude-glob", set: list(&in.Exclude), help: "list of globs: products to leave out"},
		{name: "--subjects", set: list(&in.Subjects), help: "list of paths (no globs) or NAME@sha256:HEX, instead of the products"},
		{name: "--env", set: names(&in.Secrets.Env), help: "variables that hold secrets, besides those whose names say so: NAME,..."},
		{name: "--attestor-secretscan-max-decode-layers", set: text(&in.Secrets.Layers), help: "layers of encoding that are undone in the search for secrets, 0 to 8 (default: 3)"},
		{name: "--attestor-secretscan-fail-on-detection", bool: true, set: toggle(&in.Secrets.Fail), help: "a secret in the output or a product fails the step"},
		{name: "--secretscan-fail-tier", set: text(&in.Secrets.FailTier), help: "the same for: any finding, or only high ones"},
		{name: "--report", set: text(&in.Page), help: "write an HTML report of the evidence there, for reading offline"},
	}, signingFlags(&in.Signing)...)
}

// traceMode is text, but for the flag alone, which means auto.
func traceMode(dst *string) func(string) error {
	set := text(dst)
	return func(v string) error {
		if v == "true" {
			v = "auto"
		}
		return set(v)
	}
}

// keyless tells a false that was said from nothing said, which means keyless
// where the job has a token.
func keyless(in *action.SigningInputs) func(string) error {
	set := toggle(&in.Keyless)
	return func(v string) error {
		err := set(v)
		in.Local = !in.Keyless
		return err
	}
}

// signingFlags are those of everything that signs.
func signingFlags(in *action.SigningInputs) []flagSpec {
	return []flagSpec{
		{name: "--key", short: "-k", set: text(&in.Key), help: "private key: PKCS#8 PEM file, or env://NAME (default: keyless where the job has a token, else one made for the run)"},
		{name: "--signer-command", set: text(&in.Command), help: "command that signs a digest from its input; --key is then the public key"},
		{name: "--cert", set: text(&in.Cert), help: "certificate of the key, PEM file"},
		{name: "--cert-chain", set: text(&in.CertChain), help: "certificates above it, PEM file"},
		{name: "--keyless", bool: true, set: keyless(in), help: "sign with a certificate that Fulcio makes for the job's identity; =false: never"},
		{name: "--identity-token", set: text(&in.IdentityToken), help: "file with an OIDC token to sign keylessly with (or SIGSTORE_ID_TOKEN; default: the job's)"},
		{name: "--fulcio-server-url", set: text(&in.FulcioURL), help: "Fulcio of a private instance"},
		{name: "--rekor-server-url", set: text(&in.RekorURL), help: "transparency log to write to"},
		{name: "--timestamp-server-url", set: text(&in.TimestampURL), help: "RFC 3161 timestamp authority, its whole URL"},
		{name: "--signing-config", set: text(&in.SigningConfig), help: "file that names all three (signing_config.json); a URL beside it goes before it"},
		{name: "--signing-timeout", set: text(&in.Timeout), help: "the most that all services together may take (default: 60s)"},
		{name: "--require-signing", bool: true, set: toggle(&in.RequireSigning), help: "exit code 4 unless what was signed has an identity or your key, and all that the named services give"},
	}
}

// runVerb is `cilock run [flags] -- COMMAND...`.
func runVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	var in action.Inputs
	positional, command, err := parseFlags("run", args, runFlags(&in))
	if err != nil {
		return verdict.ExitMisuse, err
	}
	if len(positional) > 0 {
		return verdict.ExitMisuse, verdict.Misuse("unexpected %q: the command to wrap comes after --", positional[0])
	}
	in.Command = command
	report, err := action.Run(ctx, in, d)
	return action.ExitCode(report, err), err
}

// actionVerb is what action.yml calls: the same verbs, with inputs from the
// variables that action.yml sets.
func actionVerb(ctx context.Context, args []string, d action.Deps) (int, error) {
	getenv := d.Getenv
	if len(args) > 0 {
		var err error
		if getenv, err = containerInputs(args); err != nil {
			return verdict.ExitMisuse, err
		}
	}
	call, err := action.ParseInputs(getenv)
	if err != nil {
		return verdict.ExitMisuse, err
	}
	switch call.Mode {
	case "verify":
		return verifyInputs(ctx, call.Verify, d)
	case "refs":
		return refsInputs(ctx, call.Refs, d)
	case "scan":
		return scanInputs(ctx, call.Scan, d)
	case "attest":
		return attestInputs(ctx, call.Attest, d)
	}
	report, err := action.Run(ctx, call.Run, d)
	return action.ExitCode(report, err), err
}
