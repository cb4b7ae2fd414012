package action

import (
	"github.com/org/cilock-action/pkg/attest"
)

// Derive adds the sections that are made from finished sections. It looks at
// nothing but the evidence.
func Derive(e Evidence) Evidence {
	deriveTrace(&e)
	e.Rows = append(e.Rows, deriveScans(e)...)
	deriveSecrets(&e)
	e.Rows = append(e.Rows, deriveTrees(e))
	e.Rows = append(e.Rows, deriveCompleteness(e)) // accounts for the trees as well
	return e
}

// deriveTrees takes the Merkle roots of materials and products.
func deriveTrees(e Evidence) Row {
	row := Row{Name: "trees", State: attest.StateRan}
	var trees attest.Trees
	for _, r := range e.Rows {
		var err error
		switch body := r.Section.Body.(type) {
		case materialBody:
			row.Start = r.Start
			trees.Materials, err = body.tree()
		case productBody:
			row.End = r.End
			trees.Products, err = body.tree()
		}
		if err != nil {
			row.judge(err)
		}
	}
	row.Section = Section{Type: attest.TypeTrees, Phase: PostProduct, Body: trees}
	return row
}

// deriveCompleteness is the account of every collector, and of the step.
func deriveCompleteness(e Evidence) Row {
	done := attest.Completeness{Started: e.Step.Started, Reason: e.Step.Reason, Cancelled: e.Step.Cancelled}
	for _, r := range e.Rows {
		row := attest.CollectorRow{
			Name: r.Name, Phase: string(r.Section.Phase), State: r.State, Reason: r.Reason,
			Gaps: r.Section.Gaps, Limits: r.Section.Limits, Backend: r.Section.Backend,
		}
		for _, c := range r.Section.Counts {
			row.Attempted += c.Attempted
			row.Received += c.Received
			row.Deduplicated += c.Deduplicated
			row.Lost += c.Lost
		}
		done.Collectors = append(done.Collectors, row)
	}
	return Row{
		Name: "completeness", State: attest.StateRan, Start: e.Step.Start, End: e.Step.End,
		Section: Section{Type: attest.TypeCompleteness, Phase: PostProduct, Body: done},
	}
}
