package action

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// letter is one document on its way: signed here, and then sent to the services
// that say whose signature it is and when it was made.
type letter struct {
	path      string // where it is written
	payload   []byte
	typ       string // of the payload; empty: a statement
	log       bool   // Witness reads no log, so its document needs no entry
	signature attest.Signature
}

func (l letter) sign(ctx context.Context, key *attest.Key) (attest.Signature, error) {
	return key.SignPayload(ctx, cmp.Or(l.typ, attest.PayloadType), l.payload)
}

// Proof is what the signatures of a run have beside themselves.
type Proof struct {
	Identity    string
	Issuer      string   // of the identity; empty for a key
	Certified   bool     // by Fulcio or the caller's certificate
	Logged      bool     // the log has every signature that belongs there
	Unlogged    []string // paths of those that it lacks
	Timestamped bool     // every signature that belongs in the log has a trusted time
	Trouble     error    // of the services that were asked
}

// sign signs all letters here. A cancelled job still gets its signatures: they
// take a millisecond each, but for those of a command, which end with ctx.
func (g Signing) sign(ctx context.Context, letters []letter) (Proof, error) {
	for i := range letters {
		var err error
		if letters[i].signature, err = letters[i].sign(ctx, g.Key); err != nil {
			return Proof{}, fmt.Errorf("sign evidence: %w", err)
		}
		letters[i].signature.Certificates = g.Chain
	}
	return Proof{Identity: g.Key.Identity(), Certified: g.Chain != nil}, nil
}

// complete has the key certified, and the signatures timestamped and logged.
// What came is kept where something failed.
func (g Signing) complete(ctx context.Context, letters []letter, proof *Proof) {
	if g.Token != nil {
		cert, err := g.certificate(ctx)
		if err != nil {
			proof.Trouble = err
			return
		}
		proof.Certified, proof.Identity, proof.Issuer = true, cert.Identity, cert.Issuer
		for i := range letters {
			letters[i].signature.Certificates = cert.Chain
		}
	}
	errs := make([]error, len(letters))
	var wg sync.WaitGroup
	for i := range letters {
		wg.Go(func() { letters[i].signature, errs[i] = g.finish(ctx, letters[i]) })
	}
	wg.Wait()
	proof.Trouble = errors.Join(distinct(errs)...)
	proof.Logged, proof.Timestamped = g.Notary.Rekor != "", true
	for _, l := range letters {
		if l.log && len(l.signature.Entries) == 0 {
			proof.Logged, proof.Unlogged = false, append(proof.Unlogged, l.path)
		}
		proof.Timestamped = proof.Timestamped && (l.signature.Timed() || !l.log)
	}
}

// finish completes one letter. A log of Rekor v2 whose answer was lost has the
// signature already, and gives no proof to whoever asks again: it gets another
// one. A letter that could not be logged keeps a signature that was never sent
// there, so that the log takes it later.
func (g Signing) finish(ctx context.Context, l letter) (attest.Signature, error) {
	n := g.Notary
	if !l.log || n.Rekor == "" {
		n.Rekor = ""
		return n.Complete(ctx, l.signature)
	}
	done, err := completeWithin(ctx, n, l.signature)
	if attest.AlreadyLogged(err) {
		again, signErr := g.signAgain(l)
		if signErr != nil {
			return done, err
		}
		done, err = completeWithin(ctx, n, again)
	}
	if len(done.Entries) > 0 {
		return done, err
	}
	unsent, signErr := g.signAgain(l)
	if signErr != nil {
		return done, err
	}
	n.Rekor = ""
	if unsent, signErr = n.Complete(ctx, unsent); signErr != nil {
		return done, err // without a time it would be worth less
	}
	return unsent, err
}

func (g Signing) signAgain(l letter) (attest.Signature, error) {
	again, err := l.sign(context.Background(), g.Key)
	again.Certificates = l.signature.Certificates
	return again, err
}

// completeWithin leaves a fifth of the time for what follows if it fails.
func completeWithin(ctx context.Context, n attest.Notary, s attest.Signature) (attest.Signature, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-time.Until(end)/5))
		defer cancel()
	}
	return n.Complete(ctx, s)
}

// distinct leaves out what several letters were told alike.
func distinct(errs []error) (out []error) {
	seen := map[string]bool{}
	for _, err := range errs {
		if err != nil && !seen[err.Error()] {
			seen[err.Error()] = true
			out = append(out, err)
		}
	}
	return out
}

// certificate has the key bound to the job's identity.
func (g Signing) certificate(ctx context.Context) (attest.Certificate, error) {
	token, err := g.Token(ctx)
	if err != nil {
		return attest.Certificate{}, fmt.Errorf("ask for an identity token (it takes the permission id-token: write): %w", err)
	}
	if g.Public && !g.Asked {
		if err := publishable(token); err != nil {
			return attest.Certificate{}, err
		}
	}
	return g.Notary.Certify(ctx, g.Key, token)
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

// unknownKey is the public key in PEM if nobody can have it from elsewhere.
func (g Signing) unknownKey(proof Proof) []byte {
	if g.Key.Ephemeral() && !proof.Certified {
		return g.Key.Public().PEM()
	}
	return nil
}

// afterCancel is what services get of the time that a cancelled job has left:
// the runner kills 10 s after its first signal, and collectors had half of it.
const afterCancel = time.Second

// signingContext ends when the services' time is up, which a signal cuts short.
func signingContext(ctx context.Context, g Signing, cancelled bool, d Deps) (context.Context, func()) {
	within := g.Within
	if cancelled {
		within = min(within, afterCancel)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	ints := watchInterrupts(d.Signals, afterCancel)
	ctx, cut := ints.withBudget(ctx)
	return ctx, func() {
		cut()
		cancel()
		ints.close()
	}
}
