package action

import (
	"context"
	"errors"
	"fmt"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// LogLater adds to a bundle the log entry that it could not get when it was
// signed. The signature stays as it is. No timestamp is added: it would be of
// now, and a certificate needs one from before its end.
func LogLater(ctx context.Context, bundle string, in SigningInputs, d Deps) error {
	data, err := readInput(bundle, attest.MaxBundleSize)
	if err != nil {
		return verdict.Misuse("log-later: %w", err)
	}
	parsed, err := attest.ParseBundle(data)
	if err != nil {
		return verdict.Misuse("log-later %s: %w", bundle, err)
	}
	var public attest.PublicKey
	if in.Key != "" {
		text, name, err := ReadKey(in.Key, d.Getenv)
		if err != nil {
			return err
		}
		if public, err = attest.ParsePublicKey(text); err != nil {
			return verdict.Misuse("public key %s: %w", name, err)
		}
	}
	signature, err := parsed.Signature(public)
	if err != nil {
		return verdict.Misuse("log-later %s: %w", bundle, err)
	}
	if len(signature.Entries) > 0 {
		return verdict.Misuse("log-later %s: the log has it already", bundle)
	}
	s, err := logger(in, signature, d)
	if err != nil {
		return err
	}
	ctx, done := signingContext(ctx, s, false, d)
	defer done()
	if signature, err = s.Notary.Complete(ctx, signature); err != nil {
		return notLogged(bundle, err)
	}
	if data, err = signature.Bundle(); err != nil {
		return fmt.Errorf("log %s: %w", bundle, err)
	}
	if err := filetree.Replace(bundle, data, 0o644, nil); err != nil {
		return fmt.Errorf("write %s: %w", bundle, err)
	}
	if len(signature.Certificates) > 0 && !signature.Timed() {
		return &verdict.ExitError{Code: verdict.ExitIncomplete, Err: errors.New("logged; but without a trusted time of its signature the certificate cannot be verified: run the step again")}
	}
	return nil
}

// notLogged says what is to be done about a log of Rekor v2 that has the
// signature already. The key that could make another is gone.
func notLogged(bundle string, err error) error {
	if attest.AlreadyLogged(err) {
		err = fmt.Errorf("the log has this signature, of a request whose answer was lost, and proves it to nobody who asks again: run the step again: %w", err)
	}
	return fmt.Errorf("log %s: %w", bundle, err)
}

// logger is the log to write to, and how long that may take. Only what the public
// instance certified goes to the public log without a word: what was signed for
// a private one, or by a key, is not for everybody.
func logger(in SigningInputs, signature attest.Signature, d Deps) (s Signing, err error) {
	for _, part := range []func(*Signing, SigningInputs, Deps) error{signingTimeout, signingServices} {
		if err := part(&s, in, d); err != nil {
			return s, err
		}
	}
	n := &s.Notary
	if n.Rekor == "" && n.Fulcio == "" && len(n.Timestamps) == 0 && signature.ByPublicInstance() {
		n.Instance = attest.PublicInstance()
	}
	if n.Rekor == "" {
		return s, verdict.Misuse("log-later: no log was named: give --rekor-server-url or a signing-config with one")
	}
	n.Timestamps = nil
	return s, nil
}
