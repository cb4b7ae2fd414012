package attest

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/digitorus/timestamp"
)

// Signature is a signed statement with what proves whose signature it is and
// when it was made. It is what bundles and envelopes are written from.
type Signature struct {
	Payload     []byte    // the statement, as Statement.Marshal gives it
	PayloadType string    // PayloadType, unless it is no statement
	Sig         []byte    // over the payload's PAE
	Key         PublicKey // that signed
	// Certificates are DER, the signer's first, without the root; none for a
	// key that has none.
	Certificates [][]byte
	// Timestamps are RFC 3161 responses (DER) over Sig.
	Timestamps [][]byte
	// Entries are entries of a transparency log, each in the JSON form of
	// Sigstore's TransparencyLogEntry (protobuf-specs, sigstore_rekor.proto).
	Entries []json.RawMessage
}

// Identity is the key's ID, or that there is no identity at all.
func (k *Key) Identity() string {
	if k.ephemeral {
		return "none (local key made for this run, " + k.public.id + ")"
	}
	return "key " + k.public.id
}

// Sign signs payload, a statement as Statement.Marshal gives it.
func (k *Key) Sign(ctx context.Context, payload []byte) (Signature, error) {
	return k.SignPayload(ctx, PayloadType, payload)
}

// SignPayload signs a document of another payload type, such as a policy.
func (k *Key) SignPayload(ctx context.Context, payloadType string, payload []byte) (Signature, error) {
	sig, err := k.sign(ctx, preAuth(payloadType, payload))
	if err != nil {
		return Signature{}, err
	}
	return Signature{Payload: payload, PayloadType: payloadType, Sig: sig, Key: k.public}, nil
}

// Timed reports whether anything beside the signature says when it was made: a
// timestamp, or a log that gives the time of its entries, as Rekor v1 does.
func (s Signature) Timed() bool {
	for _, entry := range s.Entries {
		var e struct {
			IntegratedTime json.Number `json:"integratedTime"`
		}
		if json.Unmarshal(entry, &e) == nil && e.IntegratedTime != "" && e.IntegratedTime != "0" {
			return true
		}
	}
	return len(s.Timestamps) > 0
}

// Bundle is the signature as a Sigstore bundle (JSON, media type
// application/vnd.dev.sigstore.bundle.v0.3+json).
func (s Signature) Bundle() ([]byte, error) {
	b := sigstoreBundle{
		MediaType: bundleV03,
		DSSEEnvelope: &envelope{
			Payload: s.Payload, PayloadType: s.PayloadType, Signatures: []envelopeSignature{{Sig: s.Sig}},
		},
	}
	var err error
	if b.VerificationMaterial, err = s.material(); err != nil {
		return nil, fmt.Errorf("write the bundle: %w", err)
	}
	return Encode(b)
}

// material is the bundle's verification material. A v0.3 bundle has one
// certificate and no chain: the verifier has the rest in its trusted root.
func (s Signature) material() (m verificationMaterial, err error) {
	if len(s.Certificates) == 0 {
		m.PublicKey = &publicKeyHint{Hint: s.Key.id}
	} else {
		m.Certificate, err = json.Marshal(rawBytes{s.Certificates[0]})
	}
	if len(s.Entries) > 0 && err == nil {
		m.TlogEntries, err = json.Marshal(s.Entries)
	}
	if len(s.Timestamps) > 0 && err == nil {
		var data timestampData
		for _, response := range s.Timestamps {
			data.RFC3161 = append(data.RFC3161, signedTimestamp{response})
		}
		m.TimestampVerificationData, err = json.Marshal(data)
	}
	return m, err
}

// rawBytes is X509Certificate, and the other two are
// TimestampVerificationData, of Sigstore's protobuf-specs.
type rawBytes struct {
	RawBytes []byte `json:"rawBytes"`
}

type timestampData struct {
	RFC3161 []signedTimestamp `json:"rfc3161Timestamps"`
}

type signedTimestamp struct {
	SignedTimestamp []byte `json:"signedTimestamp"`
}

// envelope is DSSE's JSON form, with the fields that Witness reads
// (https://github.com/secure-systems-lab/dsse/blob/master/envelope.md,
// dsse.Signature of go-witness).
type envelope struct {
	Payload     []byte              `json:"payload"`
	PayloadType string              `json:"payloadType"`
	Signatures  []envelopeSignature `json:"signatures"`
}

type envelopeSignature struct {
	KeyID         string              `json:"keyid,omitempty"`
	Sig           []byte              `json:"sig"`
	Certificate   []byte              `json:"certificate,omitempty"`   // PEM
	Intermediates [][]byte            `json:"intermediates,omitempty"` // PEM
	Timestamps    []envelopeTimestamp `json:"timestamps,omitempty"`
}

type envelopeTimestamp struct {
	Type string `json:"type"` // "tsp"
	Data []byte `json:"data"` // the token of the response, which Witness wants alone
}

// Envelope is the signature as a bare DSSE envelope: what Witness reads.
func (s Signature) Envelope() ([]byte, error) {
	sig := envelopeSignature{KeyID: s.Key.id, Sig: s.Sig}
	for i, der := range s.Certificates {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		if i == 0 {
			sig.Certificate = text
		} else {
			sig.Intermediates = append(sig.Intermediates, text)
		}
	}
	for _, response := range s.Timestamps {
		stamp, err := timestamp.ParseResponse(response)
		if err != nil {
			return nil, fmt.Errorf("write the envelope: read the timestamp: %w", err)
		}
		sig.Timestamps = append(sig.Timestamps, envelopeTimestamp{"tsp", stamp.RawToken})
	}
	if s.Payload == nil {
		return nil, errors.New("write the envelope: nothing is signed")
	}
	return Encode(envelope{Payload: s.Payload, PayloadType: s.PayloadType, Signatures: []envelopeSignature{sig}})
}

// preAuth is DSSE's pre-authentication encoding, PAE: what is signed
// (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md).
func preAuth(payloadType string, payload []byte) []byte {
	b := make([]byte, 0, len(payload)+len(payloadType)+64)
	b = fmt.Appendf(b, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload))
	return append(b, payload...)
}
