package action

import (
	"context"
	"os/exec"
	"strconv"
	"strings"

	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/policies"
)

// PolicyInputs name a policy, and who must have signed it.
type PolicyInputs struct {
	Policy          string // path of a signed policy, pack:NAME, or none
	Key             string // public key
	Identity        string // in the signer's certificate
	IdentityPattern string
	Issuer          string // empty: GitHub Actions
	MinVersion      string // the least version that is accepted
}

// PolicyNone is the policy that decides nothing.
const PolicyNone = "none"

// packPrefix names a pack that is part of the program.
const packPrefix = "pack:"

// Pack reports whether the policy is a pack, which has no functionaries.
func (in PolicyInputs) Pack() bool { return strings.HasPrefix(in.Policy, packPrefix) }

// MeantPack is the error for a file that is called what a pack is called, where
// nobody is named who may have signed it; nil if it is called otherwise.
func (in PolicyInputs) MeantPack() error {
	if _, _, err := packRules(in.Policy); err != nil || in.Key+in.Identity+in.IdentityPattern != "" {
		return nil
	}
	return verdict.Misuse("policy %s: write pack:%s to mean the pack of that name; a file needs --policy-key", in.Policy, in.Policy)
}

// Given reports whether there is a policy.
func (in PolicyInputs) Given() bool { return in.Policy != "" && in.Policy != PolicyNone }

// OpenPolicy reads a policy and checks who signed it; nil if there is none. It is
// misuse to name none of those who may have; what is refused then is a
// *policy.RefusedError.
func OpenPolicy(in PolicyInputs, v policy.Verifier, d Deps) (*policy.Case, error) {
	asks := in.Key + in.Identity + in.IdentityPattern + in.Issuer + in.MinVersion
	switch {
	case !in.Given() && asks != "":
		return nil, verdict.Misuse("--policy-key, --policy-cert-identity and their like go with --policy FILE")
	case !in.Given():
		return nil, nil
	case in.Pack() && asks != "":
		return nil, verdict.Misuse("%s is part of this program: it has no signer and no version to compare", in.Policy)
	case in.Pack():
		return openPack(strings.TrimPrefix(in.Policy, packPrefix), v)
	}
	if err := in.MeantPack(); err != nil {
		return nil, err
	}
	trust, err := policyTrust(in, v, d)
	if err != nil {
		return nil, err
	}
	least := 0
	if in.MinVersion != "" {
		if least, err = strconv.Atoi(in.MinVersion); err != nil || least < 0 {
			return nil, verdict.Misuse("policy-min-version is %q, expected a number from 0 on", in.MinVersion)
		}
	}
	text, err := readInput(in.Policy, attest.MaxBundleSize)
	if err != nil {
		return nil, verdict.Misuse("policy: %w", err)
	}
	signed, err := policy.Open(text, trust, least)
	if err != nil {
		return nil, err
	}
	return policy.NewCase(in.Policy, signed, v)
}

// policyTrust is who must have signed the policy.
func policyTrust(in PolicyInputs, v policy.Verifier, d Deps) (attest.Trust, error) {
	keyless := in.Identity+in.IdentityPattern != ""
	switch {
	case in.Key == "" && !keyless:
		return nil, verdict.Misuse("nobody is named who may have signed the policy: give --policy-key PUBLIC_KEY.pem, or --policy-cert-identity NAME --policy-cert-oidc-issuer URL --trusted-root FILE")
	case in.Key != "" && (keyless || in.Issuer != ""):
		return nil, verdict.Misuse("--policy-key and --policy-cert-identity exclude each other: a key has no identity")
	case in.Key != "":
		text, name, err := ReadKey(in.Key, d.Getenv)
		if err != nil {
			return nil, err
		}
		key, err := attest.ParsePublicKey(text)
		if err != nil {
			return nil, verdict.Misuse("policy key %s: %w", name, err)
		}
		return key, nil
	}
	id := attest.Identity{Name: in.Identity, NamePattern: in.IdentityPattern, Issuer: in.Issuer}
	if id.Issuer == "" {
		id.Issuer = attest.GitHubIssuer
	}
	switch err := id.Check(); {
	case err != nil:
		return nil, verdict.Misuse("policy identity: %w", err)
	case v.Root == nil:
		return nil, verdict.Misuse("no trusted root to verify the policy's certificate with: give --trusted-root FILE")
	}
	return &attest.Keyless{Root: v.Root, Identity: id, Unsafe: v.Unsafe}, nil
}

// openPack finds a pack of this program.
func openPack(name string, v policy.Verifier) (*policy.Case, error) {
	rules, digest, err := packRules(name)
	if err != nil {
		return nil, verdict.Misuse("policy %s%s: %w", packPrefix, name, err)
	}
	return policy.NewPackCase(name, digest, rules, v), nil
}

// EvaluatePolicy asks the modules of a policy in a process of their own, or in this
// one if they are part of the program, or if there is no program to start.
func EvaluatePolicy(c *policy.Case, d Deps) func(ctx context.Context, b *policy.Batch) []policy.Answer {
	if c == nil || c.Pack() || d.Tracer == "" {
		return func(ctx context.Context, b *policy.Batch) []policy.Answer { return b.Evaluate(ctx) }
	}
	return policy.Sandbox{Command: func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, d.Tracer, policy.Verb)
		cmd.Env = []string{} // a module learns nothing of ours
		return cmd
	}}.Evaluate
}

// packRules are the rules of a pack, and what they are together.
func packRules(name string) (rules []policy.Rule, digest string, err error) {
	list, err := policies.Pack(name)
	if err != nil {
		return nil, "", err
	}
	for _, r := range list {
		rules = append(rules, policy.Rule{Name: r.Name, Type: r.Type, Source: r.Source, Required: r.Required})
	}
	digest, err = policies.Digest(name)
	return rules, digest, err
}
