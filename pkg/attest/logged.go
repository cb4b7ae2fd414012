package attest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// isLogged is an error if what a log answered is not an entry for this
// signature, or does not prove that its tree has the entry. Whether the log is
// to be trusted is for the verifier to say, who has its key.
func (s Signature) isLogged(answer *protorekor.TransparencyLogEntry) error {
	entry, err := tlog.ParseTransparencyLogEntry(answer)
	if err != nil {
		return wrong("the log's entry cannot be read: %v", err)
	}
	if err := s.isEntry(entry); err != nil {
		return err
	}
	p := answer.GetInclusionProof()
	if p == nil {
		return wrong("the log does not prove that it has the entry")
	}
	if err := sameCheckpoint(entry); err != nil {
		return wrong("the log's proof: %v", err)
	}
	if p.GetLogIndex() < 0 || p.GetTreeSize() < 0 {
		return wrong("the log's proof: entry %d of %d", p.GetLogIndex(), p.GetTreeSize())
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(answer.GetCanonicalizedBody())
	err = proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(p.GetLogIndex()), uint64(p.GetTreeSize()), leaf, p.GetHashes(), p.GetRootHash())
	if err != nil {
		return wrong("the log's proof: %v", err)
	}
	return nil
}

// isEntry compares signature, signer and what was signed.
func (s Signature) isEntry(entry *tlog.Entry) error {
	signer := entity{key: s.Key.key}
	if len(s.Certificates) > 0 {
		leaf, err := x509.ParseCertificate(s.Certificates[0])
		if err != nil {
			return fmt.Errorf("read the certificate: %w", err)
		}
		signer.leaf = leaf
	}
	message, payload := sha256.Sum256(preAuth(s.PayloadType, s.Payload)), sha256.Sum256(s.Payload)
	ofMessage, _, record := entry.GetHashedRekordDigest()
	ofPayload, envelope := entry.GetDssePayloadHash()
	switch {
	case !bytes.Equal(entry.Signature(), s.Sig):
		return wrong("the log's entry is for another signature")
	case !signer.CompareKey(entry.PublicKey(), nil):
		return wrong("the log's entry is for another signer")
	case !record && !envelope, record && !bytes.Equal(ofMessage, message[:]), envelope && !bytes.Equal(ofPayload, payload[:]):
		return wrong("the log's entry is for another statement")
	}
	return nil
}
