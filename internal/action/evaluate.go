package action

import (
	"context"
	"slices"
	"strings"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Evaluate judges what was signed, read back out of the signed bytes: a
// verifier on another machine judges the same. That also proves the bundle
// before it is written.
func Evaluate(ctx context.Context, p Plan, s Signed) []verdict.Finding {
	broken := func(err error) []verdict.Finding {
		return []verdict.Finding{{
			Verdict: verdict.Fail, Rule: "self-check", Step: p.Name,
			Expected: "evidence that verifies", Found: err.Error(),
		}}
	}
	bundle, err := attest.ParseBundle(s.Bundle)
	if err != nil {
		return broken(err)
	}
	verified, err := attest.Verify(bundle, p.Signing.Key.Public())
	if err != nil {
		return broken(err)
	}
	if err := checkProvenance(p, s); err != nil {
		return broken(err)
	}
	findings := verdict.Judge(verified.Statement.PredicateType, *verified.Collection)
	findings = append(findings, judgeWrapped(p, *verified.Collection)...)
	findings = judgeSecrets(p, findings, *verified.Collection)
	findings = judgePolicy(ctx, p, bundle, verified, findings)
	return append(onceStarted(findings), judgeSigning(p, s)...)
}

// onceStarted leaves out that the step did not start where the reason is a failure
// that has been told.
func onceStarted(findings []verdict.Finding) []verdict.Finding {
	told := func(f verdict.Finding) bool {
		return slices.ContainsFunc(findings, func(reason verdict.Finding) bool {
			return reason.Verdict == verdict.Fail && strings.Contains(f.Found, ": "+reason.Found)
		})
	}
	var out []verdict.Finding
	for _, f := range findings {
		if f.Rule != verdict.RuleStarted || !told(f) {
			out = append(out, f)
		}
	}
	return out
}

// judgeSecrets gives the findings about credentials the weight that the caller
// asked for. Without a word they are worth a warning.
func judgeSecrets(p Plan, findings []verdict.Finding, c attest.Collection) []verdict.Finding {
	if p.Secrets == nil || p.Secrets.failTier == "" {
		return findings
	}
	high, low := p.secretWeights()
	findings = slices.DeleteFunc(findings, func(f verdict.Finding) bool { return f.Rule == verdict.RuleSecrets })
	return append(findings, verdict.JudgeSecrets(c, high, low)...)
}

// secretWeights are what a secret is worth that is hardly ever none, and what
// another is.
func (p Plan) secretWeights() (high, low verdict.Verdict) {
	switch {
	case p.Secrets == nil || p.Secrets.failTier == "":
		return verdict.Warn, verdict.Pass
	case p.Secrets.failTier == "any":
		return verdict.Fail, verdict.Fail
	}
	return verdict.Fail, verdict.Pass
}

// judgeWrapped fails a run whose action was refused: a step that never started is
// else only worth a warning.
func judgeWrapped(p Plan, c attest.Collection) []verdict.Finding {
	var done attest.Completeness
	if p.Wrap == nil || p.Wrap.refused == "" {
		return nil
	}
	if ok, err := c.Decode(attest.TypeCompleteness, &done); !ok || err != nil || done.Started {
		return nil
	}
	return []verdict.Finding{{
		Verdict: verdict.Fail, Rule: "action-refused", Step: p.Name,
		Expected: "an action that can be run as its author means it", Found: p.Wrap.refused,
		Fix: "mend what is named, or use the action in a step of its own",
	}}
}

// checkProvenance proves the second bundle, too, before it is written.
func checkProvenance(p Plan, s Signed) error {
	if s.SLSA == nil {
		return nil
	}
	bundle, err := attest.ParseBundle(s.SLSA)
	if err != nil {
		return err
	}
	_, err = attest.Verify(bundle, p.Signing.Key.Public())
	return err
}
