package attest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// bundleV03 is the media type of the bundles that are written
// (https://docs.sigstore.dev/about/bundle/).
const bundleV03 = "application/vnd.dev.sigstore.bundle.v0.3+json"

// Bounds on what a verifier reads. The first is far above the largest
// statement that is made here; the others are the limits of sigstore-go on
// comparable lists.
const (
	MaxBundleSize   = 64 << 20 // bytes
	maxSignatures   = 32
	maxEntries      = 32 // of transparency logs
	maxTimestamps   = 32
	maxCertificates = 16 // a signer's and those beside it
)

// Bundle is evidence as read from a file: parsed, and not yet believed.
type Bundle struct {
	// Format is what the file is, for people.
	Format string
	// KeyHint is the key ID that the file names. It is a claim.
	KeyHint string

	envelope   envelope // payload and payload type
	signatures []claim
	entries    []json.RawMessage // of transparency logs
	version    string            // of a Sigstore bundle, as "0.3"; empty for an envelope
}

// claim is one signature with what the file says of who made it and when.
type claim struct {
	sig           []byte
	certificate   []byte   // DER; nil if signed by a key
	intermediates [][]byte // DER
	timestamps    [][]byte // RFC 3161 responses, DER
}

// ParseBundle reads a Sigstore bundle or a bare DSSE envelope (as Witness and
// the SLSA generators write it). It checks shape and size only.
func ParseBundle(data []byte) (*Bundle, error) {
	if len(data) > MaxBundleSize {
		return nil, fmt.Errorf("bundle has %d bytes, at most %d are read", len(data), MaxBundleSize)
	}
	if err := wellFormed(data); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	fields, err := objectFields(data)
	if err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	switch {
	case fields["mediaType"] != nil && fields["payload"] == nil:
		return parseSigstore(fields)
	case fields["mediaType"] == nil && fields["payloadType"] != nil:
		return parseEnvelope(fields)
	}
	return nil, errors.New("neither a Sigstore bundle (mediaType) nor a DSSE envelope (payloadType)")
}

// sigstoreBundle is the JSON form of Sigstore's bundle
// (protobuf-specs, sigstore_bundle.proto).
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

func parseSigstore(fields map[string]json.RawMessage) (*Bundle, error) {
	b := &Bundle{Format: "Sigstore bundle"}
	var mediaType string
	var m verificationMaterial
	err := errors.Join(
		only(fields, "mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature"),
		read(fields, "mediaType", &mediaType),
	)
	if err == nil && fields["verificationMaterial"] != nil {
		err = strict(fields["verificationMaterial"], &m)
	}
	if err != nil {
		return nil, fmt.Errorf("read Sigstore bundle: %w", err)
	}
	if b.version = bundleVersion(mediaType); b.version == "" {
		return nil, fmt.Errorf("bundle has media type %s, expected %s", quote(mediaType), bundleV03)
	}
	if fields["dsseEnvelope"] == nil || fields["messageSignature"] != nil {
		return nil, errors.New("bundle signs a bare message, not a statement")
	}
	envelope, err := objectFields(fields["dsseEnvelope"])
	if err == nil {
		err = only(envelope, "payload", "payloadType", "signatures")
	}
	if err == nil {
		err = b.readEnvelope(envelope, true)
	}
	if err != nil {
		return nil, fmt.Errorf("read Sigstore bundle: %w", err)
	}
	if n := len(b.signatures); n != 1 {
		return nil, fmt.Errorf("bundle has %d signatures, expected exactly one", n)
	}
	if err := b.readMaterial(m); err != nil {
		return nil, fmt.Errorf("read Sigstore bundle: %w", err)
	}
	return b, nil
}

// readMaterial takes over what stands beside the envelope.
func (b *Bundle) readMaterial(m verificationMaterial) error {
	var signers int
	if m.PublicKey != nil {
		signers++
		b.KeyHint = m.PublicKey.Hint
	}
	signature := &b.signatures[0]
	if m.Certificate != nil {
		signers++
		var one rawBytes
		if err := strict(m.Certificate, &one); err != nil {
			return fmt.Errorf("certificate: %w", err)
		}
		signature.certificate = one.RawBytes
	}
	if m.X509CertificateChain != nil {
		signers++
		var chain struct {
			Certificates []rawBytes `json:"certificates"`
		}
		if err := strict(m.X509CertificateChain, &chain); err != nil {
			return fmt.Errorf("certificate chain: %w", err)
		}
		if n := len(chain.Certificates); n == 0 || n > maxCertificates {
			return fmt.Errorf("chain has %d certificates, expected 1 to %d", n, maxCertificates)
		}
		if b.version == "0.3" {
			return errors.New("a bundle of version 0.3 has no certificate chain")
		}
		// The rest of the chain is the trusted root's to know, as in sigstore-go.
		signature.certificate = chain.Certificates[0].RawBytes
	}
	if signers != 1 || m.PublicKey == nil && len(signature.certificate) == 0 {
		return errors.New("bundle names no signer, or more than one: expected a public key or a certificate")
	}
	return b.readWitnesses(m, signature)
}

// readWitnesses takes over log entries and timestamps.
func (b *Bundle) readWitnesses(m verificationMaterial, signature *claim) error {
	if m.TlogEntries != nil {
		var err error
		if b.entries, err = arrayItems(m.TlogEntries); err != nil {
			return fmt.Errorf("log entries: %w", err)
		}
		if n := len(b.entries); n > maxEntries {
			return fmt.Errorf("bundle has %d log entries, at most %d are read", n, maxEntries)
		}
	}
	if m.TimestampVerificationData == nil {
		return nil
	}
	var data timestampData
	if err := strict(m.TimestampVerificationData, &data); err != nil {
		return fmt.Errorf("timestamps: %w", err)
	}
	if n := len(data.RFC3161); n > maxTimestamps {
		return fmt.Errorf("bundle has %d timestamps, at most %d are read", n, maxTimestamps)
	}
	for _, one := range data.RFC3161 {
		signature.timestamps = append(signature.timestamps, one.SignedTimestamp)
	}
	return nil
}

// bundleVersion is the version of the media types whose fields are those of
// v0.3, in both spellings that are in use; empty for others.
func bundleVersion(mediaType string) string {
	switch mediaType {
	case bundleV03, "application/vnd.dev.sigstore.bundle+json;version=0.3":
		return "0.3"
	case "application/vnd.dev.sigstore.bundle+json;version=0.1", "application/vnd.dev.sigstore.bundle+json;version=0.2":
		return strings.TrimPrefix(mediaType, "application/vnd.dev.sigstore.bundle+json;version=")
	}
	return ""
}

// parseEnvelope reads a bare envelope, which may have several signatures.
// Witness and others add fields of their own to it.
func parseEnvelope(fields map[string]json.RawMessage) (*Bundle, error) {
	b := &Bundle{Format: "DSSE envelope"}
	if err := b.readEnvelope(fields, false); err != nil {
		return nil, fmt.Errorf("read DSSE envelope: %w", err)
	}
	return b, nil
}

// readEnvelope reads payload and signatures. Strictly means that a signature
// has no fields but DSSE's.
func (b *Bundle) readEnvelope(fields map[string]json.RawMessage, strictly bool) error {
	var signatures []json.RawMessage
	err := errors.Join(
		readBase64(fields, "payload", &b.envelope.Payload),
		read(fields, "payloadType", &b.envelope.PayloadType),
		read(fields, "signatures", &signatures),
	)
	if err != nil {
		return err
	}
	if n := len(signatures); n == 0 || n > maxSignatures {
		return fmt.Errorf("envelope has %d signatures, expected 1 to %d", n, maxSignatures)
	}
	if len(b.envelope.Payload) == 0 {
		return errors.New("envelope has no payload")
	}
	for i, text := range signatures {
		fields, err := objectFields(text)
		if err == nil && strictly {
			err = only(fields, "sig", "keyid")
		}
		var one claim
		if err == nil {
			one, err = b.readSignature(fields)
		}
		if err != nil {
			return fmt.Errorf("signature %d: %w", i, err)
		}
		b.signatures = append(b.signatures, one)
	}
	return nil
}

// readBase64 is read for bytes, in one pass where the text has no escapes: a
// payload may have megabytes.
func readBase64(fields map[string]json.RawMessage, name string, v *[]byte) error {
	text := fields[name]
	if len(text) < 2 || text[0] != '"' || bytes.IndexByte(text, '\\') >= 0 {
		return read(fields, name, v)
	}
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)-2))
	n, err := base64.StdEncoding.Decode(data, text[1:len(text)-1])
	if err != nil {
		return fmt.Errorf("field %s: %w", name, err)
	}
	*v = data[:n]
	return nil
}

// readSignature reads DSSE's fields, those of Witness (dsse.Signature of
// go-witness) and the one of the SLSA generators, a PEM certificate as text.
func (b *Bundle) readSignature(fields map[string]json.RawMessage) (c claim, err error) {
	var keyID, certificate string
	var witness []byte
	var intermediates [][]byte
	var timestamps []envelopeTimestamp
	err = errors.Join(
		read(fields, "sig", &c.sig), read(fields, "keyid", &keyID), read(fields, "cert", &certificate),
		read(fields, "certificate", &witness), read(fields, "intermediates", &intermediates), read(fields, "timestamps", &timestamps),
	)
	if err != nil {
		return c, err
	}
	if len(intermediates) > maxCertificates || len(timestamps) > maxTimestamps {
		return c, fmt.Errorf("%d intermediates and %d timestamps, at most %d and %d are read", len(intermediates), len(timestamps), maxCertificates, maxTimestamps)
	}
	if b.KeyHint == "" {
		b.KeyHint = keyID
	}
	if len(witness) > 0 && certificate != "" {
		return c, errors.New("two certificates")
	}
	certificates := append([][]byte{append(witness, certificate...)}, intermediates...)
	for i, text := range certificates {
		chain, err := readChain(text)
		if err != nil || len(text) > 0 && len(chain) == 0 {
			return c, errors.Join(errors.New("certificate is not in PEM form"), err)
		}
		if i == 0 && len(chain) > 0 {
			c.certificate, chain = chain[0], chain[1:]
		}
		c.intermediates = append(c.intermediates, chain...)
	}
	for _, one := range timestamps {
		if one.Type != "tsp" {
			return c, fmt.Errorf("timestamp of type %s, expected tsp", quote(one.Type))
		}
		c.timestamps = append(c.timestamps, asResponse(one.Data))
	}
	return c, nil
}

// only refuses fields that are not in names.
func only(fields map[string]json.RawMessage, names ...string) error {
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	for name := range fields {
		if !known[name] {
			return fmt.Errorf("unknown field %s", quote(name))
		}
	}
	return nil
}
