package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Evidence is a bundle that was verified with Roles.Trust.
type Evidence struct {
	Path string
	*attest.Verified
}

// Question is what Decide is asked.
type Question struct {
	Evidence []Evidence
	// Subjects are the artifacts to release, by their digests.
	Subjects []attest.Subject
	// Step is the only one that is judged, within a run of it; empty: all.
	Step string
	// Evaluate asks modules: Sandbox.Evaluate, or Batch.Evaluate for packs.
	Evaluate func(ctx context.Context, b *Batch) []Answer
}

// Decision is what a policy says of evidence.
type Decision struct {
	Steps     []Part            `json:"steps"`
	Artifacts []Part            `json:"artifacts,omitempty"`
	Satisfied int               `json:"satisfied"` // obligations: attestations and statements that are there and that nothing denies
	Findings  []verdict.Finding `json:"-"`
	// Limits say what of a policy was not judged, and why.
	Limits []string `json:"limits,omitempty"`
}

// Part is a step or artifact of a policy with what was looked at.
type Part struct {
	Name     string          `json:"name"`
	Evidence []string        `json:"evidence"` // paths of bundles
	Checks   []verdict.Check `json:"checks"`

	step string
	held []Evidence
}

// clockSkew is how far a record may be ahead of the verifier's clock.
const clockSkew = 5 * time.Minute

// decider holds a decision that is being made.
type decider struct {
	*Roles
	question Question
	now      time.Time
	out      Decision
	batch    Batch
	asked    []asked
	schemas  map[string]int
	shown    map[string]int // documents that modules see as data.cilock, by step and evidence
}

// asked is what one check of the batch is about.
type asked struct {
	part     *Part
	evidence string // path
	typ      string
	module   *Module
	duty     *duty
}

// duty is one attestation or statement that is asked for.
type duty struct {
	part *Part
	name string
	bad  bool
}

// Decide judges evidence. Every doubt is a finding; only a decision without any,
// and with one obligation satisfied at least, is a pass.
func (r *Roles) Decide(ctx context.Context, q Question) Decision {
	d := newDecider(r, q)
	d.expiry()
	names := slices.Sorted(maps.Keys(r.document.Steps))
	if q.Step != "" {
		names = d.onlyStep(names)
	}
	steps := map[string]*Part{}
	var duties []*duty
	for _, name := range names {
		steps[name] = d.step(name)
		duties = append(duties, d.attestations(steps[name], r.document.Steps[name])...)
	}
	artifacts, more := d.artifacts()
	d.modules(ctx)
	for _, name := range names {
		d.completeness(steps[name])
	}
	if q.Step == "" {
		d.chain(names, steps, artifacts)
	}
	d.denySHAs()
	d.obligations(append(duties, more...))
	d.parts(names, steps, artifacts)
	return d.out
}

func newDecider(r *Roles, q Question) *decider {
	d := &decider{Roles: r, question: q, schemas: map[string]int{}, shown: map[string]int{}}
	d.now = d.trustedNow()
	d.batch.Now = d.now
	return d
}

// chain judges how steps hang together, and whether they are about the artifact.
func (d *decider) chain(names []string, steps map[string]*Part, artifacts []*Part) {
	for _, name := range names {
		d.artifactsFrom(steps[name], steps)
	}
	d.binding(names, steps)
	d.apart(names, steps, artifacts)
	d.made(names, steps)
}

// parts puts together what was looked at.
func (d *decider) parts(names []string, steps map[string]*Part, artifacts []*Part) {
	all := artifacts
	for _, name := range names {
		d.out.Steps = append(d.out.Steps, *steps[name])
		all = append(all, steps[name])
	}
	for _, a := range artifacts {
		d.out.Artifacts = append(d.out.Artifacts, *a)
	}
	if d.question.Step == "" {
		d.covers(all)
	}
}

// trustedNow is the latest time that is sure to have come: a clock that was put
// back makes nothing valid again.
func (d *decider) trustedNow() time.Time {
	now := d.verifier.Now
	for _, e := range d.question.Evidence {
		for _, s := range e.Signers {
			for _, t := range s.Times {
				if t.Time.After(now) {
					now = t.Time
				}
			}
		}
	}
	return now
}

func (d *decider) expiry() {
	if !d.now.Before(d.document.Expires) {
		d.fail("policy expiry", "", "a policy that is valid at "+d.now.UTC().Format(time.RFC3339), "one that expired at "+d.document.Expires.UTC().Format(time.RFC3339), "sign a policy with a later date")
	}
}

func (d *decider) onlyStep(names []string) []string {
	if slices.Contains(names, d.question.Step) {
		if len(names) > 1 {
			d.out.Limits = append(d.out.Limits, fmt.Sprintf("judged within step %q: what the policy asks of other steps and of the artifact is left to verify", d.question.Step))
		}
		return []string{d.question.Step}
	}
	d.fail("policy step", d.question.Step, "a step of the policy", fmt.Sprintf("none of that name, but %q", names), "give the step the name that the policy has for it")
	return nil
}

// step gathers a step's evidence: what is signed by its functionaries.
func (d *decider) step(name string) *Part {
	part := &Part{Name: name, step: name, Evidence: []string{}, Checks: []verdict.Check{}}
	signers := map[string]map[string]bool{} // by what they vouch for
	for _, e := range d.question.Evidence {
		if e.Collection == nil || e.Collection.Name != name {
			continue
		}
		part.Evidence = append(part.Evidence, e.Path)
		by := d.signers(e.Verified, d.steps[name])
		if len(by) == 0 {
			d.refuse(part, "functionary", d.Roles.names(d.steps[name])+" to have signed "+e.Path, signedBy(e.Verified))
			continue
		}
		what := vouched(e)
		if signers[what] == nil {
			signers[what] = map[string]bool{}
		}
		maps.Copy(signers[what], by)
		part.held = append(part.held, e)
		d.plausible(part, e)
		d.ended(part, e)
	}
	if len(part.Evidence) == 0 {
		d.refuseFix(part, "evidence", "evidence of step "+name, "none", "give the bundle of that step too; its name is in the evidence")
		return part
	}
	d.threshold(part, signers)
	return part
}

// threshold counts who signed for the same files of the same commit: one signer of
// another build says nothing for this one.
func (d *decider) threshold(part *Part, signers map[string]map[string]bool) {
	least, threshold := 0, max(1, d.document.Ours.step(part.step).Threshold)
	for _, by := range signers {
		if least == 0 || len(by) < least {
			least = len(by)
		}
	}
	switch {
	case len(part.held) == 0: // said
	case least < threshold:
		found := strconv.Itoa(least)
		if len(signers) > 1 {
			found += fmt.Sprintf(" for one of the %d results that are signed for", len(signers))
		}
		d.refuse(part, "functionary", fmt.Sprintf("%d distinct signers", threshold), found)
	default:
		d.hold(part, "functionary", fmt.Sprintf("%d distinct of %d needed", least, threshold))
	}
}

func signedBy(v *attest.Verified) string {
	text := ""
	for i, s := range v.Signers {
		if i > 0 {
			text += ", "
		}
		if text += "key " + s.KeyID; s.Certificate != nil {
			text += fmt.Sprintf(" of %q", s.Certificate.Identity)
		}
	}
	return "a signature by " + text
}

// plausible refuses records of a time that has not come.
func (d *decider) plausible(part *Part, e Evidence) {
	for _, a := range e.Collection.Attestations {
		for _, t := range []time.Time{a.StartTime, a.EndTime} {
			if t.After(d.now.Add(clockSkew)) {
				d.refuse(part, "time", "a record from before "+d.now.UTC().Format(time.RFC3339), ShortType(a.Type)+" of "+t.UTC().Format(time.RFC3339))
				return
			}
		}
	}
}

// denySHAs refuses evidence of actions whose commits the policy names.
func (d *decider) denySHAs() {
	if d.document.Ours == nil || len(d.document.Ours.DenySHAs) == 0 {
		return
	}
	for _, e := range d.question.Evidence {
		actions, err := actionsOf(e)
		if err != nil {
			d.fail("denySHAs", e.Collection.Name, "actions that can be compared with the commits that the policy denies", err.Error(), "")
		}
		for _, a := range actions {
			i := slices.IndexFunc(a.commits(), func(sha string) bool { return slices.Contains(d.document.Ours.DenySHAs, sha) })
			if i >= 0 {
				d.fail("denySHAs", e.Collection.Name, "no action of a commit that the policy denies", a.ActionRef+" is commit "+a.commits()[i], "pin another commit, and look at what this one has done")
			}
		}
	}
}

// obligations counts those that are satisfied.
func (d *decider) obligations(duties []*duty) {
	for _, o := range duties {
		if !o.bad {
			d.out.Satisfied++
		}
	}
	if d.out.Satisfied == 0 && verdict.Of(d.out.Findings) != verdict.Fail {
		d.fail("policy", "", "one obligation that is satisfied", "none: nothing that the policy asks for was there", "")
	}
}

func (d *decider) hold(part *Part, name, detail string) {
	part.Checks = append(part.Checks, verdict.Check{Name: name, OK: true, Detail: detail})
}

// refuse fails a part.
func (d *decider) refuse(part *Part, name, expected, found string) {
	d.refuseFix(part, name, expected, found, "")
}

// refuseFix is refuse where it is known what can be done about it.
func (d *decider) refuseFix(part *Part, name, expected, found, fix string) {
	part.Checks = append(part.Checks, verdict.Check{Name: name, Expected: expected, Found: found})
	d.fail(name, part.step, expected, found, fix)
}

func (d *decider) fail(rule, step, expected, found, fix string) {
	d.out.Findings = append(d.out.Findings, verdict.Finding{Verdict: verdict.Fail, Rule: rule, Step: step, Expected: expected, Found: found, Fix: fix})
}

// lack is a part of which something was not seen.
func (d *decider) lack(part *Part, expected, found string) {
	part.Checks = append(part.Checks, verdict.Check{Name: "complete", Expected: expected, Found: found})
	d.out.Findings = append(d.out.Findings, verdict.Finding{Verdict: verdict.Incomplete, Rule: "complete", Step: part.step, Expected: expected, Found: found})
}
