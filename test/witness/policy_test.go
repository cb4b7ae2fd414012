package witness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/in-toto/go-witness/policy"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestPolicyOfWitness: a policy that go-witness made and signed decides here as it
// does there, over the same envelope.
func TestPolicyOfWitness(t *testing.T) {
	bin := build(t)
	for _, test := range []struct {
		name, script, rego string
		code               int
	}{
		{"allowed", "echo hi > out.txt", allowRego, 0},
		{"denied", "echo hi > out.txt", denyRego, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := wrap(t, bin, test.script)
			id := sha256.Sum256(f.pem)
			keyID := hex.EncodeToString(id[:])
			p := policy.Policy{
				Expires:    metav1.Time{Time: time.Now().Add(time.Hour)},
				PublicKeys: map[string]policy.PublicKey{keyID: {KeyID: keyID, Key: f.pem}},
				Steps: map[string]policy.Step{"build": {
					Name: "build", Functionaries: []policy.Functionary{{Type: "publickey", PublicKeyID: keyID}},
					Attestations: []policy.Attestation{
						{Type: "https://witness.dev/attestations/product/v0.1"},
						{Type: "https://witness.dev/attestations/command-run/v0.1", RegoPolicies: []policy.RegoPolicy{{Name: "rego", Module: []byte(test.rego)}}},
					},
				}},
			}
			if got := f.decide(t, bin, p, f.envelope); got.code != test.code {
				t.Errorf("exit code %d, want %d:\n%s", got.code, test.code, got.text)
			} else if !strings.Contains(got.text, "completeness is not asked for, as in Witness") {
				t.Errorf("it does not say that it judges as Witness:\n%s", got.text)
			}
			theirs := f.verify(t, f.envelope, f.product, test.rego)
			if (theirs == nil) != (test.code == 0) {
				t.Errorf("go-witness: %v", theirs)
			}
		})
	}
}

// TestCertificateFunctionary: so do its constraints on certificates.
func TestCertificateFunctionary(t *testing.T) {
	bin := build(t)
	f := wrap(t, bin, "echo hi > out.txt")
	ca := newAuthority(t)
	leaf := ca.issue(t, "builder", f.key)
	dir := t.TempDir()
	der, err := x509.MarshalPKCS8PrivateKey(f.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "test.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	write(t, filepath.Join(dir, "leaf.pem"), leaf)
	run(t, dir, bin, "run", "--step", "build", "--policy", "none", "--key", "test.pem", "--cert", "leaf.pem", "--outfile", "e.json", "--", "sh", "-c", "echo hi > out.txt")
	envelope := read(t, filepath.Join(dir, "e.json.dsse.json"))
	for name, test := range map[string]struct {
		constraint policy.CertConstraint
		code       int
	}{
		"as asked":          {policy.CertConstraint{CommonName: "builder", Roots: []string{"ca"}}, 0},
		"any name":          {policy.CertConstraint{CommonName: "*", DNSNames: []string{"*"}, Roots: []string{"*"}}, 0},
		"another name":      {policy.CertConstraint{CommonName: "somebody", Roots: []string{"ca"}}, 3},
		"a name too many":   {policy.CertConstraint{CommonName: "builder", Emails: []string{"a@b.example"}, Roots: []string{"ca"}}, 3},
		"another authority": {policy.CertConstraint{CommonName: "builder", Roots: []string{"other"}}, 3},
		"nothing":           {policy.CertConstraint{Roots: []string{"ca"}}, 3},
	} {
		p := policy.Policy{
			Expires: metav1.Time{Time: time.Now().Add(time.Hour)},
			Roots:   map[string]policy.Root{"ca": {Certificate: ca.pem}, "other": {Certificate: newAuthority(t).pem}},
			Steps: map[string]policy.Step{"build": {
				Name: "build", Functionaries: []policy.Functionary{{Type: "root", CertConstraint: test.constraint}},
				Attestations: []policy.Attestation{{Type: "https://witness.dev/attestations/product/v0.1"}},
			}},
		}
		if got := f.decide(t, bin, p, envelope); got.code != test.code {
			t.Errorf("%s: exit code %d, want %d:\n%s", name, got.code, test.code, got.text)
		}
	}
}

type answer struct {
	code int
	text string
}

// decide asks cilock about an envelope by a policy that Witness' code signed.
func (f fixture) decide(t *testing.T, bin string, p policy.Policy, envelope []byte) answer {
	t.Helper()
	dir := t.TempDir()
	doc, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	signed, _ := f.sign(t, doc)
	text, err := json.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "policy.json"), text)
	write(t, filepath.Join(dir, "pub.pem"), f.pem)
	write(t, filepath.Join(dir, "e.dsse.json"), envelope)
	write(t, filepath.Join(dir, "out.txt"), f.product)
	cmd := exec.Command(bin, "verify", "--policy", "policy.json", "--policy-key", "pub.pem", "--bundle", "e.dsse.json", "out.txt")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return answer{cmd.ProcessState.ExitCode(), string(out)}
}

type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue makes a certificate for signing code.
func (a authority) issue(t *testing.T, name string, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
