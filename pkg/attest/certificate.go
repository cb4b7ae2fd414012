package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

// minRSABits is the shortest RSA key whose signature counts.
const minRSABits = 2048

// readChain reads certificates in PEM, one after another, and nothing else.
func readChain(text []byte) ([][]byte, error) {
	var chain [][]byte
	for len(bytes.TrimSpace(text)) > 0 {
		block, rest := pem.Decode(text)
		switch {
		case block == nil:
			return nil, errors.New("no PEM block found: expected -----BEGIN CERTIFICATE-----")
		case block.Type != "CERTIFICATE":
			return nil, fmt.Errorf("PEM block is %s, expected CERTIFICATE", quote(block.Type))
		case len(chain) == maxCertificates:
			return nil, fmt.Errorf("more than %d certificates", maxCertificates)
		}
		chain, text = append(chain, block.Bytes), rest
	}
	return chain, nil
}

// ParseCertificates reads one or more certificates in PEM.
func ParseCertificates(text []byte) ([]*x509.Certificate, error) {
	chain, err := readChain(text)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 {
		return nil, errors.New("no PEM block found: expected -----BEGIN CERTIFICATE-----")
	}
	return parseDER(chain)
}

func parseDER(chain [][]byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for _, der := range chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("parse certificate: %w", err)
		}
		out = append(out, cert)
	}
	return out, nil
}

// leaf parses the signer's certificate and those that came with it.
func (c claim) leaf() (leaf *x509.Certificate, intermediates []*x509.Certificate, err error) {
	if c.certificate == nil {
		return nil, nil, &CheckError{"certificate", "bundle", "a signature with a certificate", "one by a bare key: verify it with --key"}
	}
	all, err := parseDER(append([][]byte{c.certificate}, c.intermediates...))
	if err != nil {
		return nil, nil, &CheckError{"certificate", "bundle", "an X.509 certificate", err.Error()}
	}
	leaf = all[0]
	if leaf.IsCA {
		return nil, nil, &CheckError{"certificate", "bundle", "the certificate of a signer", "that of a certificate authority"}
	}
	// Go does not know the name form that Fulcio uses for identities that are
	// neither URL nor e-mail; it is read below.
	leaf.UnhandledCriticalExtensions = slices.DeleteFunc(leaf.UnhandledCriticalExtensions, func(id asn1.ObjectIdentifier) bool {
		return id.Equal(cryptoutils.SANOID)
	})
	return leaf, all[1:], nil
}

// proveSignature checks the signature against the certificate's key.
func (c claim) proveSignature(leaf *x509.Certificate, message []byte) (Signer, error) {
	algorithm := keyAlgorithm(leaf.PublicKey)
	if !verifiesWith(leaf.PublicKey, message, c.sig) {
		return Signer{}, &CheckError{"signature", "envelope", "a valid signature by the key of its certificate (" + algorithm + ")", "a signature that does not fit the payload"}
	}
	der, err := x509.MarshalPKIXPublicKey(leaf.PublicKey)
	if err != nil {
		return Signer{}, &CheckError{"signature", "certificate", "a known kind of public key", err.Error()}
	}
	id := sha256.Sum256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	described, err := describe(leaf)
	if err != nil {
		return Signer{}, &CheckError{"certificate", "bundle", "readable names and extensions", err.Error()}
	}
	return Signer{KeyID: hex.EncodeToString(id[:]), Algorithm: algorithm, Certificate: described}, nil
}

// verifiesWith reports whether sig is by key over message, with SHA-256 or
// stronger. ECDSA on larger curves is accepted with SHA-256 too, as older
// clients and Witness sign; RSA in both of its encodings.
func verifiesWith(key crypto.PublicKey, message, sig []byte) bool {
	sum := sha256.Sum256(message)
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if ecdsa.VerifyASN1(k, sum[:], sig) {
			return true
		}
		switch k.Curve {
		case elliptic.P384():
			sum := sha512.Sum384(message)
			return ecdsa.VerifyASN1(k, sum[:], sig)
		case elliptic.P521():
			sum := sha512.Sum512(message)
			return ecdsa.VerifyASN1(k, sum[:], sig)
		}
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, sig)
	case *rsa.PublicKey:
		return k.N.BitLen() >= minRSABits &&
			(rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], sig) == nil || rsa.VerifyPSS(k, crypto.SHA256, sum[:], sig, nil) == nil)
	}
	return false
}

func keyAlgorithm(key crypto.PublicKey) string {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return "ecdsa-" + strings.ToLower(strings.ReplaceAll(k.Curve.Params().Name, "-", ""))
	case ed25519.PublicKey:
		return "ed25519"
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa-%d", k.N.BitLen())
	}
	return fmt.Sprintf("%T", key)
}

// describe reads who a certificate is about. A certificate with several names
// has no identity: who is meant would be the reader's choice.
func describe(cert *x509.Certificate) (*CertificateSigner, error) {
	extensions, err := certificate.ParseExtensions(cert.Extensions)
	if err != nil {
		return nil, err
	}
	names := slices.Concat(cert.EmailAddresses, cert.DNSNames)
	for _, u := range cert.URIs {
		names = append(names, u.String())
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if other, err := cryptoutils.UnmarshalOtherNameSAN(cert.Extensions); err == nil && other != "" {
		names = append(names, other)
	}
	sum := sha256.Sum256(cert.Raw)
	d := &CertificateSigner{
		Issuer: extensions.Issuer, Build: buildOf(extensions), Authority: cert.Issuer.String(),
		NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(), Thumbprint: hex.EncodeToString(sum[:]),
	}
	if len(names) == 1 {
		d.Identity = names[0]
	}
	return d, nil
}

// forCodeSigning reports whether a certificate's extended key usages name code
// signing. Go takes one without any for all of them; that is accepted only
// where strictly is false.
func forCodeSigning(cert *x509.Certificate, strictly bool) bool {
	if len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) == 0 {
		return !strictly
	}
	return slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageCodeSigning)
}

// CertificatePEM is a certificate as text.
func CertificatePEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// CertificateID names a certificate in a policy: the SHA-256 of its text, as
// Witness has it.
func CertificateID(cert *x509.Certificate) string {
	sum := sha256.Sum256(CertificatePEM(cert))
	return hex.EncodeToString(sum[:])
}
