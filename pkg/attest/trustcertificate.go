package attest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// Keyless trusts whoever a certificate authority of Root names, if Identity
// fits: a certificate that was valid when others saw the signature. Root and
// Identity are required, and Identity's issuer too: a name means nothing
// without who vouches for it.
type Keyless struct {
	Root     *TrustedRoot
	Identity Identity
	Unsafe
}

func (k *Keyless) prove(b *Bundle, message []byte, c claim) (Signer, []Check, error) {
	if k.Root == nil || k.Identity.Issuer == "" {
		return Signer{}, nil, &CheckError{"identity", "caller", "a trusted root and an OIDC issuer to compare with", "none"}
	}
	p := certified{bundle: b, message: message, claim: c, unsafe: k.Unsafe, root: k.Root, authorities: k.Root.authorities, needTime: true, keyless: true}
	return p.run(&k.Identity)
}

// CertificateTrust trusts certificates of private authorities: Leaf alone, or
// whoever Chain's authority names, if Identity or Constraint fits. One of Leaf and
// Chain is required; without Leaf, one of the other two.
type CertificateTrust struct {
	Leaf     *x509.Certificate   // the one that must have signed
	Chain    []*x509.Certificate // intermediates and at least one root
	Identity *Identity
	// Constraint is Witness' way to say who.
	Constraint *Constraint
	// Root verifies log entries and timestamps, which are then required. Without
	// one the certificate must be valid now.
	Root *TrustedRoot
	Now  time.Time
	Unsafe
}

func (t *CertificateTrust) prove(b *Bundle, message []byte, c claim) (Signer, []Check, error) {
	if t.Leaf == nil && (len(t.Chain) == 0 || t.Identity == nil && t.Constraint == nil) {
		return Signer{}, nil, &CheckError{"identity", "caller", "a certificate, or a chain and an identity to compare with", "none"}
	}
	if c.certificate == nil && t.Leaf != nil {
		c.certificate = t.Leaf.Raw // signed by the certificate's key, and the file names the key alone
	}
	p := certified{bundle: b, message: message, claim: c, unsafe: t.Unsafe, root: t.Root, pinned: t.Leaf, now: t.Now, needTime: t.Root != nil, constraint: t.Constraint}
	if len(t.Chain) > 0 {
		p.authorities = []root.CertificateAuthority{privateAuthority(t.Chain)}
	}
	return p.run(t.Identity)
}

// chainAuthority is a private authority: each root of its own.
type chainAuthority struct{ roots, intermediates []*x509.Certificate }

// privateAuthority takes the self-signed certificates of a chain for its
// roots; the last one if none is, which then is trusted by itself.
func privateAuthority(chain []*x509.Certificate) *chainAuthority {
	var a chainAuthority
	for _, cert := range chain {
		if cert.CheckSignatureFrom(cert) == nil {
			a.roots = append(a.roots, cert)
		} else {
			a.intermediates = append(a.intermediates, cert)
		}
	}
	if len(a.roots) == 0 {
		last := len(a.intermediates) - 1
		a.roots, a.intermediates = a.intermediates[last:], a.intermediates[:last]
	}
	return &a
}

// Verify is root.CertificateAuthority.
func (a *chainAuthority) Verify(cert *x509.Certificate, at time.Time) ([][]*x509.Certificate, error) {
	opts := x509.VerifyOptions{
		CurrentTime: at, Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	for _, c := range a.roots {
		opts.Roots.AddCert(c)
	}
	for _, c := range a.intermediates {
		opts.Intermediates.AddCert(c)
	}
	return cert.Verify(opts)
}

// certified is one signature by a certificate on its way to being believed.
type certified struct {
	bundle      *Bundle
	message     []byte
	claim       claim
	unsafe      Unsafe
	root        *TrustedRoot // nil: no logs and timestamps
	authorities []root.CertificateAuthority
	pinned      *x509.Certificate
	now         time.Time
	needTime    bool
	keyless     bool // the certificate is one of Fulcio's
	constraint  *Constraint

	leaf          *x509.Certificate
	intermediates []*x509.Certificate
	held          []Check
}

// run goes from the signature outwards: the key of the certificate signed; others
// saw it; the certificate was valid then, and is by an authority that is
// trusted; it is in a certificate transparency log; it names who was asked for.
func (p *certified) run(identity *Identity) (Signer, []Check, error) {
	var err error
	if p.leaf, p.intermediates, err = p.claim.leaf(); err != nil {
		return Signer{}, nil, err
	}
	signer, err := p.claim.proveSignature(p.leaf, p.message)
	if err != nil {
		return Signer{}, nil, err
	}
	p.hold("signature", signer.Algorithm+" key of the certificate")
	if p.keyless { // a stranger's certificate first: what others have seen of it does not matter
		if _, err := p.chainAt(p.leaf.NotBefore); err != nil {
			return Signer{}, nil, err
		}
	}
	material, err := p.observe(&signer)
	if err != nil {
		return Signer{}, nil, err
	}
	chains, err := p.chain(signer.Times)
	if err != nil {
		return Signer{}, nil, err
	}
	if p.keyless && !p.unsafe.SkipSCTUnsafe {
		if err := verify.VerifySignedCertificateTimestamp(chains, 1, material); err != nil {
			return Signer{}, nil, &CheckError{"SCT", "certificate", "a promise of a certificate transparency log of the trusted root", err.Error()}
		}
		signer.Certificate.SCTs = true
		p.hold("SCT", "the certificate is in a certificate transparency log")
	}
	if identity != nil {
		if err := identity.match(signer.Certificate); err != nil {
			return Signer{}, nil, err
		}
	}
	if p.constraint != nil {
		if err := p.constraint.match(p.leaf); err != nil {
			return Signer{}, nil, err
		}
	}
	p.hold("identity", identityLine(signer.Certificate))
	return signer, p.held, nil
}

func (p *certified) hold(name, detail string) { p.held = append(p.held, Check{name, detail}) }

func identityLine(c *CertificateSigner) string {
	line := quote(c.Identity)
	if c.Identity == "" {
		line = "the certificate that was given"
	}
	if c.Issuer != "" {
		line += " says " + quote(c.Issuer)
	}
	return line
}

// observe verifies log entries and timestamps, if there is a root to do so.
func (p *certified) observe(signer *Signer) (root.TrustedMaterial, error) {
	if p.root == nil {
		return nil, nil
	}
	seen := observed{bundle: p.bundle, claim: p.claim, leaf: p.leaf, root: p.root, material: p.root.material(nil)}
	held, err := seen.check(p.unsafe, p.needTime)
	if err != nil {
		return nil, err
	}
	p.held = append(p.held, held...)
	signer.Log, signer.Times = seen.log, seen.times
	return seen.material, nil
}

// chain verifies the certificate at each trusted time, and at all of them. With
// none, since that was dropped, Fulcio's is looked at when it began; one of
// others must be valid now, and an expired one is no proof.
func (p *certified) chain(times []TrustedTime) ([][]*x509.Certificate, error) {
	at := []time.Time{}
	for _, t := range times {
		at = append(at, t.Time)
	}
	when := "at every trusted time"
	if len(at) == 0 && p.keyless {
		at, when = []time.Time{p.leaf.NotBefore}, "when it began, with no trusted time"
	} else if len(at) == 0 {
		at, when = []time.Time{p.now}, "now, with no trusted time"
	}
	var chains [][]*x509.Certificate
	for _, t := range at {
		var err error
		if chains, err = p.chainAt(t); err != nil {
			return nil, err
		}
	}
	p.hold("certificate", fmt.Sprintf("by %s, valid %s", quote(p.leaf.Issuer.String()), when))
	return chains, nil
}

func (p *certified) chainAt(t time.Time) ([][]*x509.Certificate, error) {
	fail := func(expected, found string) ([][]*x509.Certificate, error) {
		return nil, &CheckError{"certificate", "bundle", expected, found}
	}
	if !forCodeSigning(p.leaf, p.keyless) {
		return fail("a certificate for code signing", "one for something else")
	}
	if t.Before(p.leaf.NotBefore) || t.After(p.leaf.NotAfter) {
		return fail("a certificate valid at "+t.UTC().Format(time.RFC3339),
			fmt.Sprintf("one valid from %s to %s", p.leaf.NotBefore.UTC().Format(time.RFC3339), p.leaf.NotAfter.UTC().Format(time.RFC3339)))
	}
	if p.pinned != nil {
		if !p.pinned.Equal(p.leaf) {
			return fail("the certificate that was given", "another, by "+quote(p.leaf.Issuer.String()))
		}
		if len(p.authorities) == 0 {
			return [][]*x509.Certificate{{p.leaf}}, nil
		}
	}
	errs := []error{errors.New("no authority to ask")}
	for _, authority := range p.authorities {
		chains, err := p.with(authority).Verify(p.leaf, t)
		if err == nil {
			return chains, nil
		}
		errs = append(errs[:0], err)
	}
	return fail("a certificate by an authority that is trusted, valid at "+t.UTC().Format(time.RFC3339), errors.Join(errs...).Error())
}

// with is the authority, with the intermediates that came with the signature.
// They only help to build a path: where it ends is the authority's to say.
func (p *certified) with(authority root.CertificateAuthority) root.CertificateAuthority {
	switch a := authority.(type) {
	case *root.FulcioCertificateAuthority:
		more := *a
		more.Intermediates = append(append([]*x509.Certificate{}, a.Intermediates...), p.intermediates...)
		return &more
	case *chainAuthority:
		return &chainAuthority{a.roots, append(append([]*x509.Certificate{}, a.intermediates...), p.intermediates...)}
	}
	return authority
}
