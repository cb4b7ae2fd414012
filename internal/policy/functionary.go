package policy

import (
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// chain is the authority's certificates, the root last.
func (r Root) chain() ([]*x509.Certificate, error) {
	root, err := attest.ParseCertificates(r.Certificate)
	if err != nil {
		return nil, err
	}
	if len(root) != 1 {
		return nil, fmt.Errorf("has %d certificates, expected one", len(root))
	}
	var chain []*x509.Certificate
	for _, text := range r.Intermediates {
		more, err := attest.ParseCertificates(text)
		if err != nil {
			return nil, err
		}
		for _, cert := range more {
			if cert.CheckSignatureFrom(cert) == nil { // it would be taken for a root
				return nil, errors.New("an intermediate certificate is signed by itself")
			}
		}
		chain = append(chain, more...)
	}
	return append(chain, root...), nil
}

// rootsOf are the chains of named roots, or of all.
func (d *Document) rootsOf(names []string) (chains [][]*x509.Certificate, err error) {
	if len(names) == 1 && names[0] == attest.Any {
		names = nil
		for name := range d.Roots {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("names no root")
	}
	for _, name := range names {
		root, ok := d.Roots[name]
		if !ok {
			return nil, fmt.Errorf("root %q is not among the roots", name)
		}
		chain, err := root.chain()
		if err != nil {
			return nil, fmt.Errorf("root %q: %w", name, err)
		}
		chains = append(chains, chain)
	}
	return chains, nil
}

func (c CertConstraint) constraint() *attest.Constraint {
	return &attest.Constraint{
		CommonName: c.CommonName, DNSNames: c.DNSNames, Emails: c.Emails, Organizations: c.Organizations, URIs: c.URIs, Extensions: c.Extensions,
	}
}

// identity refuses one that anybody has, or whose issuer is not said.
func (id Identity) identity() (attest.Identity, error) {
	out := attest.Identity{
		Name: id.Name, NamePattern: id.NamePattern, Issuer: id.Issuer, Repository: id.Repository, Ref: id.Ref,
		Workflow: id.Workflow, RunnerEnvironment: id.RunnerEnvironment,
	}
	if out.Issuer == "" {
		return out, errors.New("it has no issuer: a name means nothing without who vouches for it")
	}
	if out.Name == "" && out.NamePattern == "" && out.Repository != "" {
		out.NamePattern = attest.WorkflowsOf(out.Repository)
	}
	if err := out.Check(); err != nil {
		return out, err
	}
	return out, notEverybody(out)
}

// strangers are names that nobody has, one of each kind.
var strangers = []string{
	"x", "nobody@example.invalid", "https://example.invalid/nobody", "https://example.invalid/nobody/none/.github/workflows/none.yml@refs/heads/none",
	"https://github.com/nobody.invalid/none.invalid/.github/workflows/none.yml@refs/heads/none",
}

// notEverybody refuses a pattern that fits strangers, where no repository says more.
func notEverybody(id attest.Identity) error {
	if id.NamePattern == "" || id.Repository != "" {
		return nil
	}
	pattern, err := regexp.Compile(`\A(?:` + id.NamePattern + `)\z`)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(strangers, pattern.MatchString); i >= 0 {
		return fmt.Errorf("the pattern %.200q fits strangers, as %s: name an owner and repository, or who it is", id.NamePattern, strangers[i])
	}
	return nil
}

// Trusts are all who may sign anything under a policy, each once.
type trusts struct {
	list attest.OneOf
	who  []string // for people
	keys []string // what makes two of them the same
}

// add returns the position of a trust.
func (t *trusts) add(key, who string, trust attest.Trust) int {
	if i := slices.Index(t.keys, key); i >= 0 {
		return i
	}
	t.list, t.who, t.keys = append(t.list, trust), append(t.who, who), append(t.keys, key)
	return len(t.keys) - 1
}

// Verifier is what those who verify bring to the functionaries of a policy.
type Verifier struct {
	Now    time.Time
	Root   *attest.TrustedRoot // for keyless functionaries of a policy without a root of its own
	Unsafe attest.Unsafe
}

// functionaries adds those of a step or artifact, and returns their positions.
func (t *trusts) functionaries(d *Document, list []Functionary, keyless []Identity, v Verifier) (positions []int, err error) {
	for _, f := range list {
		if f.Type == FunctionaryKey {
			key, err := attest.ParsePublicKey(d.PublicKeys[f.PublicKeyID].Key)
			if err != nil {
				return nil, err
			}
			positions = append(positions, t.add("key "+key.ID(), "key "+key.ID(), key))
			continue
		}
		chains, err := d.rootsOf(f.CertConstraint.Roots)
		if err != nil {
			return nil, err
		}
		for i, chain := range chains {
			trust := &attest.CertificateTrust{Chain: chain, Constraint: f.CertConstraint.constraint(), Now: v.Now}
			if trust.Root, err = d.timestampRoot(); err != nil {
				return nil, err
			}
			trust.SkipLogUnsafe = trust.Root != nil // Witness has no logs
			who := fmt.Sprintf("a certificate of %q with %+v", f.CertConstraint.Roots, *trust.Constraint)
			positions = append(positions, t.add(fmt.Sprintf("%s %d", who, i), who, trust))
		}
	}
	for _, id := range keyless {
		identity, err := id.identity()
		if err != nil {
			return nil, err
		}
		root := v.Root
		if d.Ours != nil && d.Ours.TrustedRoot != nil {
			if root, err = attest.ParseTrustedRoot(d.Ours.TrustedRoot); err != nil {
				return nil, err
			}
		}
		if root == nil {
			return nil, errors.New("a keyless functionary needs a trusted root: neither the policy nor the verifier has one (--trusted-root)")
		}
		who := fmt.Sprintf("identity %+v", id)
		positions = append(positions, t.add(who, who, &attest.Keyless{Root: root, Identity: identity, Unsafe: v.Unsafe}))
	}
	return positions, nil
}

// timestampRoot has the policy's timestamp authorities; nil if it has none.
func (d *Document) timestampRoot() (*attest.TrustedRoot, error) {
	var chains [][]*x509.Certificate
	for _, root := range d.TimestampAuthorities {
		chain, err := root.chain()
		if err != nil {
			return nil, err
		}
		chains = append(chains, chain)
	}
	if chains == nil {
		return nil, nil
	}
	return attest.TimestampRoot(chains...), nil
}
