package verdict

import (
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// Judge reads a collection as it was signed and says what its record alone
// gives away, without any policy: a step that did not end well, actions that are
// not what they were named as, and evidence that is not whole. It is the same for the run that made the evidence and for
// a verifier years later. What is absent never counts in favour: a collection
// of our own predicate type must account for all that every run records.
func Judge(predicateType string, c attest.Collection) []Finding {
	ours := predicateType == attest.CollectionType
	out := append(judgeStep(c), judgeActions(c)...)
	var done attest.Completeness
	found, err := c.Decode(attest.TypeCompleteness, &done)
	switch {
	case err != nil:
		return append(out, Finding{Incomplete, "completeness", c.Name, "a completeness attestation", err.Error(), ""})
	case !found && ours:
		return append(out, Finding{Incomplete, "completeness", c.Name, "a completeness attestation", "none", ""})
	case !found: // others do not say what they missed
		return append(out, Finding{Warn, "completeness", c.Name, "a record of what was not seen", "none in this kind of evidence", ""})
	}
	out = append(out, judgeCompleteness(c.Name, done)...)
	if ours {
		out = append(out, judgePresence(c, done)...)
		out = append(out, judgeTrace(c, done)...)
		out = append(out, JudgeSecrets(c, Warn, Pass)...)
	}
	return out
}

func judgeStep(c attest.Collection) []Finding {
	var run struct {
		ExitCode *int   `json:"exitcode"`
		Signal   string `json:"signal"`
	}
	found, err := c.Decode(attest.TypeCommandRun, &run)
	switch {
	case err != nil:
		return []Finding{{Incomplete, "command-run", c.Name, "a command-run attestation", err.Error(), ""}}
	case !found:
		return nil // said by completeness, where there is one
	case run.ExitCode == nil:
		return []Finding{{Incomplete, "command-run", c.Name, "an exit code", "none", ""}}
	case *run.ExitCode != 0:
		found := fmt.Sprintf("exit code %d", *run.ExitCode)
		if run.Signal != "" {
			found += " (" + run.Signal + ")"
		}
		return []Finding{{Warn, "step-succeeded", c.Name, "exit code 0", found, ""}}
	}
	return nil
}

// RuleStarted is the rule of the finding that a step was not started.
const RuleStarted = "step-started"

// judgeCompleteness repeats what the evidence says of itself.
func judgeCompleteness(step string, done attest.Completeness) []Finding {
	var out []Finding
	if !done.Started {
		out = append(out, Finding{Warn, RuleStarted, step, "a step that ran", "not started: " + done.Reason, ""})
	}
	if done.Cancelled != "" {
		out = append(out, Finding{Warn, "step-cancelled", step, "a step that ended by itself", "cancelled by " + done.Cancelled, ""})
	}
	for _, row := range done.Collectors {
		for _, gap := range row.Gaps {
			out = append(out, Finding{Incomplete, "complete", step, "no gap in " + row.Name, gap, ""})
		}
		switch row.State {
		case attest.StateRan, attest.StateOff, attest.StateNotApplicable:
		case attest.StateFailed:
			if len(row.Gaps) == 0 {
				out = append(out, Finding{Incomplete, "complete", step, row.Name + " to run", "failed: " + row.Reason, ""})
			}
		default:
			out = append(out, Finding{Incomplete, "complete", step, row.Name + " to run", fmt.Sprintf("unknown state %q", row.State), ""})
		}
	}
	return out
}

// judgePresence looks for the sections that every run has. One that failed
// was said already.
func judgePresence(c attest.Collection, done attest.Completeness) []Finding {
	states := map[string]string{}
	for _, row := range done.Collectors {
		states[row.Name] = row.State
	}
	var out []Finding
	for _, want := range []struct{ name, typ string }{
		{"material", attest.TypeMaterial},
		{"command-run", attest.TypeCommandRun},
		{"product", attest.TypeProduct},
		{"trees", attest.TypeTrees},
	} {
		state, named := states[want.name]
		_, found := c.Find(want.typ)
		switch {
		case !named:
			out = append(out, Finding{Incomplete, "complete", c.Name, want.name + " to be accounted for", "no word of it", ""})
		case state == attest.StateFailed:
		case want.name == "command-run" && !done.Started: // it has no exit code if it was never told to start
		case state != attest.StateRan || !found:
			out = append(out, Finding{Incomplete, "complete", c.Name, want.name + " to be recorded", fmt.Sprintf("state %q, attestation there: %t", state, found), ""})
		}
	}
	return out
}
