package action

import (
	"context"
	"fmt"

	"github.com/org/cilock-action/internal/policy"
	"github.com/org/cilock-action/internal/verdict"
)

// Decision is what the gate says before anything runs. A denied step is never
// started, and its evidence says so.
type Decision struct {
	Denied string // the reason, or empty
}

// Gate asks the policy about what is known before the step runs: its name,
// references and lock files. Their collectors look now, and look again beside the
// step. A policy that nobody asked for denies nothing.
func Gate(ctx context.Context, p Plan, d Deps) Decision {
	j := p.Judge
	if j.Case == nil || j.Mild || !j.Case.Concerns(p.Name, policy.PlanTypes()) {
		return Decision{}
	}
	known, err := attestations(p, collectAlone(ctx, p, []Collector{actionsCollector{}, lockfileCollector{}}, d))
	if err != nil {
		return Decision{Denied: "the policy could not be asked: " + err.Error()}
	}
	denied := j.Case.Ask(ctx, policy.Unsigned{Step: p.Name, Attestations: known, Before: true}, j.Evaluate)
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
