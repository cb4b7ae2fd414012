package witness

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	witness "github.com/in-toto/go-witness"
	"github.com/in-toto/go-witness/cryptoutil"
	"github.com/in-toto/go-witness/dsse"
	"github.com/in-toto/go-witness/policy"
	"github.com/in-toto/go-witness/source"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	allowRego = `package cilock
deny[msg] {
	input.exitcode != 0
	msg := "the step failed"
}`
	denyRego = `package cilock
deny[msg] {
	input.cmd[0] == "sh"
	msg := "no shells here"
}`
)

// fixture is one wrapped step and the key that signed it.
type fixture struct {
	envelope []byte
	product  []byte // content of out.txt
	key      *ecdsa.PrivateKey
	pem      []byte
}

// build returns the path of cilock.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "cilock")
	run(t, "../..", "go", "build", "-o", bin, "./cmd/action")
	return bin
}

// wrap runs `cilock run` over a shell script in a real git checkout. The script
// makes out.txt.
func wrap(t *testing.T, bin, script string) fixture {
	t.Helper()
	dir := t.TempDir()
	var f fixture
	var err error
	if f.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(f.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "test.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if der, err = x509.MarshalPKIXPublicKey(f.key.Public()); err != nil {
		t.Fatal(err)
	}
	f.pem = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})

	repo := filepath.Join(dir, "repo")
	run(t, dir, "git", "init", "-q", repo)
	write(t, filepath.Join(repo, "in.txt"), []byte("in\n"))
	run(t, repo, "git", "add", ".")
	run(t, repo, "git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "-qm", "one")
	run(t, repo, bin, "run", "--step", "build", "--key", "../test.pem", "--outfile", "../e.json", "--",
		"sh", "-c", script)

	f.envelope = read(t, filepath.Join(dir, "e.json.dsse.json"))
	f.product = read(t, filepath.Join(repo, "out.txt"))
	return f
}

// sign makes a signed policy as Witness does.
func (f fixture) sign(t *testing.T, doc []byte) (dsse.Envelope, cryptoutil.Verifier) {
	t.Helper()
	signer := cryptoutil.NewECDSASigner(f.key, crypto.SHA256)
	signed, err := dsse.Sign("https://witness.testifysec.com/policy/v0.1", bytes.NewReader(doc), dsse.SignWithSigners(signer))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := signer.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	return signed, verifier
}

// verify asks go-witness about an envelope, with a policy that requires the
// types we write, one Rego module over command-run, and what more is given.
func (f fixture) verify(t *testing.T, envelope, artifact []byte, rego string, more ...policy.Attestation) error {
	t.Helper()
	id := sha256.Sum256(f.pem) // a functionary is named by the SHA-256 of its PEM
	keyID := hex.EncodeToString(id[:])
	step := policy.Step{
		Name:          "build",
		Functionaries: []policy.Functionary{{Type: "publickey", PublicKeyID: keyID}},
		Attestations: []policy.Attestation{
			{Type: "https://witness.dev/attestations/material/v0.1"},
			{Type: "https://witness.dev/attestations/product/v0.1"},
			{Type: "https://witness.dev/attestations/environment/v0.1"},
			{Type: "https://witness.dev/attestations/git/v0.1"},
			{
				Type:         "https://witness.dev/attestations/command-run/v0.1",
				RegoPolicies: []policy.RegoPolicy{{Name: "rego", Module: []byte(rego)}},
			},
		},
	}
	step.Attestations = append(step.Attestations, more...)
	doc, err := json.Marshal(policy.Policy{
		Expires:    metav1.Time{Time: time.Now().Add(time.Hour)},
		PublicKeys: map[string]policy.PublicKey{keyID: {KeyID: keyID, Key: f.pem}},
		Steps:      map[string]policy.Step{"build": step},
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, verifier := f.sign(t, doc)
	src := source.NewMemorySource()
	if err := src.LoadBytes("e.json.dsse.json", envelope); err != nil {
		return err
	}
	digest, err := cryptoutil.CalculateDigestSetFromBytes(artifact, []cryptoutil.DigestValue{{Hash: crypto.SHA256}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = witness.Verify(context.Background(), signed, []cryptoutil.Verifier{verifier},
		witness.VerifyWithCollectionSource(src), witness.VerifyWithSubjectDigests([]cryptoutil.DigestSet{digest}))
	return err
}

func TestWitnessVerifies(t *testing.T) {
	f := wrap(t, build(t), "echo hi > out.txt")
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger := f
	stranger.key = other
	der, err := x509.MarshalPKIXPublicKey(other.Public())
	if err != nil {
		t.Fatal(err)
	}
	stranger.pem = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})

	for _, test := range []struct {
		name     string
		by       fixture
		envelope []byte
		artifact []byte
		rego     string
		accepted bool
	}{
		{"as written", f, f.envelope, f.product, allowRego, true},
		{"a module that denies", f, f.envelope, f.product, denyRego, false},
		{"tampered payload", f, tamper(t, f.envelope), f.product, allowRego, false},
		{"another artifact", f, f.envelope, []byte("other\n"), allowRego, false},
		{"a policy that trusts another key", stranger, f.envelope, f.product, allowRego, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.by.verify(t, test.envelope, test.artifact, test.rego)
			if test.accepted && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !test.accepted && err == nil {
				t.Error("accepted")
			}
		})
	}
}

// tamper changes the exit code in the signed payload.
func tamper(t *testing.T, envelope []byte) []byte {
	t.Helper()
	var env dsse.Envelope
	if err := json.Unmarshal(envelope, &env); err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(env.Payload), `"exitcode":0`, `"exitcode":1`, 1)
	if changed == string(env.Payload) {
		t.Fatal("no exit code to change")
	}
	env.Payload = []byte(changed)
	out, err := json.Marshal(env)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
