package attest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// Signature is the bundle's signature, to be completed by what it lacks. A
// bundle that a key signed does not hold the key: public is it. The signature has
// to fit the key or the certificate. Nothing else is verified: not whose the
// certificate is.
func (b *Bundle) Signature(public PublicKey) (s Signature, err error) {
	if b.version == "" || len(b.signatures) != 1 {
		return s, errors.New("not a Sigstore bundle")
	}
	if b.envelope.PayloadType != PayloadType {
		return s, fmt.Errorf("payload type %s, expected %s", quote(b.envelope.PayloadType), PayloadType)
	}
	c := b.signatures[0]
	s = Signature{Payload: b.envelope.Payload, PayloadType: PayloadType, Sig: c.sig, Key: public, Timestamps: c.timestamps, Entries: b.entries}
	if c.certificate != nil {
		leaf, _, err := c.leaf()
		if err != nil {
			return s, err
		}
		if public.key != nil && !public.equal(leaf.PublicKey) {
			return s, errors.New("the bundle's certificate is for another key than the one given")
		}
		_, err = c.proveSignature(leaf, preAuth(PayloadType, s.Payload))
		s.Certificates = [][]byte{c.certificate}
		return s, err
	}
	if public.key == nil {
		return s, errors.New("the bundle is signed by a key, and does not hold it: give the public key with --key PUB; that of a key made for the run is beside the bundle X, in X.pub")
	}
	if !public.verifies(preAuth(PayloadType, s.Payload), s.Sig) {
		return s, fmt.Errorf("the bundle is not signed by key %s", public.id)
	}
	return s, nil
}

// ByPublicInstance reports whether the certificate says that Sigstore's own
// Fulcio made it. It is a claim, and good for a default only.
func (s Signature) ByPublicInstance() bool {
	if len(s.Certificates) == 0 {
		return false
	}
	cert, err := x509.ParseCertificate(s.Certificates[0])
	return err == nil && slices.Contains(cert.Issuer.Organization, "sigstore.dev")
}
