package attest

import (
	"context"
	"fmt"
)

// A Signer turns a statement into a Sigstore bundle (JSON, media type
// application/vnd.dev.sigstore.bundle.v0.3+json). Key signing is the one below;
// keyless signing through Fulcio is another Signer and belongs beside it.
type Signer interface {
	// Sign signs payload, a statement as Statement.Marshal gives it.
	Sign(ctx context.Context, payload []byte) ([]byte, error)
	// Identity says in a few words whose signature it is.
	Identity() string
}

// Identity is the key's ID, or that there is no identity at all.
func (k *Key) Identity() string {
	if k.ephemeral {
		return "none (local key made for this run, " + k.public.id + ")"
	}
	return "key " + k.public.id
}

// Sign makes a bundle whose verification material is the key's ID.
func (k *Key) Sign(_ context.Context, payload []byte) ([]byte, error) {
	sig, err := k.signature(payload)
	if err != nil {
		return nil, err
	}
	return Encode(sigstoreBundle{
		MediaType:            bundleV03,
		VerificationMaterial: verificationMaterial{PublicKey: &publicKeyHint{Hint: k.public.id}},
		DSSEEnvelope: &envelope{
			Payload: payload, PayloadType: PayloadType, Signatures: []envelopeSignature{{Sig: sig}},
		},
	})
}

// envelope is DSSE's JSON form, with the fields that Witness reads
// (https://github.com/secure-systems-lab/dsse/blob/master/envelope.md).
type envelope struct {
	Payload     []byte              `json:"payload"`
	PayloadType string              `json:"payloadType"`
	Signatures  []envelopeSignature `json:"signatures"`
}

type envelopeSignature struct {
	KeyID string `json:"keyid,omitempty"`
	Sig   []byte `json:"sig"`
}

// SignEnvelope signs payload as a bare DSSE envelope: what Witness reads.
func (k *Key) SignEnvelope(_ context.Context, payload []byte) ([]byte, error) {
	sig, err := k.signature(payload)
	if err != nil {
		return nil, err
	}
	return Encode(envelope{
		Payload: payload, PayloadType: PayloadType,
		Signatures: []envelopeSignature{{KeyID: k.public.id, Sig: sig}},
	})
}

// preAuth is DSSE's pre-authentication encoding, PAE: what is signed
// (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md).
func preAuth(payloadType string, payload []byte) []byte {
	b := make([]byte, 0, len(payload)+len(payloadType)+64)
	b = fmt.Appendf(b, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload))
	return append(b, payload...)
}
