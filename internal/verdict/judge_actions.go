package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// The answers about an action that are bad whatever a policy says, as
// pkg/actionref's ghresolve and treecheck write them. Not knowing (undetermined,
// unverified, absent) is none of them, and neither is a reference without a
// pin: those are for a policy to weigh.
const (
	bytesDiffer       = "false"       // treeverified
	commitUnreachable = "unreachable" // reachable
	commitMissing     = "missing"
)

// maxNamedPaths is how many differing paths a finding names.
const maxNamedPaths = 3

// judgeActions looks at every action of the job, our own and local ones too.
func judgeActions(c attest.Collection) []Finding {
	var out []Finding
	for _, a := range c.Attestations {
		switch a.Type {
		case attest.TypeGitHubAction, attest.TypeActionSelf, attest.TypeActionLocal:
		default:
			continue
		}
		var body attest.GitHubAction
		one := attest.Collection{Attestations: []attest.Attestation{a}}
		_, err := one.Decode(a.Type, &body) // refuses fields that come twice
		if err == nil && !understood(body) {
			err = fmt.Errorf("one of %q that this version does not understand", body.ActionRef)
		}
		if err != nil {
			out = append(out, Finding{Incomplete, "actions", c.Name, "an account of each action", err.Error(), ""})
		}
		out = append(out, judgeAction(c.Name, body)...)
	}
	return out
}

// understood reports whether an account names its action and answers in words
// that are known: another word might be a worse one.
func understood(a attest.GitHubAction) bool {
	return a.ActionRef != "" &&
		slices.Contains([]string{"", "true", bytesDiffer, "unverified"}, a.TreeVerified) &&
		slices.Contains([]string{
			"", "reachable-default", "reachable-ref", "tag-only", "tag-object",
			commitUnreachable, commitMissing, "undetermined", "not-asked",
		}, a.Reachable)
}

func judgeAction(step string, a attest.GitHubAction) []Finding {
	var out []Finding
	if a.Denied != "" {
		out = append(out, Finding{
			Fail, "action-denied", step, a.ActionRef + " not to be on the deny-list", "it is there: " + a.Denied,
			"pin another commit, and look at what this one has done",
		})
	}
	if a.Reachable == commitUnreachable || a.Reachable == commitMissing {
		out = append(out, Finding{
			Fail, "action-origin", step, a.ActionRef + " to be a commit of its repository", because(a.Reachable, a.Reason),
			"compare with the action's releases, and pin a commit of its own branches",
		})
	}
	if a.TreeVerified == bytesDiffer {
		out = append(out, Finding{
			Fail, "action-bytes", step, a.ActionRef + " on disk to be what its commit holds", because(differing(a.Differences), a.Reason),
			"do not run it: find out what changed the files",
		})
	}
	return out
}

func because(found, reason string) string {
	switch {
	case reason == "":
		return found
	case found == "":
		return reason
	}
	return found + ": " + reason
}

// differing names the first few paths.
func differing(all []attest.TreeDifference) string {
	var parts []string
	for _, d := range all[:min(len(all), maxNamedPaths)] {
		parts = append(parts, fmt.Sprintf("%q %s", d.Path, d.Kind))
	}
	if more := len(all) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}
