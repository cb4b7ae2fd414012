package action

import "context"

// Run wraps one step: it is the architecture, in order. Each stage takes what
// the stage before returned, and only the named kind of input and output
// happens in it. The Report is filled as far as the line got, also on error;
// ExitCode turns both into the process's exit code.
func Run(ctx context.Context, in Inputs, d Deps) (Report, error) {
	plan, err := MakePlan(in, d) // reads the key, probes the folder of the evidence
	if err != nil {
		return Report{}, err
	}
	defer plan.Close()
	decision := Gate(ctx, plan, d)              // the policy, on what is known
	evidence := Observe(ctx, plan, decision, d) // processes
	evidence = Derive(evidence)                 // pure
	docs, err := Statement(plan, evidence)      // pure
	if err != nil {
		return lost(plan, evidence, d, err), err
	}
	docs = Withhold(ctx, plan, docs)         // the policy, on what will be signed
	signed, err := Sign(ctx, &plan, docs, d) // keys, network
	if err != nil {
		return lost(plan, evidence, d, err), err
	}
	findings := Evaluate(ctx, plan, signed) // data, read back out of what was signed
	report := NewReport(plan, evidence, signed, findings)
	return Emit(report, signed, d) // files and stdout
}
