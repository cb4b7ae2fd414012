// Package verify answers for artifacts and bundles: who signed what about
// which file, and does the record hold. It reads files and makes no network
// call.
package verify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Options is what was asked. Trust and either Subjects or SkipSubjectUnsafe are
// required: without them nothing would be proved.
type Options struct {
	Bundles           []string // paths; a file may have several bundles, one on each line
	Read              []Text   // bundles that are read already
	Subjects          []string // paths, or NAME@sha256:HEX
	Proofs            []string // paths of inclusion proofs
	Trust             attest.Trust
	Root              *attest.TrustedRoot // of Trust, to report on; nil: there is none
	Now               time.Time           // for Root's age
	Skipped           []string            // flags that dropped a part of the verification
	SkipSubjectUnsafe bool
	// Commit is the source's, which the certificate of every signature must name;
	// empty: any. It is asked beside a policy too, which cannot know it.
	Commit string
	// Policy decides; nil: nothing is asked but that the evidence holds. Evaluate
	// asks its modules.
	Policy   *policy.Case
	Evaluate func(ctx context.Context, b *policy.Batch) []policy.Answer
}

// Result is the verdict tree. Bundles that held come first, then those that
// came close, and the findings are in that order.
type Result struct {
	Verdict     verdict.Verdict   `json:"verdict"`
	TrustedRoot *attest.RootInfo  `json:"trustedRoot,omitempty"`
	Bundles     []BundleResult    `json:"bundles"`
	Subjects    []SubjectResult   `json:"subjects"`
	Proofs      []ProofResult     `json:"proofs,omitempty"`
	Policy      *PolicyResult     `json:"policy,omitempty"`
	Findings    []verdict.Finding `json:"findings"`

	now time.Time
}

// BundleResult is what became of one bundle.
type BundleResult struct {
	Path          string `json:"path"`
	Verified      bool   `json:"verified"`
	Format        string `json:"format,omitempty"`
	PredicateType string `json:"predicateType,omitempty"`
	Type          string `json:"type,omitempty"` // the same for people, if it is known
	Step          string `json:"step,omitempty"`
	// Signers is what was proved of those who signed; BuildLevel the level of
	// SLSA's build track that this amounts to, and why it is not a higher one.
	Signers        []attest.Signer `json:"signers,omitempty"`
	BuildLevel     string          `json:"buildLevel,omitempty"`
	NotHigherLevel string          `json:"notHigherLevel,omitempty"`
	Checks         []Check         `json:"checks"`

	findings  []verdict.Finding
	notJudged bool             // its type says nothing here
	verified  *attest.Verified // nil unless Verified
}

// named is a bundle that held.
type named struct {
	path string
	*attest.Verified
}

// Check is one leaf of the tree.
type Check = verdict.Check

// SubjectResult is what became of one artifact.
type SubjectResult struct {
	Name   string  `json:"name"`
	SHA256 string  `json:"sha256,omitempty"`
	Checks []Check `json:"checks"`

	digests attest.DigestSet
}

// Verify checks every bundle and then every subject against the bundles that
// held. One bundle that does not hold fails the whole: the caller named it.
func Verify(ctx context.Context, o Options) Result {
	r := Result{Bundles: []BundleResult{}, Subjects: []SubjectResult{}, Findings: []verdict.Finding{}, now: o.Now}
	r.root(o)
	for _, path := range o.Bundles {
		o.Read = append(o.Read, ReadBundles(path)...)
	}
	for _, text := range o.Read {
		b := verifyBundle(text, o.Trust)
		b.ofCommit(o.Commit)
		r.Bundles = append(r.Bundles, b)
	}
	slices.SortStableFunc(r.Bundles, func(a, b BundleResult) int { return cmp.Compare(b.progress(), a.progress()) })
	var held []named
	for _, b := range r.Bundles {
		r.Findings = append(r.Findings, o.kept(b)...)
		if b.Verified {
			held = append(held, named{b.Path, b.verified})
		}
	}
	var products []proven
	for _, path := range o.Proofs {
		p, product := r.proof(path, held)
		r.Proofs, products = append(r.Proofs, p), append(products, product...)
	}
	for _, subject := range o.Subjects {
		r.Subjects = append(r.Subjects, r.subject(subject, held, products))
	}
	r.decide(ctx, o, held)
	if o.SkipSubjectUnsafe && len(o.Subjects) == 0 {
		r.warn("subject", "an artifact to compare with", "none (--skip-subject-unsafe)", "")
	}
	for _, flag := range o.Skipped {
		r.warn("verification", "every part of it", "one that was dropped ("+flag+")", "")
	}
	r.Verdict = verdict.Of(r.Findings)
	return r
}

func (r *Result) warn(rule, expected, found, fix string) {
	r.Findings = append(r.Findings, verdict.Finding{Verdict: verdict.Warn, Rule: rule, Expected: expected, Found: found, Fix: fix})
}

func (r *Result) fail(c Check, on string) { r.Findings = append(r.Findings, failed(c, on)) }

func failed(c Check, on string) verdict.Finding {
	return verdict.Finding{Verdict: verdict.Fail, Rule: c.Name + " of " + on, Expected: c.Expected, Found: c.Found}
}

// root reports on the trusted root. One without valid keys still verifies what
// was signed in their time, so that is no failure.
func (r *Result) root(o Options) {
	if o.Root == nil {
		return
	}
	info := o.Root.Info(o.Now)
	r.TrustedRoot = &info
	for _, kind := range info.Missing {
		r.warn("trusted root", "a "+kind+" that is valid now", "none", "fetch the instance's newer root: what is signed now cannot be verified with this one")
	}
}
