package attest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/sign"
)

// Certificate is what Fulcio made of a key and an identity token.
type Certificate struct {
	Chain    [][]byte // DER, the signer's first, without the root
	Identity string   // the subject alternative name, as of a workflow
	Issuer   string   // of the token
}

// certify has Fulcio bind the key to the identity that the token names. The
// token is sent to no other host, and is in no error.
func (n Notary) certify(ctx context.Context, key *Key, token string) (c Certificate, err error) {
	defer func() { err = without(token, err) }()
	l := leg{service: "Fulcio", url: n.Fulcio, accepts: []string{"application/json"}, base: n.Transport, secret: token}
	err = l.do(ctx, func(ctx context.Context, transport http.RoundTripper) error {
		fulcio := sign.NewFulcio(&sign.FulcioOptions{BaseURL: strings.TrimRight(n.Fulcio, "/"), Timeout: -1, Transport: transport})
		leaf, err := fulcio.GetCertificate(ctx, keypair{key}, &sign.CertificateProviderOptions{IDToken: token})
		if err != nil {
			return err
		}
		c, err = newCertificate(leaf, transport.(*bounded).answer, key)
		return err
	})
	return c, err
}

// newCertificate checks that the certificate is for our key, of our time and of
// a signer: another would make evidence that nobody can verify. Whether its
// authority is to be trusted is for the verifier to say.
func newCertificate(leaf, answer []byte, key *Key) (c Certificate, err error) {
	parsed, err := x509.ParseCertificate(leaf)
	if err != nil {
		return c, fmt.Errorf("read the certificate: %w", err)
	}
	now := time.Now()
	switch {
	case !key.public.equal(parsed.PublicKey):
		return c, wrong("the certificate is for another key")
	case parsed.IsCA:
		return c, wrong("the certificate is that of an authority, not of a signer")
	case now.Add(maxSkew).Before(parsed.NotBefore) || now.Add(-maxSkew).After(parsed.NotAfter):
		return c, wrong("the certificate is valid from %s to %s, and it is %s here",
			parsed.NotBefore.UTC().Format(time.RFC3339), parsed.NotAfter.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	summary, err := certificate.SummarizeCertificate(parsed)
	if err != nil {
		return c, fmt.Errorf("read the certificate: %w", err)
	}
	if summary.Issuer == "" || summary.SubjectAlternativeName == "" {
		return c, wrong("the certificate names no identity, or not who vouches for it")
	}
	c = Certificate{Chain: [][]byte{leaf}, Identity: summary.SubjectAlternativeName, Issuer: summary.Issuer}
	return c, c.addIntermediates(parsed, answer)
}

// addIntermediates takes them from Fulcio's answer, of which its client returns
// the first certificate alone (SigningCertificate of fulcio.proto). Each must
// have signed the one before.
func (c *Certificate) addIntermediates(leaf *x509.Certificate, answer []byte) error {
	type signed struct {
		Chain struct {
			Certificates []string `json:"certificates"`
		} `json:"chain"`
	}
	var body struct {
		Embedded signed `json:"signedCertificateEmbeddedSct"`
		Detached signed `json:"signedCertificateDetachedSct"`
	}
	if err := json.Unmarshal(answer, &body); err != nil {
		return fmt.Errorf("read the certificate's chain: %w", err)
	}
	all := append(body.Embedded.Chain.Certificates, body.Detached.Chain.Certificates...)
	if len(all) > maxChain+1 {
		return wrong("a chain of %d certificates, expected at most %d", len(all), maxChain+1)
	}
	below := leaf
	for _, text := range all[1:] { // its client has found the first
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return errors.New("read the certificate's chain: no PEM block")
		}
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("read the certificate's chain: %w", err)
		}
		if !bytes.Equal(below.RawIssuer, parsed.RawSubject) || below.CheckSignatureFrom(parsed) != nil {
			return wrong("a certificate in the chain is not by the next one")
		}
		below = parsed
		if !bytes.Equal(parsed.RawIssuer, parsed.RawSubject) { // the root is the verifier's
			c.Chain = append(c.Chain, block.Bytes)
		}
	}
	return nil
}

func (p PublicKey) equal(other any) bool {
	switch key := p.key.(type) {
	case *ecdsa.PublicKey:
		o, ok := other.(*ecdsa.PublicKey)
		return ok && key.Equal(o)
	case ed25519.PublicKey:
		o, ok := other.(ed25519.PublicKey)
		return ok && key.Equal(o)
	}
	return false
}
