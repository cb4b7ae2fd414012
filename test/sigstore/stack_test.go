package sigstore

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/org/cilock-action/pkg/attest"
	"github.com/org/cilock-action/test/stack"
)

// keyless signs with sigstore-go at the services of a stack.
func keyless(ctx context.Context, t *testing.T, s *stack.Stack, claims map[string]any) ([]byte, error) {
	t.Helper()
	key, err := sign.NewEphemeralKeypair(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sign.Bundle(&sign.DSSEData{Data: payload(t), PayloadType: attest.PayloadType}, key, sign.BundleOptions{
		Context: ctx, CertificateProvider: sign.NewFulcio(&sign.FulcioOptions{BaseURL: s.FulcioURL}),
		CertificateProviderOptions: &sign.CertificateProviderOptions{IDToken: s.Token(claims)},
		TimestampAuthorities:       []*sign.TimestampAuthority{sign.NewTimestampAuthority(&sign.TimestampAuthorityOptions{URL: s.TSAURL})},
		TransparencyLogs:           []sign.Transparency{sign.NewRekor(&sign.RekorOptions{BaseURL: s.RekorURL, Version: uint32(s.RekorVersion)})},
	})
	if err != nil {
		return nil, err
	}
	return protojson.Marshal(b)
}

// accepts verifies with sigstore-go: log entry, time and SCT are required, as
// is an identity of the repository.
func accepts(t *testing.T, data []byte, s *stack.Stack, issuer string) error {
	t.Helper()
	trusted, err := root.NewTrustedRootFromPath(s.TrustedRoot)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verify.NewVerifier(trusted, verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1), verify.WithSignedCertificateTimestamps(1))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := verify.NewShortCertificateIdentity(issuer, "", "", "^https://github.com/octo-org/octo-repo/")
	if err != nil {
		t.Fatal(err)
	}
	b := new(bundle.Bundle)
	if err := b.UnmarshalJSON(data); err != nil {
		t.Fatal(err)
	}
	sum, err := hex.DecodeString(digest)
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(b, verify.NewPolicy(verify.WithArtifactDigest("sha256", sum), verify.WithCertificateIdentity(identity)))
	return err
}

// cosignAccepts verifies with cosign, which needs the predicate type too.
func cosignAccepts(t *testing.T, data []byte, s *stack.Stack, issuer string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bundle.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, stack.Cosign(t), "verify-blob-attestation", "--bundle", file, "--trusted-root", s.TrustedRoot,
		"--certificate-oidc-issuer", issuer, "--certificate-identity-regexp", "^https://github.com/octo-org/octo-repo/",
		"--type", predicateType, "--digest", digest, "--digestAlg", "sha256")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	t.Logf("cosign: %s", strings.TrimSpace(out.String()))
	return err
}

// TestStack: what is signed at the stack is verified by two programs that know
// nothing of it but the trusted root, and refused with that of another stack,
// with another issuer, and from another repository. So it is with both logs.
func TestStack(t *testing.T) {
	two, other := stack.Start(t), stack.Start(t)
	t.Run("rekor v2", func(t *testing.T) { signAndVerify(t, two, other) })
	t.Run("rekor v1", func(t *testing.T) { signAndVerify(t, stack.StartRekor1(t, two), other) })
}

func signAndVerify(t *testing.T, s, other *stack.Stack) {
	for _, c := range []struct {
		name   string
		claims map[string]any
		root   *stack.Stack
		issuer string
		good   bool
	}{
		{"good", nil, s, s.Issuer, true},
		{"another stack", nil, other, s.Issuer, false},
		{"another issuer required", nil, s, s.OtherIssuer, false},
		{"another issuer signed", map[string]any{"iss": s.OtherIssuer}, s, s.Issuer, false},
		{"another issuer both", map[string]any{"iss": s.OtherIssuer}, s, s.OtherIssuer, true},
		{"another repository", map[string]any{"job_workflow_ref": "octo-org/octo-repo-evil/.github/workflows/a.yml@refs/heads/main"}, s, s.Issuer, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, err := keyless(t.Context(), t, s, c.claims)
			if err != nil {
				t.Fatalf("sign: %v", err)
			}
			if err := accepts(t, data, c.root, c.issuer); (err == nil) != c.good {
				t.Errorf("sigstore-go says %v", err)
			}
			if err := cosignAccepts(t, data, c.root, c.issuer); (err == nil) != c.good {
				t.Errorf("cosign says %v", err)
			}
		})
	}
}

// TestTokens: Fulcio gives no certificate for a token that is late, for another
// audience, or from nobody it knows.
func TestTokens(t *testing.T) {
	s := stack.Start(t)
	for name, claims := range map[string]map[string]any{
		"expired":  {"exp": time.Now().Add(-time.Minute).Unix()},
		"audience": {"aud": "other"},
		"issuer":   {"iss": "https://issuer.invalid"},
	} {
		if _, err := keyless(t.Context(), t, s, claims); err == nil || !strings.Contains(err.Error(), "Fulcio returned 4") {
			t.Errorf("%s: %v, want a refusal by Fulcio", name, err)
		}
	}
}

// TestFaultsReachClients: a proxy before each service breaks sigstore-go's
// client of it, and the same proxy without a fault does not.
func TestFaultsReachClients(t *testing.T) {
	for name, through := range map[string]func(*stack.Stack) *string{
		"fulcio": func(s *stack.Stack) *string { return &s.FulcioURL },
		"tsa":    func(s *stack.Stack) *string { return &s.TSAURL },
		"rekor":  func(s *stack.Stack) *string { return &s.RekorURL },
	} {
		t.Run(name, func(t *testing.T) {
			s := *stack.Start(t)
			address := through(&s)
			p := stack.NewProxy(t, *address)
			*address = p.URL
			for _, kind := range []stack.Kind{stack.Drop, stack.CutBody, stack.Garbage} {
				p.Next(stack.Fault{Kind: kind})
				if _, err := keyless(t.Context(), t, &s, nil); err == nil {
					t.Errorf("%s: signed", kind)
				}
			}
			p.Refuse(true)
			if _, err := keyless(t.Context(), t, &s, nil); err == nil || !strings.Contains(err.Error(), "refused") {
				t.Errorf("refused: %v", err)
			}
			p.Refuse(false)
			data, err := keyless(t.Context(), t, &s, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := accepts(t, data, &s, s.Issuer); err != nil {
				t.Error(err)
			}
			if n := len(p.Requests()); n != 4 {
				t.Errorf("the proxy saw %d requests, want 4", n)
			}
		})
	}
}
