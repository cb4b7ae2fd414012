package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// Signed is what is written to disk.
type Signed struct {
	Bundle    []byte // Sigstore bundle over our statement
	Envelope  []byte // DSSE envelope over Witness' statement
	PublicKey []byte // PEM, only for a key that nobody has yet
	Identity  string
	Subjects  []attest.Subject
	Sidecar   []byte // the trace, if it is not in the statement

	Certified   bool  // by Fulcio or the caller's certificate
	Logged      bool  // the log has the bundle's signature
	Timestamped bool  // the bundle's signature has a trusted time
	Trouble     error // of the services that were asked
}

// Sign signs both documents with the plan's key, and keeps them on disk before
// the first question to a service: what these add is lost with them, the
// evidence is not.
func Sign(ctx context.Context, p Plan, docs Documents, d Deps) (Signed, error) {
	// A cancelled job still gets its signature: it takes a millisecond.
	ctx = context.WithoutCancel(ctx)
	var sigs [2]attest.Signature
	for i, payload := range [][]byte{docs.Statement, docs.Witness} {
		var err error
		if sigs[i], err = p.Signing.Key.Sign(ctx, payload); err != nil {
			return Signed{}, fmt.Errorf("sign evidence: %w", err)
		}
		sigs[i].Certificates = p.Signing.Chain
	}
	s := Signed{Identity: p.Signing.Key.Identity(), Subjects: docs.Subjects, Sidecar: docs.Sidecar, Certified: p.Signing.Chain != nil}
	if p.Signing.Key.Ephemeral() {
		s.PublicKey = p.Signing.Key.Public().PEM()
	}
	if err := s.write(sigs); err != nil {
		return Signed{}, err
	}
	if !p.Signing.online() {
		return s, nil
	}
	_, _ = writeDocuments(p, s) // again, and with its errors, at the end
	ctx, done := signingContext(ctx, p, docs.Cancelled, d)
	defer done()
	s.Trouble = p.Signing.notarize(ctx, &s, &sigs)
	return s, s.write(sigs)
}

// write makes the two documents of their signatures.
func (s *Signed) write(sigs [2]attest.Signature) (err error) {
	if s.Bundle, err = sigs[0].Bundle(); err != nil {
		return fmt.Errorf("sign evidence: %w", err)
	}
	if s.Envelope, err = sigs[1].Envelope(); err != nil {
		return fmt.Errorf("sign evidence for Witness: %w", err)
	}
	return nil
}

// notarize has the key certified, and the signatures timestamped and logged.
// What failed is the error, and what came is kept.
func (g Signing) notarize(ctx context.Context, s *Signed, sigs *[2]attest.Signature) error {
	if g.Token != nil {
		token, err := g.Token(ctx)
		if err != nil {
			return fmt.Errorf("ask for an identity token (it takes the permission id-token: write): %w", err)
		}
		if g.Public && !g.Asked {
			if err := publishable(token); err != nil {
				return err
			}
		}
		cert, err := g.Notary.Certify(ctx, g.Key, token)
		if err != nil {
			return err
		}
		s.Certified, s.PublicKey = true, nil
		s.Identity = cert.Identity
		sigs[0].Certificates, sigs[1].Certificates = cert.Chain, cert.Chain
	}
	var all error
	both := make(chan error)
	witness := g.Notary
	witness.Rekor = "" // Witness reads no log
	go func() {
		var err error
		sigs[1], err = witness.Complete(ctx, sigs[1])
		both <- err
	}()
	sigs[0], all = g.Notary.Complete(ctx, sigs[0])
	all = errors.Join(all, <-both)
	s.Logged, s.Timestamped = len(sigs[0].Entries) > 0, sigs[0].Timed()
	return all
}

// afterCancel is what services get of the time that a cancelled job has left:
// the runner kills 10 s after its first signal, and collectors had half of it.
const afterCancel = time.Second

// signingContext ends when the services' time is up, which a signal cuts short.
func signingContext(ctx context.Context, p Plan, cancelled bool, d Deps) (context.Context, func()) {
	within := p.Signing.Within
	if cancelled {
		within = min(within, afterCancel)
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	ints := watchInterrupts(d.Signals, afterCancel)
	ctx, cut := ints.withBudget(ctx)
	return ctx, func() {
		cut()
		cancel()
		ints.close()
	}
}

// publishable is an error if the job's repository is not public: its name would
// stand in a public log for good, and nobody has asked for that.
func publishable(token string) error {
	claims, err := decodeClaims(token)
	if err != nil {
		return err
	}
	if kind := claimText(claims["repository_visibility"]); kind != "public" {
		return fmt.Errorf("not signed keylessly: the repository is %q, and its name would stay in Sigstore's public log: ask with --keyless, or name a private instance", oneLine(kind, 20))
	}
	return nil
}
