package review

import (
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"
)

// Approval is the latest word of a reviewer who approves.
type Approval struct {
	Login       string
	Commit      string // empty: the server does not say any more
	Association string // with the repository: OWNER, MEMBER, COLLABORATOR, ...
	Bot         bool
}

// Counts reports whether the approval is of a person whom the server connects
// with the repository: on a public one anybody can approve.
func (a Approval) Counts() bool {
	return !a.Bot && slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, a.Association)
}

// approvals are the reviewers whose latest word approves the head, and those
// whose latest word approves another commit. A comment takes nothing back, a
// dismissed review is no approval any more, and keeps its place in the order.
// A state that is not known counts as no approval. The author is no reviewer,
// and neither is an account that is gone. Source: "About pull request reviews".
func approvals(reviews []*github.PullRequestReview, pull Pull) (current, stale []Approval) {
	latest := map[string]*github.PullRequestReview{}
	for _, r := range reviews {
		login := strings.ToLower(r.GetUser().GetLogin())
		switch state := r.GetState(); {
		case login == "" || strings.EqualFold(login, pull.Author):
		case state == "COMMENTED" || state == "PENDING":
		default:
			latest[login] = r
		}
	}
	for _, r := range latest {
		if r.GetState() != "APPROVED" {
			continue
		}
		a := Approval{
			Login: r.GetUser().GetLogin(), Commit: r.GetCommitID(), Association: r.GetAuthorAssociation(),
			Bot: r.GetUser().GetType() == "Bot",
		}
		if a.Commit != "" && a.Commit == pull.Head {
			current = append(current, a)
		} else {
			stale = append(stale, a)
		}
	}
	for _, list := range [][]Approval{current, stale} {
		slices.SortFunc(list, func(a, b Approval) int { return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login)) })
	}
	return current, stale
}
