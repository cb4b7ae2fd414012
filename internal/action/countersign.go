package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Countersign signs the evidence of another job of the same run again, as the job
// that it runs in: the step ran where nobody could sign as a workflow, and this
// is where nothing of the step runs. The statement stays as it is, byte by byte.
// Witness' envelope and the provenance beside it are made anew of the statement,
// so that nothing else of the other job's is signed, and the provenance names the
// builder that this job's token names. The files are replaced once the new
// signatures are complete; the key X.pub of the old ones is then taken away.
func Countersign(ctx context.Context, bundle string, in SigningInputs, d Deps) (out AttestResult, err error) {
	if d.Getenv("GITHUB_ACTIONS") != "true" {
		return out, verdict.Misuse("countersign: only a job of GitHub Actions can tell whether evidence is of its own run")
	}
	first, err := firstSigned(bundle)
	if err != nil {
		return out, err
	}
	p := Plan{Name: first.Collection.Name, OwnEnv: d.Environ, Redactor: NewRedactor(d.Environ)}
	asked := Inputs{Signing: in, Outfile: bundle}
	defer func() { p.Close() }()
	for _, set := range []func(*Plan, Inputs, Deps) error{planDir, planSigning, planOutfile} {
		if err := set(&p, asked, d); err != nil {
			return out, err
		}
	}
	if p.Signing.Key.Ephemeral() && p.Signing.Token == nil {
		return out, verdict.Misuse("countersign: nothing to sign with but a key that nobody knows: grant the job `id-token: write`, or give --key")
	}
	facts, err := ownFacts(ctx, p, *first.Collection, d)
	if err != nil {
		return out, err
	}
	docs, err := countersigned(p, first, facts)
	if err != nil {
		return out, err
	}
	return signAgainAs(ctx, p, docs, d)
}

// firstVerified is evidence as the other job signed it.
type firstVerified struct {
	*attest.Verified
	statement []byte
}

// firstSigned reads evidence and verifies it with the key that the other job left
// beside it. That the key is that job's nobody vouches for; it shows that the
// files belong together and are whole.
func firstSigned(bundle string) (out firstVerified, err error) {
	refuse := func(err error) (firstVerified, error) {
		return out, &verdict.ExitError{Code: verdict.ExitDenied, Err: fmt.Errorf("countersign %s: %w", bundle, err)}
	}
	text, err := readRegular(bundle+PublicKeySuffix, maxSigningFile)
	if err != nil {
		return refuse(fmt.Errorf("read the key that signed it: %w", err))
	}
	key, err := attest.ParsePublicKey(text)
	if err != nil {
		return refuse(fmt.Errorf("public key %s: %w", bundle+PublicKeySuffix, err))
	}
	data, err := readRegular(bundle, attest.MaxBundleSize)
	if err != nil {
		return refuse(err)
	}
	b, err := attest.ParseBundle(data)
	if err != nil {
		return refuse(err)
	}
	if out.Verified, err = attest.Verify(b, key); err != nil {
		return refuse(err)
	}
	if out.Statement.PredicateType != attest.CollectionType {
		return refuse(fmt.Errorf("it is a statement of type %q, expected the evidence of a step", out.Statement.PredicateType))
	}
	_, out.statement = b.UnverifiedPayload() // of the bytes that were verified
	return out, nil
}

// ownFacts are what a provenance says: of the job, what this job's runner and token
// say, and of the step, what the evidence says. Evidence of another run or commit
// is refused: whoever hands it over chose it.
func ownFacts(ctx context.Context, p Plan, c attest.Collection, d Deps) (jobFacts, error) {
	theirs, err := readJobFacts(c)
	if err == nil {
		err = noClaims(c)
	}
	if err != nil {
		return theirs, err
	}
	here, err := attestations(p, collectAlone(ctx, p, []Collector{newGitHub(d.IDToken)}, d))
	if err != nil {
		return theirs, err
	}
	own, err := readJobFacts(attest.Collection{Attestations: here})
	if err != nil {
		return theirs, err
	}
	differs := func(what, expected, found string) error {
		return &verdict.ExitError{Code: verdict.ExitDenied, Err: fmt.Errorf("countersign: the evidence is not of this run: expected %s %q, found %q", what, expected, found)}
	}
	for _, name := range []string{"repository", "sha", "run_id", "workflow_ref"} {
		if own, found := own.fact(name, name), theirs.github.Context[name]; own == "" || own != found {
			return theirs, differs(name, own, found)
		}
	}
	if commit := own.fact("sha", "sha"); theirs.hasGit && theirs.git.CommitHash != commit {
		return theirs, differs("a checkout of commit", commit, theirs.git.CommitHash)
	}
	// The step may have run on another runner than this one.
	delete(own.github.Claims, "runner_environment")
	own.github.Context["runner_environment"] = theirs.github.Context["runner_environment"]
	own.git, own.hasGit, own.actions = theirs.git, theirs.hasGit, theirs.actions
	return own, nil
}

// noClaims refuses evidence with claims of a token, where Witness has them too. They
// are the other job's word, and rules over them take them for the issuer's, whom
// the new signature would seem to stand for.
func noClaims(c attest.Collection) error {
	for _, a := range c.Attestations {
		if a.Type != attest.TypeGitHub {
			continue
		}
		var body struct {
			Claims  map[string]any  `json:"claims"`
			Granted bool            `json:"granted"`
			JWT     json.RawMessage `json:"jwt"`
		}
		if err := json.Unmarshal(a.Body, &body); err != nil {
			return fmt.Errorf("read attestation %s: %w", a.Type, err)
		}
		if len(body.Claims) > 0 || body.Granted || len(body.JWT) > 0 && string(body.JWT) != "null" {
			return &verdict.ExitError{Code: verdict.ExitDenied, Err: errors.New("countersign: the evidence has claims of a token, which nobody can check: expected evidence of a job without `id-token: write`, which another job has for it")}
		}
	}
	return nil
}

// countersigned are the documents that are signed.
func countersigned(p Plan, first firstVerified, facts jobFacts) (Documents, error) {
	c := *first.Collection
	docs := Documents{Statement: first.statement, Subjects: first.Statement.Subject}
	var trace attest.Trace
	if _, err := c.Decode(attest.TypeTrace, &trace); err != nil {
		return docs, err
	}
	theirs, err := attest.Encode(attest.Collection{Name: c.Name, Attestations: witnessOnly(c.Attestations, trace.Root != "")})
	if err != nil {
		return docs, fmt.Errorf("encode evidence for Witness: %w", err)
	}
	if docs.Witness, err = statement(attest.WitnessCollectionType, docs.Subjects, theirs); err != nil {
		return docs, err
	}
	if !exists(p.Outfile + ProvenanceSuffix) {
		return docs, nil // the run had nothing to say
	}
	docs.Provenance, err = provenanceOf(p, c, docs, facts)
	return docs, err
}

// provenanceOf is the provenance of a step that succeeded, as its evidence tells it;
// nil for another.
func provenanceOf(p Plan, c attest.Collection, docs Documents, facts jobFacts) ([]byte, error) {
	var run attest.CommandRun
	var done attest.Completeness
	_, err := c.Decode(attest.TypeCompleteness, &done)
	ran, otherErr := c.Decode(attest.TypeCommandRun, &run)
	if err = errors.Join(err, otherErr); err != nil || !ran || !done.Started || done.Cancelled != "" || run.ExitCode != 0 {
		return nil, err
	}
	prov := newProvenance(attest.BuildTypeStep, facts)
	if err := describeStep(&prov, c); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.Attestations, func(a attest.Attestation) bool { return a.Type == attest.TypeCommandRun })
	prov.RunDetails.Metadata.StartedOn, prov.RunDetails.Metadata.FinishedOn = &c.Attestations[i].StartTime, &c.Attestations[i].EndTime
	if prov.RunDetails.Byproducts, err = byproducts(p, c, docs); err != nil {
		return nil, err
	}
	return provenanceStatement(p, prov, docs.Subjects)
}

// signAgainAs signs, and writes only what has an identity: until then the first
// signatures are the better ones.
func signAgainAs(ctx context.Context, p Plan, docs Documents, d Deps) (out AttestResult, err error) {
	letters := lettersOf(p, docs)
	ctx, done := signingContext(ctx, p.Signing, false, d)
	defer done()
	s := Signed{Subjects: docs.Subjects}
	if s.Proof, err = p.Signing.sign(ctx, letters); err != nil {
		return out, err
	}
	if p.Signing.online() {
		p.Signing.complete(ctx, letters, &s.Proof)
	}
	if p.Signing.Key.Ephemeral() && !s.Certified {
		return out, fmt.Errorf("countersign: no certificate, and nothing was changed: %w", s.Trouble)
	}
	out.Findings = judgeSigning(p, s)
	if err := s.take(p, letters); err != nil {
		return out, err
	}
	if _, errs := writeDocuments(p, s); len(errs) > 0 {
		return out, errors.Join(errs...)
	}
	if err := removeOld(p.Outfile + PublicKeySuffix); err != nil {
		return out, err
	}
	out.Paths = []string{p.Outfile}
	if !s.signedEnough(p) {
		out.Code = verdict.ExitIncomplete
	}
	return out, nil
}
