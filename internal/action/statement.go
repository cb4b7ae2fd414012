package action

import (
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// Documents are the payloads of a step, ready to sign. They have passed
// redaction.
type Documents struct {
	Statement  []byte // our collection
	Witness    []byte // Witness' collection, of Witness' types only
	Provenance []byte // SLSA provenance for what the step made; nil if there is none
	Subjects   []attest.Subject
	Sidecar    []byte // what the statement names by its digest, redacted too
	Cancelled  bool   // there is little time left
	// Attestations are those of Statement, for who is asked before it is signed.
	Attestations []attest.Attestation
}

// Statement turns the evidence into the documents that are signed.
func Statement(p Plan, e Evidence) (Documents, error) {
	all, err := attestations(p, e)
	if err != nil {
		return Documents{}, err
	}
	ours := attest.Collection{Name: p.Name, Attestations: all}
	predicate, err := attest.Encode(ours)
	if err != nil {
		return Documents{}, fmt.Errorf("encode evidence: %w", err)
	}
	subjects, err := subjectsOf(chosenSubjects(e), ours, predicate)
	if err != nil {
		return Documents{}, err
	}
	docs := Documents{Subjects: subjects, Sidecar: e.Sidecar, Cancelled: e.Step.Cancelled != "", Attestations: all}
	if docs.Statement, err = statement(attest.CollectionType, subjects, predicate); err != nil {
		return Documents{}, err
	}
	theirs, err := attest.Encode(attest.Collection{Name: p.Name, Attestations: witnessOnly(all, len(e.Sidecar) > 0)})
	if err != nil {
		return Documents{}, fmt.Errorf("encode evidence for Witness: %w", err)
	}
	if docs.Witness, err = statement(attest.WitnessCollectionType, subjects, theirs); err != nil {
		return Documents{}, err
	}
	docs.Provenance, err = stepProvenance(p, e, ours, docs)
	return docs, err
}

func statement(predicateType string, subjects []attest.Subject, predicate []byte) ([]byte, error) {
	return attest.Statement{
		Type: attest.StatementType, Subject: subjects, PredicateType: predicateType, Predicate: predicate,
	}.Marshal()
}

// attestations are the bodies of the sections, each redacted as JSON: this is
// the one place through which everything that is signed passes.
func attestations(p Plan, e Evidence) ([]attest.Attestation, error) {
	var out []attest.Attestation
	for _, r := range e.Rows {
		for _, one := range append([]Attested{{r.Section.Type, r.Section.Body}}, r.Section.More...) {
			if one.Body == nil || one.Type == "" {
				continue
			}
			body, err := attest.Encode(one.Body)
			if err == nil {
				body, err = redactJSON(p.redact, body)
			}
			if err != nil {
				return nil, fmt.Errorf("encode %s: %w", r.Name, err)
			}
			out = append(out, attest.Attestation{Type: one.Type, Body: body, StartTime: r.Start.UTC(), EndTime: r.End.UTC()})
		}
	}
	return out, nil
}

// witnessOnly keeps the types that Witness can read. A command-run without the
// processes that there were is left out altogether: Witness then fails on what
// is missing, instead of passing a rule over an empty list. So is a document of
// a scanner that is not inlined.
func witnessOnly(all []attest.Attestation, notInlined bool) []attest.Attestation {
	var out []attest.Attestation
	for _, a := range all {
		if notInlined && a.Type == attest.TypeCommandRun {
			continue
		}
		a, ok := scanForWitness(a)
		if !ok {
			continue
		}
		for _, known := range attest.WitnessTypes() {
			if a.Type == known {
				out = append(out, a)
			}
		}
	}
	return out
}

// chosenSubjects are those of --subjects, if it was given.
func chosenSubjects(e Evidence) subjectBody {
	for _, r := range e.Rows {
		if body, ok := r.Section.Body.(subjectBody); ok {
			return body
		}
	}
	return nil
}

// subjectsOf is the one subject set of both documents. It reads the redacted
// bodies: a name in a subject is as public as any other.
func subjectsOf(chosen subjectBody, c attest.Collection, predicate []byte) ([]attest.Subject, error) {
	if len(chosen) > 0 {
		return chosen, nil
	}
	products := map[string]attest.Product{}
	if _, err := c.Decode(attest.TypeProduct, &products); err != nil {
		return nil, err
	}
	if len(products) > 0 {
		var trees attest.Trees
		if _, err := c.Decode(attest.TypeTrees, &trees); err != nil {
			return nil, err
		}
		return productSubjects(products, trees), nil
	}
	var git struct {
		CommitHash string `json:"commithash"`
	}
	if _, err := c.Decode(attest.TypeGit, &git); err != nil {
		return nil, err
	}
	return evidenceSubjects(git.CommitHash, predicate), nil
}
