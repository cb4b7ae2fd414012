package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"testing"
	"time"
)

// privateCA is a root and an intermediate of a company's own.
type privateCA struct {
	root, intermediate *x509.Certificate
	key                *ecdsa.PrivateKey // the intermediate's
}

func newPrivateCA(t testing.TB) privateCA {
	t.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := privateCA{}
	if ca.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := func(name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
			NotBefore: time.Now().Add(-100 * time.Hour), NotAfter: time.Now().Add(100 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
		}
	}
	ca.root = certifiedBy(t, template("root"), template("root"), rootKey.Public(), rootKey)
	ca.intermediate = certifiedBy(t, template("intermediate"), ca.root, ca.key.Public(), rootKey)
	return ca
}

func certifiedBy(t testing.TB, template, parent *x509.Certificate, public crypto.PublicKey, by crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// leafFor certifies a key for a name; change edits the certificate.
func (ca privateCA) leafFor(t testing.TB, public crypto.PublicKey, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), URIs: []*url.URL{{Scheme: "spiffe", Host: "example.invalid", Path: "/build"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	if change != nil {
		change(template)
	}
	return certifiedBy(t, template, ca.intermediate, public, ca.key)
}

// envelopeBy signs as Witness does, with certificate and intermediate.
func envelopeBy(t testing.TB, key *Key, leaf *x509.Certificate, intermediates ...*x509.Certificate) []byte {
	t.Helper()
	s, err := key.Sign(t.Context(), testStatement(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	s.Certificates = [][]byte{leaf.Raw}
	for _, c := range intermediates {
		s.Certificates = append(s.Certificates, c.Raw)
	}
	text, err := s.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const spiffe = "spiffe://example.invalid/build"

// TestCertificateTrust: a certificate is believed for its name, its purpose
// and its time, and by its own authority.
func TestCertificateTrust(t *testing.T) {
	ca, other, key := newPrivateCA(t), newPrivateCA(t), newTestKey(t, "ecdsa-p256")
	public := key.Public().key
	good := ca.leafFor(t, public, nil)
	chain := []*x509.Certificate{ca.intermediate, ca.root}
	id := &Identity{Name: spiffe}
	for _, test := range []struct {
		name, stage string
		leaf        *x509.Certificate
		trust       CertificateTrust
	}{
		{"chain and name", "", good, CertificateTrust{Chain: chain, Identity: id}},
		{"root alone, the intermediate in the envelope", "", good, CertificateTrust{Chain: chain[1:], Identity: id}},
		{"intermediate alone", "", good, CertificateTrust{Chain: chain[:1], Identity: id}},
		{"the certificate itself", "", good, CertificateTrust{Leaf: good}},
		{"the certificate itself and its chain", "", good, CertificateTrust{Leaf: good, Chain: chain}},
		{"the certificate itself and another's chain", "certificate", good, CertificateTrust{Leaf: good, Chain: []*x509.Certificate{other.intermediate, other.root}}},
		{"another authority", "certificate", good, CertificateTrust{Chain: []*x509.Certificate{other.root}, Identity: id}},
		{"another certificate of the same key", "certificate", good, CertificateTrust{Leaf: ca.leafFor(t, public, nil)}},
		{"another name", "identity", good, CertificateTrust{Chain: chain, Identity: &Identity{Name: spiffe + "/x"}}},
		{"an issuer that is not there", "identity", good, CertificateTrust{Chain: chain, Identity: &Identity{Name: spiffe, Issuer: GitHubIssuer}}},
		{"nobody in particular", "identity", good, CertificateTrust{Chain: chain}},
		{"nothing at all", "identity", good, CertificateTrust{}},
		{"expired", "certificate", ca.leafFor(t, public, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), CertificateTrust{Chain: chain, Identity: id}},
		{"not yet valid", "certificate", ca.leafFor(t, public, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), CertificateTrust{Chain: chain, Identity: id}},
		{"for servers", "certificate", ca.leafFor(t, public, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), CertificateTrust{Chain: chain, Identity: id}},
		{"for no purpose in particular", "", ca.leafFor(t, public, func(c *x509.Certificate) { c.ExtKeyUsage = nil }), CertificateTrust{Chain: chain, Identity: id}},
		{"two names", "identity", ca.leafFor(t, public, func(c *x509.Certificate) { c.DNSNames = []string{"a.invalid"} }), CertificateTrust{Chain: chain, Identity: id}},
		{"no name", "identity", ca.leafFor(t, public, func(c *x509.Certificate) { c.URIs = nil }), CertificateTrust{Chain: chain, Identity: &Identity{NamePattern: ".*"}}},
		{"another key", "signature", ca.leafFor(t, newTestKey(t, "ed25519").Public().key, nil), CertificateTrust{Chain: chain, Identity: id}},
		{"an authority that signs itself", "certificate", ca.intermediate, CertificateTrust{Chain: chain, Identity: id}},
		{"keyless needs a log", "log entry", good, CertificateTrust{Chain: chain, Identity: id, Root: &TrustedRoot{}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.trust.Now = time.Now()
			v, err := verifyText(envelopeBy(t, key, test.leaf, ca.intermediate), &test.trust)
			if checkOf(err) != test.stage || (err == nil) != (test.stage == "") {
				t.Fatalf("got %v, want a failed %q check", err, test.stage)
			}
			if err == nil && (v.Signers[0].Certificate.Authority != "CN=intermediate" || v.KeyID != key.Public().ID()) {
				t.Errorf("proved: %+v", v.Signers[0])
			}
		})
	}
	bare, err := signEnvelope(key, testStatement(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifyText(bare, &CertificateTrust{Leaf: good, Now: time.Now()}); err != nil {
		t.Errorf("signed by the certificate's key, which the file does not have: %v", err)
	}
	if _, err := verifyText(bare, &CertificateTrust{Chain: chain, Identity: id, Now: time.Now()}); checkOf(err) != "certificate" {
		t.Errorf("no certificate at all: %v", err)
	}
	keyless := &Keyless{Root: npmTrust(t).Root, Identity: Identity{Name: spiffe, Issuer: GitHubIssuer}}
	keyless.SkipLogUnsafe, keyless.SkipTimestampUnsafe = true, true
	if _, err := verifyText(envelopeBy(t, key, good, ca.intermediate, ca.root), keyless); checkOf(err) != "certificate" {
		t.Errorf("an authority that comes with the envelope: %v", err)
	}
}

// TestVerifiesWith: every kind of key that certificates have, with SHA-256 at
// the least.
func TestVerifiesWith(t *testing.T) {
	message := []byte("message")
	sum := sha256.Sum256(message)
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, minRSABits)
	if err != nil {
		t.Fatal(err)
	}
	signers := []crypto.Signer{rsaKey}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signers = append(signers, key)
	}
	for _, signer := range signers {
		sig, err := signer.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if !verifiesWith(signer.Public(), message, sig) || verifiesWith(signer.Public(), []byte("other"), sig) {
			t.Errorf("%s: wrong answer", keyAlgorithm(signer.Public()))
		}
	}
	pss, err := rsa.SignPSS(rand.Reader, rsaKey, crypto.SHA256, sum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	if !verifiesWith(rsaKey.Public(), message, pss) || !verifiesWith(edPublic, message, ed25519.Sign(edPrivate, message)) {
		t.Error("PSS or Ed25519: refused")
	}
	if verifiesWith(nil, message, pss) || verifiesWith("key", message, pss) {
		t.Error("no key: accepted")
	}
}

// TestParseCertificates: PEM certificates and nothing else.
func TestParseCertificates(t *testing.T) {
	for _, bad := range []string{"", "text", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if _, err := ParseCertificates([]byte(bad)); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}
