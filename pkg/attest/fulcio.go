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
	l := leg{service: "Fulcio", url: n.Fulcio, accepts: []string{"application/json"}, base: n.Transport}
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

// newCertificate checks that the certificate is for our key: another would
// make evidence that nobody can verify.
func newCertificate(leaf, answer []byte, key *Key) (c Certificate, err error) {
	parsed, err := x509.ParseCertificate(leaf)
	if err != nil {
		return c, fmt.Errorf("read the certificate: %w", err)
	}
	if !key.public.equal(parsed.PublicKey) {
		return c, errors.New("the certificate is for another key")
	}
	summary, err := certificate.SummarizeCertificate(parsed)
	if err != nil {
		return c, fmt.Errorf("read the certificate: %w", err)
	}
	c = Certificate{Chain: [][]byte{leaf}, Identity: summary.SubjectAlternativeName, Issuer: summary.Issuer}
	return c, c.addIntermediates(answer)
}

// addIntermediates takes them from Fulcio's answer, of which its client returns
// the first certificate alone (SigningCertificate of fulcio.proto).
func (c *Certificate) addIntermediates(answer []byte) error {
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
	for _, text := range all[1:] { // its client has found the first
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return errors.New("read the certificate's chain: no PEM block")
		}
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("read the certificate's chain: %w", err)
		}
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

// without takes a secret out of the text of an error: a service may send back
// what it was sent.
func without(secret string, err error) error {
	if err == nil || secret == "" || !strings.Contains(err.Error(), secret) {
		return err
	}
	var service *ServiceError
	if errors.As(err, &service) {
		copied := *service
		copied.Err = errors.New(strings.ReplaceAll(service.Err.Error(), secret, "***"))
		return &copied
	}
	return errors.New(strings.ReplaceAll(err.Error(), secret, "***"))
}
