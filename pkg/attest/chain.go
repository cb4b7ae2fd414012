package attest

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// maxChain is far above any chain in use.
const maxChain = 10

// ParseChain reads a key's certificate and those above it, in PEM, the key's
// own first. A root at the end is left out: whoever verifies brings his own. A
// first certificate that no verifier takes for a signer's is an error.
func ParseChain(text []byte, public PublicKey) (chain [][]byte, err error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block is %q, expected CERTIFICATE", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read certificate %d: %w", len(chain)+1, err)
		case len(chain) == maxChain:
			return nil, fmt.Errorf("more than %d certificates", maxChain)
		case len(chain) == 0 && !public.equal(cert.PublicKey):
			return nil, errors.New("the first certificate is not for the signing key")
		case len(chain) == 0 && cert.IsCA:
			return nil, errors.New("the first certificate is that of a certificate authority, expected that of a signer: nobody could verify what it signs")
		case len(chain) == 0 && !forCodeSigning(cert, false):
			return nil, errors.New("the first certificate is for something else than code signing (its extended key usage): nobody could verify what it signs")
		case len(chain) > 0 && cert.CheckSignatureFrom(cert) == nil:
			continue
		}
		chain = append(chain, block.Bytes)
	}
	if len(chain) == 0 {
		return nil, errors.New("no PEM block found: expected certificates (-----BEGIN CERTIFICATE-----)")
	}
	return chain, nil
}

// HasIdentity reports whether a certificate in DER has exactly one subject
// alternative name: what has none or several matches no identity.
func HasIdentity(der []byte) bool {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return false
	}
	d, err := describe(cert)
	return err == nil && d.Identity != ""
}
