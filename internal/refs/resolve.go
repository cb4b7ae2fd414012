package refs

import (
	"context"

	"github.com/org/cilock-action/pkg/actionref"
)

// Reach is what a resolver found out about the commit of a reference.
type Reach string

// The answers. Only the first two are clean.
const (
	ReachDefault  Reach = "reachable-default" // on the default branch
	ReachRef      Reach = "reachable-ref"     // on another branch
	ReachTagOnly  Reach = "tag-only"          // the tip of a tag that no branch contains
	ReachTag      Reach = "tag-object"        // not a commit but an annotated tag
	ReachNone     Reach = "unreachable"       // in the network of forks, on no branch and no tag of this repository
	ReachMissing  Reach = "missing"
	ReachMismatch Reach = "mismatch" // the bytes on disk are not those of the commit
	ReachDenied   Reach = "denied"   // on the deny-list
	ReachUnknown  Reach = "undetermined"
)

// Resolution is the answer for one reference.
type Resolution struct {
	Reach   Reach
	SHA     string // commit that the reference names now: 40 hex digits in lower case, or empty
	Version string // tag that names SHA, for the comment behind a pin; or empty
	Why     string // untrusted
}

// Resolver proves references against the repositories that they name. It
// bounds its own time and requests.
type Resolver interface {
	// Resolve returns an answer for each reference, in their order. What it
	// could not find out is undetermined.
	Resolve(ctx context.Context, refs []actionref.Ref) []Resolution
}

// Resolve asks about each distinct action and workflow of other repositories
// once, and writes the answers into the rows. An answer that is missing or of
// no known kind counts as undetermined.
func (r *Report) Resolve(ctx context.Context, resolver Resolver) {
	var asked []actionref.Ref
	index := map[string]int{} // of a canonical reference in asked
	for _, row := range r.Rows {
		if _, known := index[row.ref.Canonical()]; !known && resolvable(row) {
			index[row.ref.Canonical()] = len(asked)
			asked = append(asked, row.ref)
		}
	}
	answers := resolver.Resolve(ctx, asked)
	for i := range r.Rows {
		row := &r.Rows[i]
		if !resolvable(*row) {
			continue
		}
		row.answer = Resolution{Reach: ReachUnknown, Why: "the resolver gave no answer"}
		if at := index[row.ref.Canonical()]; at < len(answers) {
			row.answer = answers[at]
		}
		if row.answer.Reach != ReachDefault && row.answer.Reach != ReachRef && reachRule(row.answer.Reach) == "" {
			row.answer.Reach = ReachUnknown
		}
		row.Reachable, row.ResolvedSHA = row.answer.Reach, row.answer.SHA
	}
	r.Resolved = true
}

func resolvable(row Row) bool {
	return row.Kind == actionref.KindAction || row.Kind == actionref.KindWorkflow
}

// reachRule is the rule that an answer breaks, or empty.
func reachRule(reach Reach) string {
	switch reach {
	case ReachNone, ReachMissing:
		return ruleUnreachable
	case ReachMismatch:
		return ruleMismatch
	case ReachDenied:
		return ruleDenied
	case ReachTag, ReachTagOnly:
		return ruleTag
	case ReachUnknown:
		return ruleUndetermined
	}
	return ""
}
