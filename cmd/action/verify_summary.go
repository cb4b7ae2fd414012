package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/internal/verify"
	"github.com/org/cilock-action/pkg/attest"
)

// summaryKey is the key that signs the summary; nil without --vsa-key.
func summaryKey(in action.VerifyInputs, d action.Deps) (*attest.Key, error) {
	switch {
	case in.SummaryKey == "":
		return nil, nil
	case in.Summary == "":
		return nil, verdict.Misuse("--vsa-key signs the summary that --vsa FILE names")
	case in.NoSubject && len(in.Subjects) == 0:
		return nil, verdict.Misuse("--vsa-key needs an artifact that the summary is about")
	}
	text, name, err := action.ReadKey(in.SummaryKey, d.Getenv)
	if err != nil {
		return nil, err
	}
	key, err := attest.ParseKey(text)
	if err != nil {
		return nil, verdict.Misuse("summary key %s: %w", name, err)
	}
	return key, nil
}

// writeSummary writes what was verified. Without a key it is a predicate, whatever
// the verdict, for those who trust whoever signs it. With one it is a signed
// statement, and only of a pass: nothing is there to be taken for one otherwise.
func writeSummary(ctx context.Context, r verify.Result, path string, key *attest.Key, d action.Deps) error {
	data, err := r.SummaryPredicate(verify.SummaryOptions{Now: d.Now()})
	if err != nil {
		return err
	}
	if key != nil {
		if r.Verdict != verdict.Pass {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove an earlier verification summary: %w", err)
			}
			return nil
		}
		if data, err = signSummary(ctx, r, data, key); err != nil {
			return fmt.Errorf("sign the verification summary: %w", err)
		}
	}
	if err := filetree.Replace(path, data, 0o644, nil); err != nil {
		return fmt.Errorf("write the verification summary: %w", err)
	}
	return nil
}

func signSummary(ctx context.Context, r verify.Result, predicate []byte, key *attest.Key) ([]byte, error) {
	st := attest.Statement{Type: attest.StatementType, PredicateType: attest.SummaryType, Predicate: predicate}
	for _, s := range r.Subjects {
		st.Subject = append(st.Subject, attest.Subject{Name: s.Name, Digest: attest.SHA256(s.SHA256)})
	}
	payload, err := st.Marshal()
	if err != nil {
		return nil, err
	}
	signature, err := key.Sign(ctx, payload)
	if err != nil {
		return nil, err
	}
	return signature.Bundle()
}
