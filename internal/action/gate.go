package action

import (
	"context"
	"fmt"
	"slices"

	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Decision is what the gate says before anything runs. A denied step is never
// started, and its evidence says so.
type Decision struct {
	Denied string // the reason, or empty
}

// Gate asks the policy about what is known before the step runs: references and
// lock files, and whether the step can pass at all. Their collectors look now, and
// look again beside the step. A policy that nobody asked for denies nothing. An
// action that cannot be run as its author means it is denied without a policy.
func Gate(ctx context.Context, p Plan, d Deps) Decision {
	if p.Wrap != nil && p.Wrap.refused != "" {
		return Decision{Denied: "the action was refused: " + p.Wrap.refused}
	}
	j := p.Judge
	if !j.asked() || !j.Case.AsksBefore(p.Name) {
		return Decision{}
	}
	looked := collectAlone(ctx, p, []Collector{actionsCollector{}, lockfileCollector{}}, d)
	whole := !slices.ContainsFunc(looked.Rows, func(r Row) bool { return r.State == attest.StateFailed })
	known, err := attestations(p, looked)
	if err != nil {
		return Decision{Denied: "the policy could not be asked: " + err.Error()}
	}
	denied := j.Case.Ask(ctx, policy.Unsigned{Step: p.Name, Attestations: known, Before: true, Whole: whole}, j.Evaluate)
	if verdict.Of(denied) != verdict.Fail {
		return Decision{}
	}
	reason := fmt.Sprintf("denied by the policy: %s: %s", denied[0].Rule, denied[0].Found)
	if n := len(denied) - 1; n > 0 {
		reason += fmt.Sprintf(" (and %d more)", n)
	}
	return Decision{Denied: p.redact(reason)}
}

// collectAlone runs collectors without a step.
func collectAlone(ctx context.Context, p Plan, list []Collector, d Deps) Evidence {
	e := Evidence{Rows: make([]Row, len(list))}
	for i, c := range list {
		row := &e.Rows[i]
		row.Name, row.Start = c.Name(), d.Now()
		row.judge(guarded(func() error {
			stop, err := c.Start(ctx, Target{Plan: p})
			if err == nil {
				row.Section, err = stop(ctx, Step{})
			}
			return err
		}))
		row.End = d.Now()
	}
	return e
}
