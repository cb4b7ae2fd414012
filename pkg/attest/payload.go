package attest

// A SignedPayload is a document that is no in-toto statement, such as a policy, in
// a DSSE envelope, and who signed it. Only VerifyPayload makes one.
type SignedPayload struct {
	Payload []byte
	Signers []Signer
	Checks  []Check // those that held, in order
}

// VerifyPayload checks that b is of a payload type and signed by those who are
// trusted, each signature by one of them. Its error is a *CheckError. It makes no
// network call.
func VerifyPayload(b *Bundle, trust Trust, payloadType string) (*SignedPayload, error) {
	if b.envelope.PayloadType != payloadType {
		return nil, &CheckError{"payload type", "envelope", payloadType, quote(b.envelope.PayloadType)}
	}
	p := &SignedPayload{Payload: b.envelope.Payload}
	var err error
	if p.Signers, p.Checks, err = b.prove(trust); err != nil {
		return nil, err
	}
	return p, nil
}

// UnverifiedPayload is what the envelope holds, and of which type it says that is.
// Nobody has vouched for either.
func (b *Bundle) UnverifiedPayload() (payloadType string, payload []byte) {
	return b.envelope.PayloadType, b.envelope.Payload
}

// prove checks every signature of b.
func (b *Bundle) prove(trust Trust) (signers []Signer, held []Check, err error) {
	message := preAuth(b.envelope.PayloadType, b.envelope.Payload)
	for i, signature := range b.signatures {
		signer, checks, err := trust.prove(b, message, signature)
		if err != nil {
			return nil, nil, numbered(err, i, len(b.signatures))
		}
		signers, held = append(signers, signer), append(held, checks...)
	}
	if len(signers) == 0 {
		return nil, nil, &CheckError{"signature", "envelope", "a signature", "none"}
	}
	return signers, held, nil
}

// Strict decodes a JSON document into v, a pointer. It refuses fields that v does
// not have, in any case of letters, fields that come twice, and text after the end.
func Strict(document []byte, v any) error {
	if err := wellFormed(document); err != nil {
		return err
	}
	return strict(document, v)
}
