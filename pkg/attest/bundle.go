package attest

import (
	"encoding/json"
	"errors"
	"fmt"
)

// bundleV03 is the media type of the bundles that are written
// (https://docs.sigstore.dev/about/bundle/).
const bundleV03 = "application/vnd.dev.sigstore.bundle.v0.3+json"

// Bounds on what a verifier reads. The first is far above the largest
// statement that is made here; the second is the limit of sigstore-go on
// comparable lists.
const (
	MaxBundleSize = 64 << 20 // bytes
	maxSignatures = 32
)

// Bundle is evidence as read from a file: parsed, and not yet believed.
type Bundle struct {
	// Format is what the file is, for people.
	Format string
	// KeyHint is the key ID that the file names. It is a claim.
	KeyHint string

	envelope envelope
}

// ParseBundle reads a Sigstore bundle or a bare DSSE envelope (Witness' form).
// It checks shape and size only.
func ParseBundle(data []byte) (*Bundle, error) {
	if len(data) > MaxBundleSize {
		return nil, fmt.Errorf("bundle has %d bytes, at most %d are read", len(data), MaxBundleSize)
	}
	var probe struct {
		MediaType   string          `json:"mediaType"`
		PayloadType string          `json:"payloadType"`
		Payload     json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(data, &probe); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	switch {
	case probe.MediaType != "" && probe.Payload == nil:
		return parseSigstore(data)
	case probe.MediaType == "" && probe.PayloadType != "":
		return parseEnvelope(data)
	}
	return nil, errors.New("neither a Sigstore bundle (mediaType) nor a DSSE envelope (payloadType)")
}

// sigstoreBundle is the JSON form of Sigstore's bundle
// (protobuf-specs, sigstore_bundle.proto). What a key signature does not need
// is kept as it is, so that no known field is refused as unknown.
type sigstoreBundle struct {
	MediaType            string               `json:"mediaType"`
	VerificationMaterial verificationMaterial `json:"verificationMaterial"`
	DSSEEnvelope         *envelope            `json:"dsseEnvelope,omitempty"`
	MessageSignature     json.RawMessage      `json:"messageSignature,omitempty"`
}

type verificationMaterial struct {
	PublicKey                 *publicKeyHint  `json:"publicKey,omitempty"`
	Certificate               json.RawMessage `json:"certificate,omitempty"`
	X509CertificateChain      json.RawMessage `json:"x509CertificateChain,omitempty"`
	TlogEntries               json.RawMessage `json:"tlogEntries,omitempty"`
	TimestampVerificationData json.RawMessage `json:"timestampVerificationData,omitempty"`
}

type publicKeyHint struct {
	Hint string `json:"hint"`
}

func parseSigstore(data []byte) (*Bundle, error) {
	var b sigstoreBundle
	if err := strict(data, &b); err != nil {
		return nil, fmt.Errorf("read Sigstore bundle: %w", err)
	}
	if !knownBundle(b.MediaType) {
		return nil, fmt.Errorf("bundle has media type %s, expected %s", quote(b.MediaType), bundleV03)
	}
	if b.DSSEEnvelope == nil || b.MessageSignature != nil {
		return nil, errors.New("bundle signs a bare message, not a statement")
	}
	if n := len(b.DSSEEnvelope.Signatures); n != 1 {
		return nil, fmt.Errorf("bundle has %d signatures, expected exactly one", n)
	}
	m := b.VerificationMaterial
	if m.PublicKey == nil || m.Certificate != nil || m.X509CertificateChain != nil {
		return nil, errors.New("bundle is not signed by a key: verifying certificates is not available in this version")
	}
	return newBundle("Sigstore bundle", m.PublicKey.Hint, *b.DSSEEnvelope)
}

// knownBundle accepts the media types whose fields are those of v0.3, in both
// spellings that are in use.
func knownBundle(mediaType string) bool {
	switch mediaType {
	case bundleV03, "application/vnd.dev.sigstore.bundle+json;version=0.1",
		"application/vnd.dev.sigstore.bundle+json;version=0.2", "application/vnd.dev.sigstore.bundle+json;version=0.3":
		return true
	}
	return false
}

// parseEnvelope reads a bare envelope, which may have several signatures.
func parseEnvelope(data []byte) (*Bundle, error) {
	var env envelope
	// Witness and others add fields of their own to a signature.
	if err := errors.Join(json.Unmarshal(data, &env), distinctEverywhere(data)); err != nil {
		return nil, fmt.Errorf("read DSSE envelope: %w", err)
	}
	if n := len(env.Signatures); n == 0 || n > maxSignatures {
		return nil, fmt.Errorf("envelope has %d signatures, expected 1 to %d", n, maxSignatures)
	}
	return newBundle("DSSE envelope", env.Signatures[0].KeyID, env)
}

func newBundle(format, hint string, env envelope) (*Bundle, error) {
	if len(env.Payload) == 0 {
		return nil, errors.New("envelope has no payload")
	}
	return &Bundle{Format: format, KeyHint: hint, envelope: env}, nil
}
