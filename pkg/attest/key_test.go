package attest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
)

// TestParseKeyRefuses: the error says what the file is, what was expected, and
// never quotes the key.
func TestParseKeyRefuses(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(p256)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return block("PRIVATE KEY", der)
	}
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "no PEM block"},
		{"text", "hunter2", "no PEM block"},
		{"SEC 1", block("EC PRIVATE KEY", sec1), "openssl pkcs8 -topk8"},
		{"encrypted", block("ENCRYPTED PRIVATE KEY", []byte("x")), "is encrypted"},
		{"public", block("PUBLIC KEY", []byte("x")), "signing needs the private key"},
		{"damaged", block("PRIVATE KEY", []byte("x")), "not a PKCS#8 private key"},
		{"RSA", pkcs8(rsaKey), "expected ECDSA P-256 or Ed25519"},
		{"P-384", pkcs8(p384), "key is ECDSA P-384"},
		{"unknown block", block("OPENSSH PRIVATE KEY", []byte("x")), `"OPENSSH PRIVATE KEY"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseKey([]byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if test.name == "text" && strings.Contains(err.Error(), "hunter2") {
				t.Error("the error quotes the file")
			}
		})
	}
}

// TestKeyID: the ID is what `sha256sum pub.pem` prints, since that is how a
// Witness policy names a functionary.
func TestKeyID(t *testing.T) {
	key := newTestKey(t, "ecdsa-p256")
	sum := sha256.Sum256(key.Public().PEM())
	if want := hex.EncodeToString(sum[:]); key.Public().ID() != want {
		t.Errorf("ID is %s, want %s", key.Public().ID(), want)
	}
	again, err := ParsePublicKey(key.Public().PEM())
	if err != nil || again.ID() != key.Public().ID() {
		t.Errorf("read back: %v, %v", again.ID(), err)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Add(newTestKey(f, "ed25519").Public().PEM())
	f.Fuzz(func(t *testing.T, data []byte) {
		if key, err := ParseKey(data); (key == nil) == (err == nil) {
			t.Error("neither a key nor an error")
		}
		if key, err := ParsePublicKey(data); (key.ID() == "") == (err == nil) {
			t.Error("neither a public key nor an error")
		}
	})
}
