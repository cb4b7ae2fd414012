package action

import (
	"context"
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// Signed is what is written to disk.
type Signed struct {
	Bundle    []byte // Sigstore bundle over our statement
	Envelope  []byte // DSSE envelope over Witness' statement
	SLSA      []byte // Sigstore bundle over the provenance, nil if there is none
	PublicKey []byte // PEM, only for a key that nobody has yet
	Identity  string
	Subjects  []attest.Subject
	Sidecar   []byte // the trace, if it is not in the statement
}

// Sign signs the documents with the plan's key. Keyless signing will be a
// second way to the same Signed.
func Sign(ctx context.Context, p Plan, docs Documents) (Signed, error) {
	s := Signed{Identity: p.Key.Identity(), Subjects: docs.Subjects, Sidecar: docs.Sidecar}
	// A cancelled job still gets its signature: it takes a millisecond.
	ctx = context.WithoutCancel(ctx)
	statement, err := p.Key.Sign(ctx, docs.Statement)
	if err == nil {
		s.Bundle, err = statement.Bundle()
	}
	if err != nil {
		return Signed{}, fmt.Errorf("sign evidence: %w", err)
	}
	witness, err := p.Key.Sign(ctx, docs.Witness)
	if err == nil {
		s.Envelope, err = witness.Envelope()
	}
	if err != nil {
		return Signed{}, fmt.Errorf("sign evidence for Witness: %w", err)
	}
	if docs.Provenance != nil {
		provenance, err := p.Key.Sign(ctx, docs.Provenance)
		if err == nil {
			s.SLSA, err = provenance.Bundle()
		}
		if err != nil {
			return Signed{}, fmt.Errorf("sign provenance: %w", err)
		}
	}
	if p.Key.Ephemeral() {
		s.PublicKey = p.Key.Public().PEM()
	}
	return s, nil
}
