package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Judge is the policy of a run, and how to ask it.
type Judge struct {
	Case *policy.Case // nil: none
	// Mild is set for the policy that nobody asked for: it warns at worst.
	Mild     bool
	Evaluate func(ctx context.Context, b *policy.Batch) []policy.Answer
}

// asked reports whether somebody asked for the policy.
func (j Judge) asked() bool { return j.Case != nil && !j.Mild }

// fact is the line that says which policy was evaluated.
func (j Judge) fact() string {
	switch {
	case j.Case == nil:
		return "none was evaluated"
	case j.Mild:
		return fmt.Sprintf("%s sha256:%s, the default, which warns at worst", j.Case.Name, j.Case.Digest)
	}
	return fmt.Sprintf("%s sha256:%s", j.Case.Name, j.Case.Digest)
}

// defaultPolicy is what a run is judged by if nothing is said.
const defaultPolicy = packPrefix + "baseline"

// planPolicy opens the policy before anything runs. One that is refused ends the
// run, since its author wanted the step to be judged.
func planPolicy(p *Plan, in Inputs, d Deps) error {
	v := policy.Verifier{Now: d.Now()}
	asked := in.Policy
	p.Judge.Mild = asked.Policy == "" && asked == PolicyInputs{}
	if p.Judge.Mild {
		asked.Policy = defaultPolicy
	}
	if in.TrustedRoot != "" {
		text, err := readInput(in.TrustedRoot, attest.MaxTrustedRootSize)
		if err == nil {
			v.Root, err = attest.ParseTrustedRoot(text)
		}
		if err != nil {
			return verdict.Misuse("trusted root %s: %w", in.TrustedRoot, err)
		}
	}
	var err error
	p.Judge.Case, err = OpenPolicy(asked, v, d)
	if refused := new(policy.RefusedError); errors.As(err, &refused) {
		return &verdict.ExitError{Code: verdict.ExitDenied, Err: fmt.Errorf("%s: %w", asked.Policy, err)}
	}
	p.Judge.Evaluate = EvaluatePolicy(p.Judge.Case, d)
	return err
}

// Withhold takes the provenance from a step that the policy denies: only its
// evidence is signed then. What the modules say is asked again of the signed
// statement.
func Withhold(ctx context.Context, p Plan, docs Documents) Documents {
	if docs.Provenance == nil || p.Judge.Case == nil || p.Judge.Mild {
		return docs
	}
	denied := p.Judge.Case.Ask(ctx, policy.Unsigned{Step: p.Name, Attestations: docs.Attestations, Subjects: docs.Subjects}, p.Judge.Evaluate)
	if verdict.Of(denied) == verdict.Fail {
		docs.Provenance = nil
	}
	return docs
}

// judgePolicy asks the policy about the signed evidence.
func judgePolicy(ctx context.Context, p Plan, b *attest.Bundle, own *attest.Verified, findings []verdict.Finding) []verdict.Finding {
	c := p.Judge.Case
	if c == nil {
		return findings
	}
	if !c.Pack() {
		verified, err := attest.Verify(b, c.Trust())
		if err != nil {
			return append(findings, refusedEvidence(p, err))
		}
		own = verified
	}
	decision := c.Decide(ctx, policy.Question{
		Evidence: []policy.Evidence{{Path: p.Outfile, Verified: own}}, Step: p.Name, Evaluate: p.Judge.Evaluate,
	})
	if p.Judge.Mild {
		return append(findings, mild(decision.Findings)...)
	}
	if c.Scoped() {
		findings = slices.DeleteFunc(findings, func(f verdict.Finding) bool { return f.Verdict == verdict.Incomplete })
	}
	return append(findings, decision.Findings...)
}

func refusedEvidence(p Plan, err error) verdict.Finding {
	f := verdict.Finding{Verdict: verdict.Fail, Rule: "functionary", Step: p.Name, Expected: "evidence signed by one of the policy's functionaries", Found: err.Error()}
	if check := new(attest.CheckError); errors.As(err, &check) {
		f.Expected, f.Found = check.Expected, check.Found
	}
	f.Fix = "sign with a key or identity that the policy names"
	return f
}

// mild turns what the default policy denies into one warning for each of its rules.
// What was not seen is said already, and what is off is the caller's choice.
func mild(findings []verdict.Finding) (out []verdict.Finding) {
	count := map[string]int{}
	for _, f := range findings {
		if f.Verdict == verdict.Incomplete {
			continue
		}
		if count[f.Rule]++; count[f.Rule] == 1 {
			f.Verdict = verdict.Warn
			out = append(out, f)
		}
	}
	for i := range out {
		if more := count[out[i].Rule] - 1; more > 0 {
			out[i].Found += fmt.Sprintf(" (and %d more)", more)
		}
	}
	return out
}
