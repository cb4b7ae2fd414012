package attest

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"time"

	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

// entity shows one signature of a bundle to sigstore-go, in the terms of its
// SignedEntity. The bundle's JSON was read by us, so that there is one reading
// of it, and the statement is not shown at all: sigstore-go would take a
// second for one of 4.5 MB.
type entity struct {
	bundle  *Bundle
	claim   claim
	leaf    *x509.Certificate // nil: signed by key
	key     crypto.PublicKey
	entries []*tlog.Entry
}

func (e *entity) HasInclusionPromise() bool {
	return anyEntry(e.entries, (*tlog.Entry).HasInclusionPromise)
}

func (e *entity) HasInclusionProof() bool {
	return anyEntry(e.entries, (*tlog.Entry).HasInclusionProof)
}
func (e *entity) Timestamps() ([][]byte, error)           { return e.claim.timestamps, nil }
func (e *entity) TlogEntries() ([]*tlog.Entry, error)     { return e.entries, nil }
func (e *entity) Version() (string, error)                { return "v0.3", nil }
func (e *entity) Signature() []byte                       { return e.claim.sig }
func (e *entity) EnvelopeContent() verify.EnvelopeContent { return e }

func (e *entity) SignatureContent() (verify.SignatureContent, error)       { return e, nil }
func (e *entity) VerificationContent() (verify.VerificationContent, error) { return e, nil }
func (e *entity) MessageSignatureContent() verify.MessageSignatureContent  { return nil }

// RawEnvelope is the payload with the one signature.
func (e *entity) RawEnvelope() *dsse.Envelope {
	return &dsse.Envelope{
		PayloadType: e.bundle.envelope.PayloadType,
		Payload:     base64.StdEncoding.EncodeToString(e.bundle.envelope.Payload),
		Signatures:  []dsse.Signature{{Sig: base64.StdEncoding.EncodeToString(e.claim.sig)}},
	}
}

// Statement is never needed for what is asked of sigstore-go.
func (e *entity) Statement() (*intoto.Statement, error) {
	return nil, errors.New("the statement is read elsewhere")
}

func (e *entity) Certificate() *x509.Certificate     { return e.leaf }
func (e *entity) Intermediates() []*x509.Certificate { return nil }

func (e *entity) PublicKey() verify.PublicKeyProvider {
	if e.leaf != nil {
		return nil
	}
	return e
}

// Hint names the key to material.PublicKeyVerifier, which has only one.
func (e *entity) Hint() string { return "" }

// CompareKey reports whether a log entry names the signer of this signature.
func (e *entity) CompareKey(key any, _ root.TrustedMaterial) bool {
	if e.leaf != nil {
		cert, ok := key.(*x509.Certificate)
		return ok && e.leaf.Equal(cert)
	}
	type equaler interface{ Equal(crypto.PublicKey) bool }
	public, ok := e.key.(equaler)
	return ok && public.Equal(key)
}

// ValidAtTime reports whether the signer's certificate was valid at t. A key
// always is.
func (e *entity) ValidAtTime(t time.Time, _ root.TrustedMaterial) bool {
	return e.leaf == nil || !t.Before(e.leaf.NotBefore) && !t.After(e.leaf.NotAfter)
}

func anyEntry(entries []*tlog.Entry, has func(*tlog.Entry) bool) bool {
	for _, entry := range entries {
		if has(entry) {
			return true
		}
	}
	return false
}
