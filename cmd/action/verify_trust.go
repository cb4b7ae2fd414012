package main

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// howToGetRoot is what there is to do without a trusted root. Fetching one is
// no part of a verification: whoever answers would decide whom to trust.
const howToGetRoot = "give --trusted-root FILE: `cilock trusted-root` fetches that of Sigstore's public instance, with --tuf-mirror that of another; `gh attestation trusted-root > trusted_root.jsonl` GitHub's too"

// verifyTrusts opens the policy, if there is one, and makes the trust for
// evidence: that of the policy's functionaries, or what the caller said.
func verifyTrusts(in action.VerifyInputs, d action.Deps) (trust attest.Trust, root *attest.TrustedRoot, c *policy.Case, err error) {
	if in.Policy.Given() && !in.Policy.Pack() {
		if in.Key != "" || in.Keyless || in.Certificate+in.Chain != "" || asksForIdentity(in) {
			if err := in.Policy.MeantPack(); err != nil {
				return nil, nil, nil, err
			}
			return nil, nil, nil, verdict.Misuse("a policy names itself who may sign evidence: --key, --cert and identities exclude --policy FILE")
		}
		if root, err = chosenRoot(in); err != nil {
			return nil, nil, nil, err
		}
	} else if trust, root, err = verifyTrust(in, d); err != nil {
		return nil, nil, nil, err
	}
	c, err = action.OpenPolicy(in.Policy, policy.Verifier{Now: d.Now(), Root: root, Unsafe: skipped(in)}, d)
	if err == nil && c != nil && !c.Pack() {
		trust = c.Trust()
	}
	return trust, root, c, err
}

func skipped(in action.VerifyInputs) attest.Unsafe {
	return attest.Unsafe{SkipLogUnsafe: in.SkipLogUnsafe, SkipTimestampUnsafe: in.SkipTimestampUnsafe, SkipSCTUnsafe: in.SkipSCTUnsafe}
}

// verifyTrust makes the trust of what the caller said: keys, a keyless
// identity or certificates, and exactly one of these. root is nil if there is
// none.
func verifyTrust(in action.VerifyInputs, d action.Deps) (attest.Trust, *attest.TrustedRoot, error) {
	keyless := in.Keyless || in.Certificate == "" && in.Chain == "" && asksForIdentity(in)
	ways := 0
	for _, chosen := range []bool{in.Key != "", keyless, in.Certificate != "" || in.Chain != ""} {
		if chosen {
			ways++
		}
	}
	switch {
	case ways == 0:
		return nil, nil, verdict.Misuse("nothing to verify with: give --key PUBLIC_KEY.pem, --verify-repo OWNER/REPO --trusted-root FILE, or --cert-chain CA.pem --cert-identity NAME")
	case ways > 1 || in.Key != "" && asksForIdentity(in):
		return nil, nil, verdict.Misuse("--key, --keyless and --cert exclude each other, and so do a key and an identity: a key has none")
	}
	if asksForIdentity(in) || keyless {
		if _, err := identity(in); err != nil {
			return nil, nil, err
		}
	}
	root, err := chosenRoot(in)
	if err != nil {
		return nil, nil, err
	}
	unsafe := skipped(in)
	var trust attest.Trust
	switch {
	case in.Key != "":
		trust, err = keyTrust(in, d, root, unsafe)
	case keyless:
		trust, err = keylessTrust(in, root, unsafe)
	default:
		trust, err = certificateTrust(in, d, root, unsafe)
	}
	return trust, root, err
}

// asksForIdentity reports whether a certificate's content matters.
func asksForIdentity(in action.VerifyInputs) bool {
	return in.Identity != "" || in.IdentityPattern != "" || in.Issuer != "" ||
		in.Repository != "" || in.Ref != "" || in.Workflow != "" || in.Runner != ""
}

func chosenRoot(in action.VerifyInputs) (*attest.TrustedRoot, error) {
	urls := in.FulcioURL != "" || in.RekorURL != "" || in.TimestampURL != ""
	switch {
	case in.TrustedRoot == "" && urls:
		return nil, verdict.Misuse("a server URL chooses among the authorities of a trusted root, and there is none: %s", howToGetRoot)
	case in.TrustedRoot == "":
		return nil, nil
	}
	text, err := readTrust(trustedRoot, in.TrustedRoot, attest.MaxTrustedRootSize)
	if err != nil {
		return nil, err
	}
	root, err := attest.ParseTrustedRoot(text)
	if err == nil {
		root, err = root.Choose(in.FulcioURL, in.RekorURL, in.TimestampURL)
	}
	if err != nil {
		return nil, verdict.Misuse("trusted root %s: %w", in.TrustedRoot, err)
	}
	return root, nil
}

// keyTrust asks for a log entry where there is a root to verify it with.
func keyTrust(in action.VerifyInputs, d action.Deps, root *attest.TrustedRoot, unsafe attest.Unsafe) (attest.Trust, error) {
	var keys attest.PublicKeys
	for _, from := range append([]string{in.Key}, in.MoreKeys...) {
		text, name, err := action.ReadKey(from, d.Getenv)
		if err != nil {
			return nil, err
		}
		key, err := attest.ParsePublicKey(text)
		if err != nil {
			return nil, verdict.Misuse("verification key %s: %w", name, err)
		}
		keys = append(keys, key)
	}
	switch {
	case root == nil && unsafe != (attest.Unsafe{}):
		return nil, verdict.Misuse("nothing to skip: without --trusted-root a key is verified by itself")
	case root == nil:
		return keys, nil
	case len(keys) > 1:
		return nil, verdict.Misuse("--trusted-root goes with one key")
	}
	return attest.LoggedKey{Key: keys[0], Root: root, Unsafe: unsafe}, nil
}

func keylessTrust(in action.VerifyInputs, root *attest.TrustedRoot, unsafe attest.Unsafe) (attest.Trust, error) {
	id, err := identity(in)
	switch {
	case err != nil:
		return nil, err
	case root == nil:
		return nil, verdict.Misuse("no trusted root to verify certificates with: %s", howToGetRoot)
	}
	id.Issuer = cmp.Or(id.Issuer, attest.GitHubIssuer)
	return &attest.Keyless{Root: root, Identity: id, Unsafe: unsafe}, nil
}

// identity is whom the certificate must be about. A repository by itself stands
// for its own workflows.
func identity(in action.VerifyInputs) (attest.Identity, error) {
	id := attest.Identity{
		Name: in.Identity, NamePattern: in.IdentityPattern, Issuer: in.Issuer,
		Repository: in.Repository, Ref: in.Ref, Workflow: in.Workflow, RunnerEnvironment: in.Runner,
	}
	if id.Name == "" && id.NamePattern == "" {
		if id.Repository == "" {
			return id, verdict.Misuse("no identity to compare with: anybody can get a certificate; give --verify-repo OWNER/REPO, --cert-identity or --cert-identity-regexp")
		}
		id.NamePattern = attest.WorkflowsOf(id.Repository)
	}
	if err := id.Check(); err != nil {
		return id, verdict.Misuse("identity: %w", err)
	}
	// Other issuers have runners of other names.
	github := id.Issuer == "" || id.Issuer == attest.GitHubIssuer
	if r := id.RunnerEnvironment; github && r != "" && r != attest.GitHubHosted && r != attest.SelfHosted {
		return id, verdict.Misuse("runner environment is %q, expected %s or %s", r, attest.GitHubHosted, attest.SelfHosted)
	}
	return id, nil
}

func certificateTrust(in action.VerifyInputs, d action.Deps, root *attest.TrustedRoot, unsafe attest.Unsafe) (attest.Trust, error) {
	t := &attest.CertificateTrust{Root: root, Now: d.Now(), Unsafe: unsafe}
	if in.Certificate != "" {
		certs, err := readCertificates(in.Certificate)
		if err != nil {
			return nil, err
		}
		t.Leaf, t.Chain = certs[0], certs[1:]
	}
	if in.Chain != "" {
		certs, err := readCertificates(in.Chain)
		if err != nil {
			return nil, err
		}
		t.Chain = append(t.Chain, certs...)
	}
	if t.Leaf != nil && !asksForIdentity(in) {
		return t, nil
	}
	id, err := identity(in)
	t.Identity = &id
	return t, err
}

func readCertificates(path string) ([]*x509.Certificate, error) {
	const most = 1 << 20
	text, err := readTrust("certificate", path, most)
	if err != nil {
		return nil, err
	}
	certs, err := attest.ParseCertificates(text)
	if err != nil {
		return nil, verdict.Misuse("certificate %s: %w", path, err)
	}
	return certs, nil
}

// trustedRoot is what errors call that file.
const trustedRoot = "trusted root"

// readTrust reads a file that says whom to trust, and refuses one that is
// larger than such a file can be.
func readTrust(what, path string, most int64) ([]byte, error) {
	f, err := filetree.OpenRegular(path)
	if err != nil {
		if pathError := new(fs.PathError); errors.As(err, &pathError) {
			err = pathError.Err // without the path
		}
		if what == trustedRoot && errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w; `cilock trusted-root` fetches it", err)
		} else {
			err = action.Advised(err)
		}
		return nil, verdict.Misuse("read %s %s: %w", what, path, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = errors.New("file is too large for that")
	}
	if err != nil {
		return nil, verdict.Misuse("read %s %s: %w", what, path, err)
	}
	return text, nil
}
