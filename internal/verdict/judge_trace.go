package verdict

import (
	"fmt"

	"github.com/org/cilock-action/pkg/attest"
)

// judgeTrace holds what the evidence says of the behaviour layer against what
// is there. The counts are added up again: evidence that lost events and does
// not name it as a gap is no more whole for that.
func judgeTrace(c attest.Collection, done attest.Completeness) []Finding {
	incomplete := func(expected, found string) []Finding {
		return []Finding{{Incomplete, "complete", c.Name, expected, found, ""}}
	}
	var trace attest.Trace
	found, err := c.Decode(attest.TypeTrace, &trace)
	if err != nil {
		return incomplete("a trace attestation", err.Error())
	}
	ran := false
	for _, row := range done.Collectors {
		ran = ran || row.Name == "trace" && row.State == attest.StateRan
	}
	switch {
	case ran != found:
		return incomplete("a trace where a tracer ran, and only there", fmt.Sprintf("ran: %t, attestation there: %t", ran, found))
	case !found:
		return nil
	}
	var out []Finding
	for _, n := range trace.Counts {
		if n.Lost > 0 || n.Attempted != n.Received+n.Deduplicated {
			out = append(out, incomplete("every "+n.Class+" event to be accounted for",
				fmt.Sprintf("%d attempted, %d received, %d deduplicated, %d lost", n.Attempted, n.Received, n.Deduplicated, n.Lost))...)
		}
	}
	return append(out, judgeInlined(c, trace, incomplete)...)
}

// judgeInlined: the processes are in command-run or in a sidecar that is named,
// and never in between.
func judgeInlined(c attest.Collection, trace attest.Trace, incomplete func(expected, found string) []Finding) []Finding {
	var run struct {
		Processes *[]struct{} `json:"processes"`
	}
	if _, err := c.Decode(attest.TypeCommandRun, &run); err != nil {
		return nil // said of the step already
	}
	switch {
	case trace.Inlined && run.Processes == nil:
		return incomplete("the processes in command-run", "none, and the trace says that they are inlined")
	case !trace.Inlined && (run.Processes != nil || len(trace.Sidecar) == 0 || trace.Root == ""):
		return incomplete("a sidecar that is named, and no part of it in command-run",
			fmt.Sprintf("sidecar: %v, processes in command-run: %t", trace.Sidecar, run.Processes != nil))
	}
	return nil
}
