package action

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// AttestResult is what became of an attestation.
type AttestResult struct {
	Paths    []string // of the bundles
	Next     string   // a command that verifies the first, ready to paste but for words in capitals; empty: none
	Findings []verdict.Finding
	Code     int // the process's exit code
}

// signAll signs and checks all statements before it writes the first, and
// writes them before it asks a service for anything.
func signAll(ctx context.Context, p Plan, in Inputs, typ string, docs [][]byte, d Deps) (out AttestResult, err error) {
	letters := make([]letter, len(docs))
	for i, doc := range docs {
		path := partPath(p.Outfile, i)
		letters[i] = letter{path: path, payload: doc, typ: typ, log: true}
		if i > 0 {
			if err := p.mayReplace(path, in); err != nil {
				return out, err
			}
		}
		out.Paths = append(out.Paths, path)
	}
	ctx, done := signingContext(ctx, p.Signing, false, d)
	defer done()
	s := Signed{}
	if s.Proof, err = p.Signing.sign(ctx, letters); err != nil {
		return out, err
	}
	if err := writeLetters(p, s, letters, out.Paths); err != nil {
		return out, err
	}
	if p.Signing.online() {
		p.Signing.complete(ctx, letters, &s.Proof)
		if err := writeLetters(p, s, letters, out.Paths); err != nil {
			return out, err
		}
	}
	out.Next = fmt.Sprintf("cilock verify %s --bundle %s", p.signerFlags("--", s.Proof), ShellQuote(p.Outfile))
	if typ == policy.PayloadType {
		out.Next = fmt.Sprintf("cilock verify --policy %s %s --bundle EVIDENCE.json SUBJECT", ShellQuote(p.Outfile), p.signerFlags("--policy-", s.Proof))
	}
	out.Findings = judgeSigning(p, s)
	if !s.signedEnough(p) {
		out.Code = verdict.ExitIncomplete
	}
	return out, nil
}

// writeLetters writes the bundles, each after its check.
func writeLetters(p Plan, s Signed, letters []letter, paths []string) error {
	for i, l := range letters {
		text, err := l.document()
		if err == nil {
			err = l.check(text, p.Signing.Key.Public())
		}
		if err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		if err := filetree.Replace(paths[i], text, 0o644, nil); err != nil {
			return fmt.Errorf("write %s: %w", paths[i], err)
		}
	}
	s.PublicKey = p.Signing.unknownKey(s.Proof)
	return p.writePublicKey(s)
}

// partPath is the path of a further bundle: x.json, x-2.json, x-3.json.
func partPath(outfile string, i int) string {
	if i == 0 {
		return outfile
	}
	ext := filepath.Ext(outfile)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(outfile, ext), i+1, ext)
}

// document is what is written: a Sigstore bundle, but a bare envelope, which
// Witness reads too, for another payload than a statement that a key signed.
func (l letter) document() ([]byte, error) {
	if l.typ != attest.PayloadType && len(l.signature.Certificates) == 0 {
		return l.signature.Envelope()
	}
	return l.signature.Bundle()
}

// check proves a document before it is written.
func (l letter) check(text []byte, key attest.PublicKey) error {
	b, err := attest.ParseBundle(text)
	if err != nil {
		return err
	}
	if l.typ == attest.PayloadType {
		_, err = attest.Verify(b, key)
		return err
	}
	_, err = attest.VerifyPayload(b, key, l.typ)
	return err
}
