package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// Signed is a policy whose signature has been checked. Only Open makes one.
type Signed struct {
	*Document
	Digest  string // SHA-256 of the document, lower-case hex
	Signers []attest.Signer
}

// RefusedError is a policy that is not accepted, and at which stage.
type RefusedError struct {
	Stage    string // format, signature, payload type, document
	Expected string
	Found    string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("policy %s: expected %s, found %s", e.Stage, e.Expected, e.Found)
}

// Open checks who signed a policy (a DSSE envelope or Sigstore bundle), reads it,
// and refuses what Check refuses, or what is older than minVersion. Its error is a
// *RefusedError. Whether it has expired is for NewCase and Decide to say.
func Open(text []byte, trust attest.Trust, minVersion int) (*Signed, error) {
	b, err := attest.ParseBundle(text)
	if err != nil {
		found := err.Error()
		if plain := attest.Strict(text, new(Document)); plain == nil && len(text) <= MaxDocument { // whose modules nobody has vouched for
			found = "a policy that nobody has signed; `cilock policy sign` signs it"
		} else if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) { // a plan, most likely
			found += "; `cilock policy build` and then `cilock policy sign` make one of a plan"
		}
		return nil, &RefusedError{"format", "a signed policy (DSSE envelope or Sigstore bundle)", found}
	}
	signed, err := attest.VerifyPayload(b, trust, PayloadType)
	if err != nil {
		if check := new(attest.CheckError); errors.As(err, &check) {
			return nil, &RefusedError{check.Check, check.Expected, check.Found}
		}
		return nil, &RefusedError{"signature", "a signature that verifies", err.Error()}
	}
	d, err := ParseDocument(signed.Payload)
	if err != nil {
		return nil, &RefusedError{"document", "a policy without mistakes", plainError(err).Error()}
	}
	version := 0
	if d.Ours != nil {
		version = d.Ours.Version
	}
	if version < minVersion {
		return nil, &RefusedError{"version", fmt.Sprintf("version %d or later", minVersion), fmt.Sprintf("version %d: an older policy is no replacement", version)}
	}
	sum := sha256.Sum256(signed.Payload)
	return &Signed{Document: d, Digest: hex.EncodeToString(sum[:]), Signers: signed.Signers}, nil
}
