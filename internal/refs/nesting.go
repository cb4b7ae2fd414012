package refs

import (
	"fmt"

	"github.com/org/cilock-action/pkg/actionref"
)

// tooDeep returns the references from which a way of more than maxNesting steps
// leads into other actions, or in a circle: a job that uses one of them fails.
// A reusable workflow starts to count anew.
func (g *graph) tooDeep() map[string]bool {
	deep := map[string]bool{} // those from which a way of n steps leads on
	for key := range g.refs {
		deep[key] = true
	}
	for range maxNesting + 1 {
		next := map[string]bool{}
		for key, ref := range g.refs {
			for _, inner := range ref.Nested {
				if deep[inner] && !ref.target.workflow && !g.refs[inner].target.workflow {
					next[key] = true
				}
			}
		}
		deep = next
	}
	return deep
}

// nestingProblems are those of the references at which the runner starts to
// count: the ones that a workflow names.
func (g *graph) nestingProblems() {
	for key := range g.tooDeep() {
		ref := g.refs[key]
		if n := len(ref.Via); n == 0 || g.refs[ref.Via[n-1]].target.workflow {
			ref.problems = append(ref.problems, actionref.Problem{
				Why: fmt.Sprintf("the actions inside it nest deeper than %d, or in a circle: the runner refuses the job", maxNesting),
			})
		}
	}
}
