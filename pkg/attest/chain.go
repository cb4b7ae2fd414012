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
// own first. A root at the end is left out: whoever verifies brings his own.
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
