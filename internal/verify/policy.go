package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// PolicyResult is what the policy said.
type PolicyResult struct {
	*policy.Case
	policy.Decision
}

// kept are the findings about a bundle that stand beside a policy's. A policy of
// the caller says itself which evidence must be complete, and about which other
// statements it cares.
func (o Options) kept(b BundleResult) []verdict.Finding {
	if o.Policy == nil || !o.Policy.Scoped() {
		return b.findings
	}
	return slices.DeleteFunc(slices.Clone(b.findings), func(f verdict.Finding) bool {
		return f.Verdict == verdict.Incomplete || b.notJudged && o.Policy.Wants(b.PredicateType)
	})
}

// decide asks the policy about everything that held.
func (r *Result) decide(ctx context.Context, o Options, held []named) {
	if o.Policy == nil {
		return
	}
	q := policy.Question{Evaluate: o.Evaluate}
	for _, b := range held {
		q.Evidence = append(q.Evidence, policy.Evidence{Path: b.path, Verified: b.Verified})
	}
	for _, s := range r.Subjects {
		q.Subjects = append(q.Subjects, attest.Subject{Name: s.Name, Digest: s.digests})
	}
	r.Policy = &PolicyResult{o.Policy, o.Policy.Decide(ctx, q)}
	r.Findings = append(r.Findings, r.Policy.Findings...)
}

// Refused is the result where a policy was not accepted: nothing was looked at.
func Refused(name string, err *policy.RefusedError) Result {
	r := Result{Verdict: verdict.Fail, Bundles: []BundleResult{}, Subjects: []SubjectResult{}}
	r.fail(Check{Name: "policy " + err.Stage, Expected: err.Expected, Found: err.Found}, fmt.Sprintf("%q", name))
	return r
}

// ExitCode is the process's exit code. What a policy needs to be complete and is
// not, is no pass whatever else was asked for.
func (r Result) ExitCode(f verdict.FailOn) int {
	if r.Policy != nil && r.Verdict == verdict.Incomplete {
		return verdict.ExitIncomplete
	}
	return f.Code(r.Verdict)
}

// lines is the policy as a part of the verdict tree.
func (p *PolicyResult) lines() []string {
	about := fmt.Sprintf("  policy %q sha256:%s", p.Name, p.Digest)
	if p.Version > 0 {
		about += fmt.Sprintf(", version %d", p.Version)
	}
	lines := []string{about + fmt.Sprintf(", %d satisfied", p.Satisfied)}
	for _, s := range p.SignedBy {
		who := "key " + s.KeyID
		if s.Certificate != nil {
			who = fmt.Sprintf("%q says %q", s.Certificate.Identity, s.Certificate.Issuer)
		}
		lines = append(lines, "    signed by "+who)
	}
	for _, limit := range p.Limits {
		lines = append(lines, "    note  "+limit)
	}
	for _, part := range p.Steps {
		lines = append(lines, fmt.Sprintf("    step %q", part.Name))
		lines = appendChecks(lines, part.Checks)
	}
	for _, part := range p.Artifacts {
		lines = append(lines, fmt.Sprintf("    statement %q", part.Name))
		lines = appendChecks(lines, part.Checks)
	}
	return lines
}

// redact applies f to what evidence and modules may have put there.
func (p *PolicyResult) redact(f func(string) string) {
	for _, parts := range [][]policy.Part{p.Steps, p.Artifacts} {
		for i := range parts {
			parts[i].Name = f(parts[i].Name)
			for k := range parts[i].Evidence {
				parts[i].Evidence[k] = f(parts[i].Evidence[k])
			}
			for k := range parts[i].Checks {
				c := &parts[i].Checks[k]
				c.Detail, c.Expected, c.Found = f(c.Detail), f(c.Expected), f(c.Found)
			}
		}
	}
	for i := range p.Limits {
		p.Limits[i] = f(p.Limits[i])
	}
}
