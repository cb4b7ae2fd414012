package sigstore

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	protocommon "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/signature"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/org/cilock-action/pkg/attest"
)

// predicateType is that of payload's statement.
const predicateType = "https://example.invalid/review/v1"

const digest = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"

func payload(t *testing.T) []byte {
	t.Helper()
	data, err := attest.Statement{
		Type: attest.StatementType, Subject: []attest.Subject{{Name: "out.txt", Digest: attest.SHA256(digest)}},
		PredicateType: predicateType, Predicate: json.RawMessage(`{"looked":true}`),
	}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// newKey makes a key, and our form of it.
func newKey(t *testing.T, algorithm string) (crypto.Signer, *attest.Key) {
	t.Helper()
	var private crypto.Signer
	var err error
	if algorithm == "ed25519" {
		_, private, err = ed25519.GenerateKey(rand.Reader)
	} else {
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := attest.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	return private, key
}

// theirs verifies a bundle with sigstore-go, the artifact included.
func theirs(data []byte, public crypto.PublicKey) error {
	b := new(bundle.Bundle)
	if err := b.UnmarshalJSON(data); err != nil {
		return err
	}
	verifier, err := signature.LoadVerifier(public, crypto.SHA256)
	if err != nil {
		return err
	}
	trusted := root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
		return root.NewExpiringKey(verifier, time.Time{}, time.Time{}), nil
	})
	v, err := verify.NewVerifier(trusted, verify.WithNoObserverTimestamps())
	if err != nil {
		return err
	}
	sum, err := hex.DecodeString(digest)
	if err != nil {
		return err
	}
	_, err = v.Verify(b, verify.NewPolicy(verify.WithArtifactDigest("sha256", sum), verify.WithKey()))
	return err
}

func ours(data []byte, public attest.PublicKey) error {
	b, err := attest.ParseBundle(data)
	if err != nil {
		return err
	}
	_, err = attest.Verify(b, public)
	return err
}

// keypair lets sigstore-go sign with a stored key.
type keypair struct {
	crypto.Signer
	public attest.PublicKey
}

func (k keypair) GetHashAlgorithm() protocommon.HashAlgorithm {
	return protocommon.HashAlgorithm_SHA2_256
}

func (k keypair) GetSigningAlgorithm() protocommon.PublicKeyDetails {
	return protocommon.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256
}
func (k keypair) GetHint() []byte                  { return []byte(k.public.ID()) }
func (k keypair) GetKeyAlgorithm() string          { return "ECDSA" }
func (k keypair) GetPublicKey() crypto.PublicKey   { return k.Public() }
func (k keypair) GetPublicKeyPem() (string, error) { return string(k.public.PEM()), nil }
func (k keypair) SignData(_ context.Context, data []byte) ([]byte, []byte, error) {
	h := crypto.SHA256.New()
	h.Write(data)
	sum := h.Sum(nil)
	sig, err := k.Sign(rand.Reader, sum, crypto.SHA256)
	return sig, sum, err
}

// TestOurBundles: sigstore-go accepts what we sign, and refuses what was
// changed; so do we.
func TestOurBundles(t *testing.T) {
	for _, algorithm := range []string{"ecdsa-p256", "ed25519"} {
		private, key := newKey(t, algorithm)
		stranger, other := newKey(t, algorithm)
		signature, err := key.Sign(t.Context(), payload(t))
		if err != nil {
			t.Fatal(err)
		}
		good, err := signature.Bundle()
		if err != nil {
			t.Fatal(err)
		}
		if err := theirs(good, private.Public()); err != nil {
			t.Errorf("%s: sigstore-go refuses our bundle: %v", algorithm, err)
		}
		if err := ours(good, key.Public()); err != nil {
			t.Errorf("%s: we refuse our own bundle: %v", algorithm, err)
		}
		if theirs(good, stranger.Public()) == nil || ours(good, other.Public()) == nil {
			t.Errorf("%s: another key verifies", algorithm)
		}
		for name, change := range map[string][2]string{
			"payload type":   {"application/vnd.in-toto+json", "application/vnd.in-toto+jsom"},
			"unknown field":  {`{"mediaType"`, `{"other":1,"mediaType"`},
			"field twice":    {`{"mediaType"`, `{"mediaType":"x","mediaType"`},
			"version":        {"v0.3", "v0.9"},
			"two signatures": {`"signatures":[`, `"signatures":[{"sig":"AAAA"},`},
		} {
			changed := []byte(strings.Replace(string(good), change[0], change[1], 1))
			if e1, e2 := theirs(changed, private.Public()), ours(changed, key.Public()); e1 == nil || e2 == nil {
				t.Errorf("%s, %s: sigstore-go says %v, we say %v", algorithm, name, e1, e2)
			}
		}
	}
}

// TestTheirBundles: we accept what sigstore-go signs with a key.
func TestTheirBundles(t *testing.T) {
	private, key := newKey(t, "ecdsa-p256")
	b, err := sign.Bundle(&sign.DSSEData{Data: payload(t), PayloadType: attest.PayloadType},
		keypair{private, key.Public()}, sign.BundleOptions{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := protojson.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := ours(data, key.Public()); err != nil {
		t.Errorf("we refuse a bundle of sigstore-go: %v", err)
	}
}
