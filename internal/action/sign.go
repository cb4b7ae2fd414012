package action

import (
	"context"
	"errors"
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// Signed is what is written to disk.
type Signed struct {
	Bundle    []byte // Sigstore bundle over our statement
	Envelope  []byte // DSSE envelope over Witness' statement
	SLSA      []byte // Sigstore bundle over the provenance; nil if there is none
	PublicKey []byte // PEM, only for a key that nobody has yet
	Subjects  []attest.Subject
	Sidecar   []byte // the trace, if it is not in the statement
	Proof
}

// Sign signs the documents with the plan's key, or with one made for the run if
// that is behind a command that gives no signature: the plan says so then.
func Sign(ctx context.Context, p *Plan, docs Documents, d Deps) (Signed, error) {
	s, err := signWith(ctx, *p, docs, d)
	if failed := new(attest.CommandError); errors.As(err, &failed) {
		if p.Signing, err = p.Signing.alone(failed); err == nil {
			s, err = signWith(ctx, *p, docs, d)
		}
	}
	return s, err
}

// signWith signs, and keeps the documents on disk before the first question to a
// service: what these would have added is lost with them, the evidence is not.
func signWith(ctx context.Context, p Plan, docs Documents, d Deps) (Signed, error) {
	s := Signed{Subjects: docs.Subjects, Sidecar: docs.Sidecar}
	letters := lettersOf(p, docs)
	ctx, done := signingContext(ctx, p.Signing, docs.Cancelled, d)
	defer done()
	var err error
	if s.Proof, err = p.Signing.sign(ctx, letters); err != nil {
		return Signed{}, err
	}
	if err := s.take(p, letters); err != nil {
		return Signed{}, err
	}
	if !p.Signing.online() {
		return s, nil
	}
	_, _ = writeDocuments(p, s) // again, and with its errors, at the end
	p.Signing.complete(ctx, letters, &s.Proof)
	return s, s.take(p, letters)
}

// lettersOf are the documents to sign, in the order in which take has them.
func lettersOf(p Plan, docs Documents) []letter {
	letters := []letter{
		{path: p.Outfile, payload: docs.Statement, log: true},
		{path: p.Outfile + EnvelopeSuffix, payload: docs.Witness},
	}
	if docs.Provenance != nil {
		letters = append(letters, letter{path: p.Outfile + ProvenanceSuffix, payload: docs.Provenance, log: true})
	}
	return letters
}

// take writes the documents of their signatures.
func (s *Signed) take(p Plan, letters []letter) (err error) {
	if s.Bundle, err = letters[0].signature.Bundle(); err != nil {
		return fmt.Errorf("sign evidence: %w", err)
	}
	if s.Envelope, err = letters[1].signature.Envelope(); err != nil {
		return fmt.Errorf("sign evidence for Witness: %w", err)
	}
	if len(letters) > 2 {
		if s.SLSA, err = letters[2].signature.Bundle(); err != nil {
			return fmt.Errorf("sign provenance: %w", err)
		}
	}
	s.PublicKey = p.Signing.unknownKey(s.Proof)
	return nil
}
